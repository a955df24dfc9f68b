// Package child is the part of package exec that every warm call needs: a child's environment, and finding the program.
//
// Its imports are few. Everything else uses package exec.
package child

import (
	"errors"
	"fmt"
)

var (
	// ErrNotFound says that there is no such program.
	ErrNotFound = errors.New("not found")

	// ErrNotRunnable says that the program is there but the system will not run it.
	ErrNotRunnable = errors.New("cannot be run")
)

// NotRunnable wraps the reason why the system refused to run path.
func NotRunnable(path string, why error) error {
	return fmt.Errorf("%s %w: %w", path, ErrNotRunnable, why)
}

// NotFound says that name is no program.
func NotFound(name string) error {
	return fmt.Errorf("%s: %w", name, ErrNotFound)
}
