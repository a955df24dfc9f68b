package ci

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// flake.nix has the hash of all modules that awsexec is built from. Nix makes a
// directory of them with "go mod vendor", and hashes that as an archive of its
// own format (Dolstra, The Purely Functional Software Deployment Model, 5.2.1).
func TestNixHash(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vendor")
	cmd := exec.Command("go", "mod", "vendor", "-o", dir)
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	h := sha256.New()
	archive := nixArchive{h}
	archive.write("nix-archive-1")
	if err := archive.node(dir); err != nil {
		t.Fatal(err)
	}
	want := "sha256-" + base64.StdEncoding.EncodeToString(h.Sum(nil))
	flake, err := os.ReadFile("../../flake.nix")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`vendorHash = "(.*)"`).FindSubmatch(flake); m == nil || string(m[1]) != want {
		t.Errorf("go.mod has changed: flake.nix needs\n\tvendorHash = %q", want)
	}
}

type nixArchive struct{ io.Writer }

// write writes strings, each with its length and filled up to eight bytes.
func (a nixArchive) write(texts ...string) {
	for _, text := range texts {
		_ = binary.Write(a, binary.LittleEndian, uint64(len(text)))
		_, _ = io.WriteString(a, text)
		_, _ = a.Write(make([]byte, (8-len(text)%8)%8))
	}
}

// node writes a directory, or a file that is not a program.
func (a nixArchive) node(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil { // a file
		data, err := os.ReadFile(path)
		a.write("(", "type", "regular", "contents", string(data), ")")
		return err
	}
	a.write("(", "type", "directory")
	for _, e := range entries { // sorted
		a.write("entry", "(", "name", e.Name(), "node")
		if err := a.node(filepath.Join(path, e.Name())); err != nil {
			return err
		}
		a.write(")")
	}
	a.write(")")
	return nil
}
