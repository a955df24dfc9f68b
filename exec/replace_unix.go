//go:build unix

package exec

import (
	"errors"
	"syscall"
)

// Replace makes this process the program c, by execve(2): process id, terminal, signals and exit code are then the child's own.
// It returns only with an error, which wraps ErrNotFound or ErrNotRunnable.
func (c *Cmd) Replace() error {
	err := syscall.Exec(c.Path, c.Args, c.Env)
	if errors.Is(err, syscall.ENOEXEC) {
		sh := c.script()
		err = syscall.Exec(sh.Path, sh.Args, sh.Env)
	}
	return refused(c.Path, err)
}

// script is c as a script for /bin/sh. Like execvp(3) and every shell, we hand it a file that has no format that the kernel knows:
// a script without "#!".
func (c *Cmd) script() *Cmd {
	return &Cmd{Path: "/bin/sh", Args: append([]string{"sh", c.Path}, c.Args[1:]...), Env: c.Env}
}
