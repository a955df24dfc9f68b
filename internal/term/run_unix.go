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

// openInput opens the terminal for a child to read, if Ask could read it.
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

// interrupted reports whether SIGINT ended the command, or whether it is a
// shell whose command SIGINT ended.
func interrupted(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == unix.SIGINT ||
		status.ExitStatus() == 128+int(unix.SIGINT))
}

// detach gives cmd its own session, and so its own process group, without a
// terminal. When ctx ends, the whole group is killed.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
}

// killTree kills p and its descendants. It stops them first, so that none can
// start another one unnoticed.
func killTree(p *os.Process) error {
	if err := p.Signal(unix.SIGSTOP); err != nil {
		return err // already gone
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
