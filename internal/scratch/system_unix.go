//go:build unix

package scratch

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether a directory is this user's, and nobody else can use it.
func private(dir fs.FileInfo) bool {
	st, ok := dir.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && dir.Mode().Perm()&0o077 == 0
}

// removeHeld removes the mark while it is held, so that nobody else takes it meanwhile.
func removeHeld(dir *os.Root, mark *os.File) {
	_ = dir.Remove(owner)
	mark.Close()
}
