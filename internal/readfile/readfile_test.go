package readfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "content")
	write(t, filepath.Join(dir, "empty"), "")
	for name, want := range map[string]string{"f": "content", "empty": ""} {
		if got, err := Read(filepath.Join(dir, name), 7); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none"), 7); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if got, err := Read(os.DevNull, 7); err != nil || len(got) != 0 {
		t.Errorf("null device: %q, %v", got, err)
	}
	if err := os.Symlink("f", filepath.Join(dir, "link")); err == nil {
		if got, err := Read(filepath.Join(dir, "link"), 7); err != nil || string(got) != "content" {
			t.Errorf("link: %q, %v", got, err)
		}
	}
}

func TestReadIn(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f"), "content")
	root := open(t, dir)
	if got, err := ReadIn(root, "f", 7); err != nil || string(got) != "content" {
		t.Errorf("%q, %v", got, err)
	}
	_, err := ReadIn(root, "none", 7)
	if at, ok := errors.AsType[*fs.PathError](err); !errors.Is(err, fs.ErrNotExist) || !ok || at.Path != filepath.Join(dir, "none") {
		t.Error(err)
	}
	if os.Symlink("f", filepath.Join(dir, "link")) == nil {
		_, err := ReadIn(root, "link", 7)
		if not, ok := errors.AsType[*NotRegularError](err); !ok || not.Path != filepath.Join(dir, "link") {
			t.Errorf("ReadIn followed a link: %v", err)
		}
	}
}

func TestTooLarge(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	write(t, filepath.Join(dir, "f"), "12345678")
	_, err := Read(filepath.Join(dir, "f"), 7)
	_, inErr := ReadIn(root, "f", 7)
	for _, err := range []error{err, inErr} {
		if large, ok := errors.AsType[*TooLargeError](err); !ok || large.Path != filepath.Join(dir, "f") || large.Max != 7 {
			t.Error(err)
		}
	}
}

// A file cannot evade the limit by growing while it is read.
func TestGrowing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	write(t, path, "")
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := From(f, path, 7); err != nil || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte("x"), 100), 0); err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*TooLargeError](second(From(f, path, 7))); !ok {
		t.Error("read 100 bytes where the limit is 7")
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{second(Read(filepath.Join(dir, "sub"), 7)), second(ReadIn(root, "sub", 7))} {
		if not, ok := errors.AsType[*NotRegularError](err); !ok || not.Type != fs.ModeDir {
			t.Error(err)
		}
	}
}

func TestOpenInCreates(t *testing.T) {
	dir := t.TempDir()
	root := open(t, dir)
	for range 2 {
		f, err := OpenIn(root, "f", os.O_RDWR|os.O_CREATE)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("x"); err != nil {
			t.Error(err)
		}
		f.Close()
	}
	if got, err := os.ReadFile(filepath.Join(dir, "f")); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
	if os.Symlink("elsewhere", filepath.Join(dir, "link")) == nil {
		if f, err := OpenIn(root, "link", os.O_RDWR|os.O_CREATE); err == nil {
			f.Close()
			t.Error("OpenIn created a file at the target of a link")
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func second(_ []byte, err error) error { return err }
