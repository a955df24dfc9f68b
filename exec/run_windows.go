package exec

import (
	"os"
	osexec "os/exec"
)

// start starts c.
func (c *Cmd) start() (*osexec.Cmd, error) { return c.spawn() }

// handled are the console events that Run takes while its child runs: Ctrl-C and Ctrl-Break.
var handled = []os.Signal{os.Interrupt}

// forward does nothing: the console sends its events to every process on it.
func forward(*os.Process, os.Signal) {}

// code is the child's exit code, 32 bits wide.
func code(state *os.ProcessState) int { return state.ExitCode() }
