package cli

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/guard"
	"github.com/awsexec/awsexec/internal/interrupt"
)

// deps is all that a run takes from the world around it, so that a test can hand in its own.
type deps struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string // NAME=value
	homes          homes
	self           string // absolute path of this program
	version        string
	early          Early // nil for none
	now            func() time.Time
	workFactor     int           // of the encrypted keystore; 0 for the default, less only in tests
	pause          time.Duration // before AWS is asked once more whether it knows a new key
	lockPatience   time.Duration // how long another awsexec that changes the same key is waited for
	linkPatience   time.Duration // how long a browser is waited for
	signInPatience time.Duration // how long a person is waited for who signs in
}

// grace is how long a run may take to end in good order once a signal has asked for it. All waits for AWS, locks and people end at once; a
// read from a pipe that nobody writes to does not.
const grace = 2 * time.Second

// Main runs awsexec with these arguments, the name of the program included, and
// returns its exit code. It never returns if awsexec became its child, or if a
// signal had to end it. Version is "" if the build did not set it. Early may be
// nil.
func Main(args []string, version string, early Early) int {
	guard.Process()
	fault.Handle(endOnFault(deps{stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}, os.Exit))
	defer fault.Catch()
	ctx := interrupt.Catch(grace, os.Exit)
	if version == "" {
		version = moduleVersion(debug.ReadBuildInfo)
	}
	d := deps{
		stdin:      os.Stdin,
		stdout:     os.Stdout,
		stderr:     os.Stderr,
		environ:    os.Environ(),
		homes:      findHomes(),
		self:       selfPath(args[0]),
		version:    version,
		early:      early,
		now:        time.Now,
		workFactor: workFactor,
		pause:      pause,

		lockPatience: lockPatience, linkPatience: linkPatience, signInPatience: signInPatience,
	}
	if early != nil {
		if err := early.Failure(); err != nil {
			newUI(d).fail(fmt.Errorf("print credentials: %w", err), "")
			return exitFailed
		}
	}
	return run(ctx, helperArgs(args)[1:], d)
}

// endOnFault returns what is done about a panic: it ends the run as any other failure. What nobody can catch, such as a lack of memory or of
// threads, ends it by SIGABRT from now on. Either way the exit code is not that of wrong usage, which is Go's own for both.
func endOnFault(d deps, exit func(code int)) func(*fault.Fault) {
	if runtime.GOOS != "windows" { // where it could bring up a dialog
		debug.SetTraceback("crash")
	}
	return func(f *fault.Fault) {
		newUI(d).fail(f, "report this: https://github.com/awsexec/awsexec/issues")
		exit(exitFailed)
	}
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
