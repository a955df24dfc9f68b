//go:build unix

package exec

import (
	"errors"
	"os"
	osexec "os/exec"
	"syscall"
)

// start starts c, through /bin/sh if it is a script without "#!".
func (c *Cmd) start() (child *osexec.Cmd, release func(), err error) {
	child = c.child()
	if err = child.Start(); errors.Is(err, syscall.ENOEXEC) {
		child = c.script().child()
		err = child.Start()
	}
	return child, func() {}, err
}

// handled are the signals that Run takes while its child runs.
var handled = []os.Signal{os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2}

// forward passes s on to the child, unless the terminal has already sent it to the whole process group.
func forward(child *os.Process, s os.Signal) {
	if s != os.Interrupt && s != syscall.SIGQUIT {
		_ = child.Signal(s) // it may have ended by now
	}
}

// code is the exit code as a shell would give it.
func code(state *os.ProcessState) int {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}
