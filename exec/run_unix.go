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
	if err = guard.WithLimits(child.Start); errors.Is(err, syscall.ENOEXEC) {
		child = c.script().child()
		err = guard.WithLimits(child.Start)
	}
	return child, func() {}, err
}

// handled are the signals that Run takes while its child runs. SIGPIPE is among them because a Go program otherwise dies of writing to
// a standard error that nobody reads any more.
var handled = []os.Signal{
	os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT, syscall.SIGPIPE,
}

// forward passes s on to the child, unless the terminal has sent it to the child too, or it is ours alone.
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
	_ = child.Signal(s) // it may have ended by now
}

// inForeground says whether the terminal sends this process what Ctrl-C and Ctrl-\ mean. The child is in the same process group,
// unless it has made one of its own; then this process is in the background.
func inForeground() bool {
	fd, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// otherGroup is the process group of the process pid, if it is not ours; otherwise 0.
func otherGroup(pid int) int {
	group, err := unix.Getpgid(pid)
	if err != nil || group == unix.Getpgrp() {
		return 0
	}
	return group
}

// wait waits for the end of child and returns its exit code, as a shell would give it. If a child with a process group of its own is
// stopped meanwhile, so that whoever started us waits in vain, it stops this process too.
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
