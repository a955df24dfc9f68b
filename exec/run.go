package exec

import (
	"os"
	osexec "os/exec"
	"os/signal"
)

// Run runs c as a child on this process's standard input, output and error, and returns its exit code when it has ended. It is for
// systems where Replace is not supported, and for callers that have to live on beside the child.
//
// To those who deal with this process it looks as if it were the child, as far as a parent can. It does not end before the child. A signal
// that it gets is passed on, unless the terminal has sent it to the child too: the child gets one SIGINT for one Ctrl-C.
// Signals that this process was started with ignored stay so for both. The child is in the same process group, so that the terminal's size,
// Ctrl-Z, and fg and bg reach it by themselves; if a child with a group of its own, such as a shell, is stopped, so is this process,
// and both go on together. A child that a signal killed gives 128 plus its number.
//
// Only SIGKILL ends this process alone, and the child then lives on.
//
// The error wraps ErrNotFound or ErrNotRunnable, and means that nothing ran.
func (c *Cmd) Run() (exitCode int, err error) {
	signals := make(chan os.Signal, 16)
	for _, s := range handled {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	defer signal.Stop(signals)

	child, err := c.start()
	if err != nil {
		return 0, refused(c.Path, err)
	}
	type end struct {
		code int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, err := wait(child)
		ended <- end{code, err}
	}()
	for {
		select {
		case s := <-signals:
			forward(child.Process, s)
		case e := <-ended:
			return e.code, e.err
		}
	}
}

// spawn starts c on this process's standard files.
func (c *Cmd) spawn() (*osexec.Cmd, error) {
	child := &osexec.Cmd{Path: c.Path, Args: c.Args, Env: c.Env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	return child, child.Start()
}
