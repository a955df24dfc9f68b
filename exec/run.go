package exec

import (
	"os"
	osexec "os/exec"
	"os/signal"
	"runtime"

	"github.com/awsexec/awsexec/internal/fault"
)

// Run runs c as a child on this process's standard input, output and error. It
// returns the child's exit code when the child has ended. Run is for systems
// that do not support Replace, and for callers that must outlive the start of
// the child.
//
// As far as a parent can, this process behaves as if it were the child. It
// passes on each signal that it receives, unless the terminal has sent the
// signal to the child too: one Ctrl-C gives the child one SIGINT. A signal that
// was ignored when this process started stays ignored in both. The child shares
// our process group, so that it sees changes of the terminal's size, Ctrl-Z, fg
// and bg by itself. If a child with its own process group, such as a shell, is
// stopped, this process stops too, and both continue together. For a child
// killed by a signal, the exit code is 128 plus the signal's number. Windows
// exit codes keep their 32 bits.
//
// Where the system allows it, the child does not outlive this process. If
// SIGKILL ends this process, which no program can intercept, Linux sends the
// child SIGTERM, and Windows ends the child. Other systems let it live. On
// Linux a child that is set-user-ID or has file capabilities lives on too, and
// everywhere the child's own children do.
//
// An error means that nothing ran. It wraps ErrNotFound or ErrNotRunnable.
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
		// The kernel ties the child's life to the thread that started it.
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

// child returns c on this process's standard files, not started yet.
func (c *Cmd) child() *osexec.Cmd {
	return &osexec.Cmd{
		Path: c.Path, Args: c.Args, Env: c.Env, SysProcAttr: tied(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	}
}
