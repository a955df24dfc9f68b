//go:build unix

package exec

import (
	"errors"
	"syscall"

	"github.com/awsexec/awsexec/internal/guard"
)

// Replace replaces this process with the program c, by execve(2). The child
// keeps the process id, terminal and signals of this process, and its exit code
// is the child's. Replace returns only on failure, with an error that wraps
// ErrNotFound or ErrNotRunnable.
func (c *Cmd) Replace() error {
	err := c.replace()
	if errors.Is(err, syscall.ENOEXEC) {
		err = c.script().replace()
	}
	return refused(c.Path, err)
}

func (c *Cmd) replace() error {
	return guard.WithLimits(func() error { return syscall.Exec(c.Path, c.Args, c.Env) })
}

// script returns c as a script for /bin/sh. Like execvp(3) and every shell, we
// pass /bin/sh a file whose format the kernel does not know: a script without
// "#!".
func (c *Cmd) script() *Cmd {
	return &Cmd{Path: "/bin/sh", Args: append([]string{"sh", c.Path}, c.Args[1:]...), Env: c.Env}
}
