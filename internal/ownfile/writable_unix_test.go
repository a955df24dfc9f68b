//go:build unix

package ownfile

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestCheckWrite(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "a"), filepath.Join(dir, "none", "deep")} {
		if err := Dir(path).CheckWrite(); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Dir(filepath.Join(dir, "file", "deep")).CheckWrite(); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
	if os.Getuid() == 0 {
		return // who may write everywhere
	}
	if err := os.Chmod(filepath.Join(dir, "b"), 0o500); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "b", "none")} {
		if err := Dir(path).CheckWrite(); !errors.Is(err, syscall.EACCES) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
