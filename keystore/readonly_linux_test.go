package keystore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReadOnlyDirectory checks that keys can be read from a directory that
// cannot be written, and that a failed write changes nothing.
func TestReadOnlyDirectory(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	mustPut(t, openFile(t, o), "dev", testKey(1))
	before, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	s := openFile(t, o)
	if err := s.vault.index.Set("dev", ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(o.Dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(o.Dir, 0o700)
	asNobody(t, o.Dir)

	wantKey(t, s, "dev", testKey(1))
	for _, err := range []error{s.Put(t.Context(), "dev", testKey(2)), s.Delete(t.Context(), "dev")} {
		if !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	}
	if after, err := os.ReadFile(filePath(o)); err != nil || !bytes.Equal(after, before) {
		t.Errorf("changed: %v", err)
	}
}

// TestUnreadableFile checks that a file without read permission is refused: not
// absent, and not replaced.
func TestUnreadableFile(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	mustPut(t, openFile(t, o), "dev", testKey(1))
	if err := os.Chmod(filePath(o), 0); err != nil {
		t.Fatal(err)
	}
	asNobody(t, o.Dir)
	s := openFile(t, o)
	_, err := s.Get(t.Context(), "dev")
	for _, err := range []error{err, s.Put(t.Context(), "dev", testKey(2))} {
		if !errors.Is(err, ErrRefused) || !FileExists(o) {
			t.Error(err)
		}
	}
}

// asNobody gives dir and what is in it to an ordinary user and makes this test
// act as that user. It does so only for root, whom no mode keeps out.
func asNobody(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, dir) {
		if err := os.Chown(path, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	for parent := filepath.Dir(dir); parent != filepath.Clean(os.TempDir()) && parent != "/"; parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test
	setEUID(t, nobody)
	t.Cleanup(func() { setEUID(t, 0) })
}

// setEUID sets the effective user of this thread alone.
func setEUID(t *testing.T, uid uintptr) {
	t.Helper()
	const same = ^uintptr(0)
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, same, uid, same); errno != 0 {
		t.Fatal(errno)
	}
}
