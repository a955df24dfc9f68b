//go:build unix

package exec

import (
	"errors"
	"os"
	osexec "os/exec"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/guard"
)

// start starts c, through /bin/sh if it is a script without "#!".
func (c *Cmd) start() (child *osexec.Cmd, release func(), err error) {
	child = c.child()
	if err = guard.Start(child.Start); errors.Is(err, syscall.ENOEXEC) {
		child = c.script().child()
		err = guard.Start(child.Start)
	}
	return child, func() {}, err
}

// handled lists the signals that Run catches while its child runs. SIGPIPE is
// among them because it would otherwise kill a Go program that writes to a
// standard error which nobody reads any more.
var handled = []os.Signal{
	os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT, syscall.SIGPIPE,
}

// forward passes s on to the child, unless the terminal has already sent it to
// the child or it concerns only this process.
func forward(child *os.Process, s os.Signal) {
	switch s {
	case syscall.SIGPIPE:
		return
	case os.Interrupt, syscall.SIGQUIT:
		if inForeground() {
			return
		}
	case syscall.SIGCONT:
		if group := otherGroup(child.Pid); group != 0 {
			_ = unix.Kill(-group, syscall.SIGCONT)
		}
		return
	}
	_ = child.Signal(s) // fails if the child has just ended
}

// inForeground reports whether the terminal sends this process the signals of
// Ctrl-C and Ctrl-\. The child then gets them too, because it shares our
// process group. If the child has made a group of its own, this process is in
// the background.
func inForeground() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// otherGroup returns the process group of the process pid, or 0 if it is our
// own group.
func otherGroup(pid int) int {
	group, err := unix.Getpgid(pid)
	if err != nil || group == unix.Getpgrp() {
		return 0
	}
	return group
}

// wait waits until child has ended and returns its exit code as a shell would.
// If a child with its own process group is stopped, wait stops this process
// too, because the shell that started us waits for us alone.
func wait(child *osexec.Cmd) (int, error) {
	pid := child.Process.Pid
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, os.NewSyscallError("wait4", err)
		case status.Exited():
			return status.ExitStatus(), child.Process.Release()
		case status.Signaled():
			return 128 + int(status.Signal()), child.Process.Release()
		case otherGroup(pid) != 0:
			if err := unix.Kill(unix.Getpid(), unix.SIGSTOP); err != nil {
				return 0, os.NewSyscallError("kill", err)
			}
		}
	}
}
