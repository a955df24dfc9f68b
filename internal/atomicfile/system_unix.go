//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives tmp the owner of old if the caller may do that, as root may.
func keepOwner(tmp *os.File, old fs.FileInfo) {
	st, ok := old.Sys().(*syscall.Stat_t)
	if !ok || int(st.Uid) == os.Geteuid() && int(st.Gid) == os.Getegid() {
		return
	}
	if tmp.Chown(int(st.Uid), int(st.Gid)) == nil {
		// chown may clear permission bits
		_ = tmp.Chmod(old.Mode().Perm())
	}
}

// syncDir makes a rename in dir durable, as far as the filesystem can. Its
// errors do not matter: the rename is already done.
func syncDir(dir *os.Root) {
	d, err := dir.Open(".")
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}

// RemoveIn removes the file or empty directory name in dir.
func RemoveIn(dir *os.Root, name string) error { return dir.Remove(name) }

// retryBlocked calls f once: on Unix readers and writers do not block each other.
func retryBlocked(f func() error) error { return f() }
