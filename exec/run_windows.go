package exec

import (
	"errors"
	"os"
	osexec "os/exec"
)

// start starts c.
func (c *Cmd) start() (*osexec.Cmd, error) { return c.spawn() }

// handled are the console events that Run takes while its child runs: Ctrl-C and Ctrl-Break.
var handled = []os.Signal{os.Interrupt}

// forward does nothing: the console sends its events to every process on it.
func forward(*os.Process, os.Signal) {}

// wait waits for the end of child and returns its exit code, 32 bits wide.
func wait(child *osexec.Cmd) (int, error) {
	err := child.Wait()
	var exit *osexec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	return child.ProcessState.ExitCode(), nil
}
