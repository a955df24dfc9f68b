package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// A link under which the program was called is its path, since it outlives an upgrade of what it leads to.
func TestSelfPath(t *testing.T) {
	real, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "awsexec.exe") // a name that Windows runs, too
	if err := os.Symlink(real, link); err != nil {
		t.Skip(err)
	}
	other := filepath.Join(dir, "other.exe")
	if err := os.WriteFile(other, []byte("x"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for invoked, want := range map[string]string{link: link, "awsexec.exe": link, other: real, "gone": real, "": real} {
		if got := selfPath(invoked); got != want {
			t.Errorf("called as %q it is %s, want %s", invoked, got, want)
		}
	}
}
