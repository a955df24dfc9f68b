package exec

import (
	"errors"
	"io/fs"
	"os"
	osexec "os/exec"
	"strings"
)

// LookPath finds the program that Windows would run for name, by the process's own PATH and PATHEXT; the path argument is not
// used. A program that is found only because Windows looks into the current directory first is refused, as in os/exec.
//
// The error is ErrNotFound or ErrNotRunnable.
func LookPath(name, _ string) (string, error) {
	file, err := osexec.LookPath(name)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, osexec.ErrDot):
		return "", notRunnable(file, errors.New(`it is in the current directory; say .\ before its name`))
	case errors.Is(err, fs.ErrPermission):
		return "", notRunnable(name, err)
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() && strings.ContainsAny(name, `:\/`) {
		return "", notRunnable(name, errors.New("it is a directory"))
	}
	return "", notFound(name)
}
