// Package exec gives a child process its credentials: its environment, finding the program, becoming or running it.
//
// It knows nothing of how credentials are made.
package exec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

var (
	// ErrNotFound says that there is no such program; shells answer it with exit code 127.
	ErrNotFound = errors.New("not found")

	// ErrNotRunnable says that the program is there but the system will not run it: no execute permission, a directory,
	// a missing interpreter, a wrong format, too long an argument list. Shells answer it with exit code 126.
	ErrNotRunnable = errors.New("cannot be run")
)

// Cmd is a program to be run, with everything decided.
type Cmd struct {
	Path string   // the file, as LookPath gave it
	Args []string // the arguments with the program's name first, as the child is to see them
	Env  []string // the whole environment, NAME=value
}

// refused says why the system would not run path, given the error of its try.
func refused(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		if _, statErr := os.Stat(path); statErr != nil {
			return notFound(path)
		}
		err = errors.New("its interpreter or loader is missing")
	}
	return notRunnable(path, err)
}

// notRunnable wraps the reason why the system refused to run path.
func notRunnable(path string, why error) error {
	return fmt.Errorf("%s %w: %w", path, ErrNotRunnable, why)
}

func notFound(name string) error { return fmt.Errorf("%s: %w", name, ErrNotFound) }
