//go:build unix

package exec

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// LookPath returns the file that execvp(3) would run for name, where path is
// the value of PATH.
//
// A name with a slash is returned as it is. As in a shell, an executable file
// further down PATH wins over a file that is not executable. The error wraps
// ErrNotFound or, if the only files of that name cannot be executed,
// ErrNotRunnable.
func LookPath(name, path string) (string, error) {
	if name == "" {
		return "", notFound(`""`)
	}
	if strings.Contains(name, "/") {
		err := executable(name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return "", notFound(name)
		}
		if err != nil {
			return "", notRunnable(name, err)
		}
		return name, nil
	}
	if path == "" {
		path = "/bin:/usr/bin" // the default of execvp(3) in the GNU C library
	}
	var refused error
	for dir := range strings.SplitSeq(path, ":") {
		if dir == "" {
			dir = "." // POSIX: an empty entry is the current directory
		}
		file := dir + "/" + name
		err := executable(file)
		if err == nil {
			return file, nil
		}
		if refused == nil && errors.Is(err, fs.ErrPermission) {
			refused = notRunnable(file, err)
		}
	}
	if refused != nil {
		return "", refused
	}
	return "", notFound(name)
}

// executable returns nil if the caller may execute file, and otherwise the
// reason.
func executable(file string) error {
	fi, err := os.Stat(file)
	if err != nil {
		return errors.Unwrap(err)
	}
	if fi.IsDir() {
		return syscall.EISDIR
	}
	return unix.Faccessat(unix.AT_FDCWD, file, unix.X_OK, unix.AT_EACCESS)
}
