//go:build unix

package script

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What README.md says about installing is run as it stands, in an empty home, with
// this checkout in the place of the repository. Modules are taken from those that
// are here.
func TestInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program twice")
	}
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("git", "-c", "safe.directory=*", "-C", checkout, "rev-parse", "HEAD").Run(); err != nil {
		t.Skip("not in a checkout that git reads")
	}
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Fields(string(out))
	home := t.TempDir()
	env := append(os.Environ(),
		"HOME="+home, "PREFIX=", "GOPATH=", "GOBIN=", "GOMODCACHE=", "GOCACHE="+caches[1], "GOFLAGS=-modcacherw -trimpath",
		"GOPROXY=file://"+filepath.ToSlash(caches[0])+"/cache/download", "GONOPROXY=github.com/awsexec/*", "GONOSUMDB=*",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=url.file://"+checkout+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/awsexec/awsexec",
		"GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*",
	)
	for n, program := range []string{".local/bin/awsexec", "go/bin/awsexec"} {
		cmd := exec.Command("bash", "-euc", findBlock(t, "README.md", "Install", n+1).Text)
		cmd.Dir, cmd.Env = home, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("block %d: %v\n%s", n+1, err, out)
		}
		out, err := exec.Command(filepath.Join(home, program), "version").Output()
		if err != nil || !strings.HasPrefix(string(out), "awsexec ") {
			t.Errorf("%s: %v\n%s", program, err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(home, ".local/share/man/man1/awsexec-add.1")); err != nil {
		t.Error(err)
	}
	cmd := exec.Command("make", "uninstall")
	cmd.Dir, cmd.Env = filepath.Join(home, "awsexec"), env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	left := 0
	err = filepath.WalkDir(filepath.Join(home, ".local"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left++
		}
		return err
	})
	if err != nil || left > 0 {
		t.Errorf("%d files are left after make uninstall (%v)", left, err)
	}
}
