package child

import "syscall"

// mayExecute says why the effective user may not execute file; nil if it may. Package syscall does it without golang.org/x/sys/unix, the
// initialisation of which would be part of every warm call.
func mayExecute(file string) error {
	const (
		here      = -100  // AT_FDCWD
		execute   = 1     // X_OK
		effective = 0x200 // AT_EACCESS
	)
	return syscall.Faccessat(here, file, execute, effective)
}
