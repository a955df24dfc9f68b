// Command awsexec keeps long-term AWS access keys in the OS keyring and gives programs short-lived credentials instead.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/warm"
)

// version is set by the release build.
var version = "dev"

// deps is all that a run takes from the world around it, so that a test can hand in its own.
type deps struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string // NAME=value
	home           string   // the user's home directory
	self           string   // absolute path of this program
	now            func() time.Time
	workFactor     int           // of the encrypted keystore; 0 for the default, less only in tests
	pause          time.Duration // before AWS is asked once more whether it knows a new key
	lockPatience   time.Duration // how long another awsexec that changes the same key is waited for
}

func main() {
	home, _ := os.UserHomeDir() // "" shows up when a path under it is needed
	ctx, cancel := context.WithCancelCause(context.Background())
	catchSignals(cancel)
	d := deps{
		stdin:      os.Stdin,
		stdout:     os.Stdout,
		stderr:     os.Stderr,
		environ:    os.Environ(),
		home:       home,
		self:       selfPath(os.Args[0]),
		now:        time.Now,
		workFactor: workFactor,
		pause:      pause,

		lockPatience: lockPatience,
	}
	if warm.WriteError != nil {
		newUI(d).fail(fmt.Errorf("print credentials: %w", warm.WriteError), "")
		os.Exit(exitFailed)
	}
	os.Exit(run(ctx, os.Args[1:], d))
}

// selfPath is the absolute path of this program: the one that it was found by under the name invoked, if that leads here, since package
// managers put a link there that outlives an upgrade, and else the system's word.
func selfPath(invoked string) string {
	self, err := os.Executable()
	if err != nil {
		self = "awsexec"
	}
	found, err := exec.LookPath(invoked)
	if err != nil {
		return self
	}
	if found, err = filepath.Abs(found); err != nil {
		return self
	}
	ours, err := os.Stat(self)
	if err != nil {
		return self
	}
	if theirs, err := os.Stat(found); err != nil || !os.SameFile(ours, theirs) {
		return self
	}
	return found
}

// interruption is the cause of a run that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string {
	if i.signal == syscall.SIGINT {
		return "interrupted"
	}
	return fmt.Sprintf("ended by signal %d", int(i.signal))
}

// catchSignals ends the run in good order on the first signal, so that a terminal's echo and locks are given back. A second signal
// has the system's own effect: it kills.
func catchSignals(cancel context.CancelCauseFunc) {
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // nohup, or a shell's background job: the child is to inherit that
			signal.Notify(signals, s)
		}
	}
	go func() {
		s := <-signals
		signal.Stop(signals)
		if n, ok := s.(syscall.Signal); ok {
			cancel(interruption{n})
		} else {
			cancel(interruption{syscall.SIGINT})
		}
	}()
}
