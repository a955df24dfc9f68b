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

// LookPath finds the program that execvp(3) would run for name, where path is the value of PATH.
//
// A name with a slash is taken as it is. The error is ErrNotFound or, where something of that name is there but cannot be executed,
// ErrNotRunnable. As in a shell, a program further down PATH wins over a file that cannot be executed.
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
		path = "/bin:/usr/bin" // what execvp(3) of the GNU C library falls back to
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

// executable returns nil if file is a file that the caller may execute, or why it is not.
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
