//go:build unix && !linux

package child

import "golang.org/x/sys/unix"

// mayExecute says why the effective user may not execute file; nil if it may.
func mayExecute(file string) error {
	return unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS)
}
