package exec

import (
	"os"
	osexec "os/exec"
	"os/signal"
	"runtime"

	"github.com/awsexec/awsexec/internal/fault"
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
// A child does not outlive this process where the system can see to that. If SIGKILL ends this process, which nobody can pass on, the child
// gets SIGTERM on Linux, and is ended on Windows. On other systems it lives on. So it does on Linux if it has set-user-ID or
// capabilities of its own, and so do the child's own children everywhere. An exit code of Windows keeps its 32 bits.
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

	type end struct {
		code int
		err  error
	}
	started, failed, ended := make(chan *os.Process, 1), make(chan error, 1), make(chan end, 1)
	fault.Go(func() {
		// The system ties the child's life to the thread that has started it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		child, release, err := c.start()
		if err != nil {
			failed <- refused(c.Path, err)
			return
		}
		defer release()
		started <- child.Process
		code, err := wait(child)
		ended <- end{code, err}
	})
	var child *os.Process
	select {
	case err := <-failed:
		return 0, err
	case child = <-started:
	}
	for {
		select {
		case s := <-signals:
			forward(child, s)
		case e := <-ended:
			return e.code, e.err
		}
	}
}

// child is c on this process's standard files.
func (c *Cmd) child() *osexec.Cmd {
	return &osexec.Cmd{Path: c.Path, Args: c.Args, Env: c.Env, SysProcAttr: tied(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
}
