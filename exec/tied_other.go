//go:build unix && !linux

package exec

import "syscall"

// tied returns no attributes: this system cannot end a child together with its
// parent.
func tied() *syscall.SysProcAttr { return nil }
