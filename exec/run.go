package exec

import (
	"errors"
	"os"
	osexec "os/exec"
	"os/signal"
)

// Run runs c as a child on this process's standard input, output and error, and returns its exit code when it has ended.
//
// It is for systems where Replace is not supported. Signals that a person sends from the terminal reach the child by themselves and are
// ignored here, so that the parent never ends before the child; those sent to this process alone are passed on. A child
// that a signal killed gives 128 plus its number; on Windows an exit code keeps its 32 bits. The error wraps ErrNotFound or
// ErrNotRunnable, and means that nothing ran.
func (c *Cmd) Run() (exitCode int, err error) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, handled...)
	defer signal.Stop(signals)

	child, release, err := c.start()
	if err != nil {
		return 0, refused(c.Path, err)
	}
	defer release()
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	for {
		select {
		case s := <-signals:
			forward(child.Process, s)
		case err := <-ended:
			var exit *osexec.ExitError
			if err != nil && !errors.As(err, &exit) {
				return 0, err
			}
			return code(child.ProcessState), nil
		}
	}
}

// child is c on this process's standard files.
func (c *Cmd) child() *osexec.Cmd {
	return &osexec.Cmd{Path: c.Path, Args: c.Args, Env: c.Env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
}
