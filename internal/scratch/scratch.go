// Package scratch makes directories for files that a process needs while it runs,
// and removes those of processes that were killed.
package scratch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/flock"
)

const (
	// owner is the file in each directory that its process keeps locked. The
	// system drops the lock when the process ends, however it ends.
	owner = "owner"

	// unowned is how old a directory without that file must be to be removed: its
	// process was killed before it made the file.
	unowned = 24 * time.Hour
)

// Make makes a directory in parent that only this user can use, with a name
// that begins with prefix, and returns its path and the function that removes
// it. It first removes what killed processes have left there: directories with
// that prefix that belong to this user, that nobody else can use, that no process
// holds, and that hold only regular files.
//
// Processes may call it at the same time. The directory belongs to this process as
// long as remove can still be called.
func Make(parent, prefix string, now time.Time) (path string, remove func(), err error) {
	clearAway(parent, prefix, now)
	for {
		if path, err = os.MkdirTemp(parent, prefix); err != nil {
			return "", nil, err
		}
		mark, err := hold(path)
		if err != nil {
			removeAll(path)
			return "", nil, err
		}
		if mark != nil {
			return path, func() { mark.Close(); removeAll(path) }, nil
		}
	}
}

// hold makes the owner's mark in a new directory. It returns nil if another
// process took the directory for one that was left behind.
func hold(dir string) (*os.File, error) {
	path := filepath.Join(dir, owner)
	mark, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	held, err := flock.Try(mark)
	if err == nil && held {
		if there, statErr := os.Stat(path); statErr == nil {
			opened, statErr := mark.Stat()
			if held = statErr == nil && os.SameFile(there, opened); held {
				return mark, nil
			}
		}
	}
	mark.Close()
	return nil, err
}

// clearAway removes the directories in parent that killed processes have left. The
// next process tries again what fails.
func clearAway(parent, prefix string, now time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && e.IsDir() {
			if path := filepath.Join(parent, e.Name()); empty(path, now) {
				_ = os.Remove(path) // it stays if others have put files there
			}
		}
	}
}

// empty removes the files in a directory, and reports whether a killed process had
// left it.
func empty(path string, now time.Time) bool {
	dir, err := os.OpenRoot(path)
	if err != nil {
		return false
	}
	defer dir.Close()
	opened, err := dir.Stat(".")
	if err != nil || !private(opened) {
		return false
	}
	// The path must be that of the same directory, not a link to one of somebody
	// else.
	if named, err := os.Lstat(path); err != nil || !os.SameFile(named, opened) {
		return false
	}
	mark, err := dir.OpenFile(owner, os.O_RDWR, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if now.Sub(opened.ModTime()) < unowned {
			return false
		}
	case err != nil:
		return false
	default:
		defer mark.Close()
		if left, err := flock.Try(mark); err != nil || !left {
			return false
		}
	}
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.Type().IsRegular() && e.Name() != owner {
			_ = removeFile(dir, path, e.Name())
		}
	}
	if mark != nil {
		removeHeld(dir, path, mark)
	}
	return true
}
