package exec

import (
	"errors"
	"io/fs"
	"os"
	osexec "os/exec"
	"strings"
)

// LookPath returns the file that Windows would run for name. It uses the PATH
// and PATHEXT of this process and ignores its second parameter. Like os/exec,
// it refuses a program that Windows finds only because it searches the current
// directory first.
//
// The error wraps ErrNotFound or ErrNotRunnable.
func LookPath(name, _ string) (string, error) {
	file, err := osexec.LookPath(name)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, osexec.ErrDot):
		return "", notRunnable(file, errors.New(`it is in the current directory; write .\ in front of its name to run it`))
	case errors.Is(err, fs.ErrPermission):
		return "", notRunnable(name, err)
	}
	if fi, err := os.Stat(name); err == nil && fi.IsDir() && strings.ContainsAny(name, `:\/`) {
		return "", notRunnable(name, errors.New("it is a directory"))
	}
	return "", notFound(name)
}
