//go:build unix

package scratch

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether a directory is this user's, and nobody else can use
// it.
func private(dir fs.FileInfo) bool {
	st, ok := dir.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && dir.Mode().Perm()&0o077 == 0
}

func removeAll(path string) { _ = os.RemoveAll(path) }

// removeFile removes a file in the directory that was opened, whatever its path
// leads to by now.
func removeFile(dir *os.Root, _, name string) error { return dir.Remove(name) }

// removeHeld removes the mark while it is held, so that no other process can take
// it before.
func removeHeld(dir *os.Root, _ string, mark *os.File) {
	_ = dir.Remove(owner)
	mark.Close()
}
