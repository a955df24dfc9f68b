package atomicfile

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := Write(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, path, "one", 0o600)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, path, "two", 0o640)
}

func TestWriteFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "sub", "real")
	link := filepath.Join(dir, "link")
	if err := os.Mkdir(filepath.Dir(real), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("sub", "real"), link); err != nil {
		t.Skip("no symbolic links on this system:", err)
	}
	for _, want := range []string{"new", "again"} { // the link dangles first, then leads to a file
		if err := Write(link, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		check(t, real, want, 0o600)
	}
	if fi, err := os.Lstat(link); err != nil || fi.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", fi, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err == nil {
		if err := Write(loop, nil, 0o600); err == nil {
			t.Error("Write followed a link to itself")
		}
	}
	if err := Write(dir, nil, 0o600); err == nil {
		t.Error("Write replaced a directory")
	}
	if err := Write(filepath.Join(dir, "none", "f"), nil, 0o600); err == nil {
		t.Error("Write created a directory")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*tmp*"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Tidy removes the temporary files for the file that a link leads to, and
// nothing else.
func TestTidy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	link := filepath.Join(dir, "link")
	if err := os.Symlink("f", link); err != nil {
		t.Skip("no symbolic links on this system:", err)
	}
	if err := Write(link, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	kept := []string{".f.tmp", "f.tmp-1", ".g.tmp-1", ".ff.tmp-1", ".link.tmp-1"}
	for _, name := range append([]string{".f.tmp-1", ".f.tmp-23"}, kept...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	Tidy(link)
	for _, name := range []string{".f.tmp-1", ".f.tmp-23"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
	for _, name := range kept {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	check(t, path, "one", 0o600)
	Tidy(filepath.Join(dir, "none", "f"))
}

// Readers see only whole files while others write.
func TestWriteConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	a, b := bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<16)
	if err := Write(path, a, 0o600); err != nil {
		t.Fatal(err)
	}
	var writers, readers sync.WaitGroup
	for _, data := range [][]byte{a, b} {
		writers.Go(func() {
			for range 20 {
				if err := Write(path, data, 0o600); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	readers.Go(func() {
		for {
			got, err := ReadIn(root, "f", 1<<20)
			if err != nil || !bytes.Equal(got, a) && !bytes.Equal(got, b) {
				t.Errorf("read a mixture or nothing: %d bytes, %v", len(got), err)
			}
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond): // on Windows, a reader without pauses would block writers
			}
		}
	})
	writers.Wait()
	close(done)
	readers.Wait()
}

func check(t *testing.T, path, want string, perm fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", path, got, err, want)
	}
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && fi.Mode().Perm() != perm {
		t.Errorf("%s has mode %v, want %v", path, fi.Mode().Perm(), perm)
	}
}
