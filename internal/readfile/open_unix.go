//go:build unix

package readfile

import "syscall"

// nonblock has a named pipe opened at once, so that it can be seen to be one.
const nonblock = syscall.O_NONBLOCK
