//go:build unix

package exec

import (
	"errors"
	"syscall"

	"github.com/awsexec/awsexec/internal/guard"
)

// Replace makes this process the program c, by execve(2): process id, terminal, signals and exit code are then the child's own.
// It returns only with an error, which wraps ErrNotFound or ErrNotRunnable.
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

// script is c as a script for /bin/sh. Like execvp(3) and every shell, we hand it a file that has no format that the kernel knows:
// a script without "#!".
func (c *Cmd) script() *Cmd {
	return &Cmd{Path: "/bin/sh", Args: append([]string{"sh", c.Path}, c.Args[1:]...), Env: c.Env}
}
