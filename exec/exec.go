// Package exec runs a program with AWS credentials in its environment.
//
// [Environ], [EnvironOf] and [EnvironRenewing] build the environment,
// [LookPath] finds the program, and [Cmd] replaces the calling process with the
// program or runs it as a child. The package does not obtain credentials.
package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

var (
	// ErrNotFound reports that the program does not exist. Shells use exit code
	// 127 for it.
	ErrNotFound = errors.New("not found")

	// ErrNotRunnable reports that the program exists but the system refuses to
	// run it: it is not executable, it is a directory, its interpreter is
	// missing, its format is unknown, or the argument list is too long. Shells
	// use exit code 126 for it.
	ErrNotRunnable = errors.New("cannot be run")
)

// Cmd describes a program to run.
type Cmd struct {
	Path string   // the program's file, as LookPath returns it
	Args []string // the arguments, with the program's name first
	Env  []string // the whole environment, as NAME=value
}

// refused returns the error for a program at path that the system did not run
// because of err. It wraps ErrNotFound or ErrNotRunnable.
func refused(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(path); statErr != nil {
			return notFound(path)
		}
		err = errors.New("its interpreter or loader is missing")
	}
	return notRunnable(path, err)
}

// notRunnable returns an error that wraps ErrNotRunnable and names path and the
// reason.
func notRunnable(path string, why error) error {
	return fmt.Errorf("%s %w: %w", path, ErrNotRunnable, why)
}

func notFound(name string) error { return fmt.Errorf("%s: %w", name, ErrNotFound) }
