package awsfiles

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/awsexec/awsexec/internal/profile"
)

func TestPlaintextCopies(t *testing.T) {
	const secret = "S3CR3TMARKER/copy"
	dir, other := t.TempDir(), t.TempDir()
	write := func(dir, name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := profile.Files{Config: write(dir, "config", "# "+secret+"\n"), Credentials: filepath.Join(dir, "credentials")}
	want := []string{files.Config, write(dir, "credentials~", "x = "+secret)}
	write(dir, "harmless", "S3CR3TMARKER/other")
	target := write(other, "keys", "nothing")
	want = append(want, write(other, "keys.bak", secret))
	if err := os.Symlink(target, files.Credentials); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	slices.Sort(want)
	got := PlaintextCopies(files, secret)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHardLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("package os does not count the names of a file here")
	}
	dir := t.TempDir()
	files := profile.Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	for _, path := range []string{files.Config, files.Credentials} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := HardLinks(files); got != nil {
		t.Errorf("got %v without links", got)
	}
	if err := os.Link(files.Credentials, filepath.Join(dir, "other")); err != nil {
		t.Skip("no hard links here:", err)
	}
	if got := HardLinks(files); len(got) != 1 || got[0].Path != files.Credentials || got[0].Inode == 0 || got[0].Root == "" {
		t.Errorf("got %+v, want the credentials file", got)
	}
}
