//go:build unix && !linux

package exec

import "syscall"

// tied does nothing: the system has no way to end a child with its parent.
func tied() *syscall.SysProcAttr { return nil }
