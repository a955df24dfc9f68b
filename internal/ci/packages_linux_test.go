package ci

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/fenced"
)

// What each package puts into the system. The script of zsh goes where each
// system looks for it.
var packaged = []string{
	"usr/bin/awsexec",
	"usr/share/man/man1/awsexec.1", "usr/share/man/man1/awsexec-add.1", "usr/share/man/man5/awsexec-config.5",
	"usr/share/bash-completion/completions/awsexec", "usr/share/fish/vendor_completions.d/awsexec.fish",
}

const (
	zshOfDebian = "usr/share/zsh/vendor-completions/_awsexec"
	zshOfOthers = "usr/share/zsh/site-functions/_awsexec"
)

// TestPackages installs, runs and removes what "make packages" has made in the
// directory that AWSEXEC_TEST_PACKAGES names. The test of a package is skipped
// where the system lacks the tool for it.
func TestPackages(t *testing.T) {
	dist := os.Getenv("AWSEXEC_TEST_PACKAGES")
	if dist == "" {
		t.Skip("make packages runs this test")
	}
	t.Run("deb", func(t *testing.T) {
		root := newRoot(t, "dpkg")
		for _, dir := range []string{"info", "updates", "triggers"} {
			makeDir(t, root, "var/lib/dpkg", dir)
		}
		makeFile(t, "", root, "var/lib/dpkg/status")
		run(t, "dpkg", "--root="+root, "--install", one(t, dist, "*_linux_"+runtime.GOARCH+".deb"))
		installed(t, root, zshOfDebian)
		run(t, "dpkg", "--root="+root, "--purge", "awsexec")
		empty(t, root, "var/lib/dpkg", "var/log")
	})
	t.Run("rpm", func(t *testing.T) {
		root := newRoot(t, "rpm")
		run(t, "rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--nodeps", "--install", one(t, dist, "*_linux_"+runtime.GOARCH+".rpm"))
		installed(t, root, zshOfOthers)
		run(t, "rpm", "--root", root, "--dbpath", "/var/lib/rpm", "--nodeps", "--erase", "awsexec")
		empty(t, root, "var/lib/rpm")
	})
	t.Run("apk", func(t *testing.T) {
		root := t.TempDir()
		// Three tar archives, each compressed by itself: but for the last one
		// they have no end, so they read as one.
		untar(t, root, one(t, dist, "*_linux_"+runtime.GOARCH+".apk"), ".PKGINFO")
		installed(t, root, zshOfOthers)
	})
	t.Run("archlinux", func(t *testing.T) {
		root := newRoot(t, "zstd")
		run(t, "tar", "--zstd", "-xf", one(t, dist, "*_linux_"+runtime.GOARCH+".pkg.tar.zst"), "-C", root)
		installed(t, root, zshOfOthers)
	})
	t.Run("archives", func(t *testing.T) {
		root := t.TempDir()
		untar(t, root, one(t, dist, "*_linux_"+runtime.GOARCH+".tar.gz"))
		version(t, filepath.Join(root, "awsexec"))
		files := []string{"README.md", "man/awsexec.1", "man/awsexec-config.5", "completions/awsexec.bash", "completions/_awsexec", "completions/awsexec.fish", "completions/awsexec.ps1"}
		for _, name := range files {
			hasFile(t, root, name)
		}
		r, err := zip.OpenReader(one(t, dist, "*_windows_amd64.zip"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		for _, name := range append(files, "awsexec.exe") {
			if _, err := fs.Stat(r, name); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Homebrew", func(t *testing.T) {
		cask, err := os.ReadFile(filepath.Join(dist, "homebrew/Casks/awsexec.rb"))
		if err != nil {
			t.Fatal(err)
		}
		root := t.TempDir()
		untar(t, root, one(t, dist, "*_darwin_arm64.tar.gz"))
		pages, err := filepath.Glob(filepath.Join(root, "man/*"))
		if err != nil || strings.Count(string(cask), "manpage ") != len(pages) {
			t.Errorf("%v: the archive has %d manual pages, the cask\n%s", err, len(pages), cask)
		}
		for _, page := range pages {
			if !strings.Contains(string(cask), "manpage \"man/"+filepath.Base(page)+"\"") {
				t.Errorf(".goreleaser.yaml lacks %s", filepath.Base(page))
			}
		}
	})
	t.Run("checksums", func(t *testing.T) {
		checksums(t, dist)
		if out, err := page(t, dist, "Is the file complete?").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("same bytes", func(t *testing.T) { sameBytes(t, dist) })
	t.Run("SBOM", func(t *testing.T) {
		data, err := os.ReadFile(one(t, dist, "*_linux_amd64.cdx.json"))
		if err != nil {
			t.Fatal(err)
		}
		var bom struct {
			BOMFormat  string
			Components []struct{ Name string }
		}
		if err := json.Unmarshal(data, &bom); err != nil || bom.BOMFormat != "CycloneDX" {
			t.Errorf("format %q, %v", bom.BOMFormat, err)
		}
		names := map[string]bool{}
		for _, c := range bom.Components {
			names[c.Name] = true
		}
		if !names["filippo.io/age"] || !names["std"] { // Go's library has weaknesses too
			t.Errorf("filippo.io/age or std is not among the %d components", len(bom.Components))
		}
	})
}

// newRoot returns a directory to install into with program.
func newRoot(t *testing.T, program string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("no %s", program)
	}
	if os.Getuid() != 0 {
		t.Skip("only root may install")
	}
	return t.TempDir()
}

// installed checks what is below root after an installation, and runs it.
func installed(t *testing.T, root, zsh string) {
	t.Helper()
	for _, name := range append([]string{zsh}, packaged...) {
		hasFile(t, root, name)
	}
	program := filepath.Join(root, "usr/bin/awsexec")
	if fi, err := os.Stat(program); err != nil || fi.Mode() != 0o755 {
		t.Errorf("%v, %v", fi, err)
	}
	version(t, program)
	for shell, name := range map[string]string{"bash": packaged[4], "zsh": zsh, "fish": packaged[5]} {
		want, err := exec.Command(program, "completion", shell).Output()
		if err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what awsexec completion %s prints: %v", name, shell, err)
		}
	}
}

func version(t *testing.T, program string) {
	t.Helper()
	if out, err := exec.Command(program, "version").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "awsexec v") {
		t.Errorf("awsexec version: %v\n%s", err, out)
	}
}

func hasFile(t *testing.T, root, name string) {
	t.Helper()
	if fi, err := os.Stat(filepath.Join(root, name)); err != nil || !fi.Mode().IsRegular() || fi.Size() == 0 {
		t.Errorf("%s: %v, %v", name, fi, err)
	}
}

// empty checks that no file is left below root, except for the records of the
// package manager.
func empty(t *testing.T, root string, records ...string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, path)
		for _, record := range records {
			if rel == filepath.FromSlash(record) {
				return fs.SkipDir
			}
		}
		if err == nil && !d.IsDir() {
			t.Errorf("left behind: %s", rel)
		}
		return errors.Join(err, relErr)
	})
	if err != nil {
		t.Error(err)
	}
}

// untar unpacks a compressed archive into root, without the files to skip.
func untar(t *testing.T, root, path string, skip ...string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 {
			t.Errorf("%s belongs to %d:%d", h.Name, h.Uid, h.Gid)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg || len(skip) > 0 && h.Name == skip[0] {
			continue
		}
		makeFile(t, string(data), root, h.Name)
		if err := os.Chmod(filepath.Join(root, h.Name), h.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
}

// checksums checks that checksums.txt is right, and has each package.
func checksums(t *testing.T, dist string) {
	text, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 2 {
			sums[f[1]] = f[0]
		}
	}
	for _, kind := range []string{"deb", "rpm", "apk", "zst", "tar.gz", "zip", "cdx.json"} {
		files, err := filepath.Glob(filepath.Join(dist, "*."+kind))
		if err != nil || len(files) == 0 {
			t.Errorf("no %s: %v", kind, err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(data); sums[filepath.Base(path)] != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: another checksum, or none", filepath.Base(path))
			}
		}
	}
}

// page returns the command, in dir, that is the first block of docs/verify.md below
// a heading.
func page(t *testing.T, dir, heading string) *exec.Cmd {
	t.Helper()
	blocks, err := fenced.Blocks("../..", "docs/verify.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if b.Heading == heading {
			cmd := exec.Command("bash", "-euc", b.Text)
			cmd.Dir = dir
			return cmd
		}
	}
	t.Fatalf("docs/verify.md has no block below %q", heading)
	return nil
}

// sameBytes checks that a clone of this checkout, in another directory, makes the
// program that is in dist.
func sameBytes(t *testing.T, dist string) {
	program := one(t, dist, "awsexec_linux_"+runtime.GOARCH+"_*/awsexec")
	out, err := exec.Command(program, "version").Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) < 2 {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := exec.Command("git", "-C", "../..", "status", "--porcelain").Output(); err != nil || len(out) > 0 {
		t.Skipf("not a checkout, or a changed one: %v\n%s", err, out)
	}
	tagged := filepath.Join(t.TempDir(), "tagged")
	run(t, "git", "clone", "--quiet", "../..", tagged)
	run(t, "git", "-C", tagged, "tag", words[1])
	cmd := page(t, t.TempDir(), "Build the same bytes")
	cmd.Env = append(os.Environ(), "VERSION="+words[1], "PROGRAM="+program,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url.file://"+tagged+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/awsexec/awsexec")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func one(t *testing.T, dir, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: %q, %v", pattern, files, err)
	}
	return files[0]
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

func makeDir(t *testing.T, elem ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(elem...), 0o755); err != nil {
		t.Fatal(err)
	}
}

func makeFile(t *testing.T, text string, elem ...string) {
	t.Helper()
	path := filepath.Join(elem...)
	makeDir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
