//go:build unix

package readfile

import "syscall"

// nonblock makes opening a named pipe return at once, so that its type can be
// checked.
const nonblock = syscall.O_NONBLOCK
