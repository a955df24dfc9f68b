package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/awsexec/awsexec/internal/readfile"
)

func TestFiles(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "a", "own"))
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	if _, err := d.Read("x/y/f"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := d.Remove("x/y/f"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(string(d)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read created the directory: %v", err)
	}
	for _, write := range []func(string, []byte) error{d.Write, d.WriteLazily} {
		for _, name := range []string{"f", "x/y/f"} {
			if err := write(name, []byte(name)); err != nil {
				t.Fatal(err)
			}
			if got, err := d.Read(name); err != nil || string(got) != name {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(string(d), "x", "y", ".f.tmp-1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Tidy("x/y/f")
	root, err := d.Open("x/y")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil || len(entries) != 1 || entries[0].Name() != "f" {
		t.Errorf("left: %v, %v", entries, err)
	}
	root.Close()
	f, err := d.OpenFile("locks/l")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	for _, name := range []string{"f", "x/y/f", "x/y", "locks/l"} {
		if err := d.Remove(name); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(string(d), filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "own"))
	if err := d.Write("f", make([]byte, readfile.MaxOwn+1)); err != nil {
		t.Fatal(err)
	}
	_, err := d.Read("f")
	if _, ok := errors.AsType[*readfile.TooLargeError](err); !ok {
		t.Error(err)
	}
}
