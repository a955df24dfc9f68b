//go:build unix

package program

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// Interrupted reports whether err is the exit status of a command that SIGINT
// ended, or of a shell whose command SIGINT ended.
func Interrupted(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && (status.Signaled() && status.Signal() == unix.SIGINT ||
		status.ExitStatus() == 128+int(unix.SIGINT))
}

// Detach gives cmd its own session, and so its own process group, without a
// terminal. Its end kills the whole group.
func Detach(cmd *exec.Cmd) {
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
