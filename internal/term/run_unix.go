//go:build unix

package term

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

func shell(ctx context.Context, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", command)
}

// openInput opens the terminal for a child to read, where Ask could.
func openInput() (*os.File, error) {
	t, err := openTTY()
	if err != nil {
		return nil, err
	}
	t.close()
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "/dev/tty"), nil
}

// interrupted: ended by SIGINT, or a shell whose command was.
func interrupted(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == unix.SIGINT || status.ExitStatus() == 128+int(unix.SIGINT))
}

// detach gives cmd a session, and with it a process group, of its own, without a terminal; the group is killed with it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
}

// killTree kills p and its descendants. They are stopped first, so that none can start another unseen.
func killTree(p *os.Process) error {
	if err := p.Signal(unix.SIGSTOP); err != nil {
		return err // not there any more
	}
	tree := map[int]bool{p.Pid: true}
	for grown := true; grown; {
		grown = false
		for pid, parent := range parents() {
			if tree[parent] && !tree[pid] {
				unix.Kill(pid, unix.SIGSTOP)
				tree[pid], grown = true, true
			}
		}
	}
	for pid := range tree {
		unix.Kill(pid, unix.SIGKILL)
	}
	return nil
}
