//go:build unix

package atomicfile

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives tmp the owner of old where the caller may do that (root editing a user's file).
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

// syncDir makes a rename in dir durable, as far as the filesystem can: the rename itself is done either way.
func syncDir(dir *os.Root) {
	d, err := dir.Open(".")
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}

// persist runs f: here, readers and writers of a file are never in each other's way.
func persist(f func() error) error { return f() }
