package awsfiles

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/readfile"
)

// backupSuffix follows the name of an AWS file in the name of its first backup.
// Later ones have a number behind it: none replaces another.
const backupSuffix = ".before-awsexec"

// Backup is the path of a copy of an AWS file, without the secrets.
type Backup struct{ Of, Path string }

// ErrBusy is the error of an edit while another awsexec edits the AWS files for
// longer than anybody should wait.
var ErrBusy = errors.New("another awsexec is editing the AWS files")

// patience is how long another awsexec is waited for.
const patience = 30 * time.Second

// EditError is the error for a profile whose lines cannot be edited.
type EditError struct {
	Profile string
	At      string // a file, or a line of it
	Reason  string
}

func (e *EditError) Error() string {
	return fmt.Sprintf("profile %q: %s: %s", e.Profile, e.At, e.Reason)
}

// About returns the profile, and what is wrong for a place that names it already.
func (e *EditError) About() (profile, detail string) { return e.Profile, e.At + ": " + e.Reason }

// EditFunc returns what becomes of the content of a file, and whether that
// differs.
type EditFunc func(old []byte) (data []byte, changed bool, err error)

// Editor edits AWS files. It keeps a backup of each as it was before its first
// edit. It is for one goroutine.
type Editor struct {
	dir     string // of awsexec's data, which has the lock
	waiting func() (done func())
	edited  []string // paths of the files that were changed
	backups []Backup // of those that were there before
}

// NewEditor returns an editor that keeps every other awsexec with the data
// directory dir from editing AWS files at the same time, so that none undoes
// what another did. It calls waiting while it waits for one.
func NewEditor(dir string, waiting func() (done func())) *Editor {
	return &Editor{dir: dir, waiting: waiting}
}

// Backups returns the backups of the files that this editor has changed.
func (e *Editor) Backups() []Backup { return e.backups }

// Edit applies edit to the AWS file at path, and reports whether the file
// changed. A process that is killed leaves the old file or the new one. The
// backup lacks the secrets: they would outlive the move of a key into the
// keystore.
func (e *Editor) Edit(ctx context.Context, path string, edit EditFunc) (changed bool, err error) {
	release, err := e.lock(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	if path == "" {
		return false, errors.New("there is no AWS config file to write to: HOME is not set")
	}
	atomicfile.Tidy(path)
	old, err := readfile.Read(path, readfile.MaxAWS)
	exists := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	defer clear(old) // it may hold keys
	data, changed, err := edit(old)
	defer clear(data)
	if err != nil || !changed {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return false, err
	}
	if exists && !slices.Contains(e.edited, path) {
		backup, err := writeBackup(path, Redact(old))
		if err != nil {
			return false, err
		}
		e.backups = append(e.backups, Backup{path, backup})
	}
	e.edited = append(e.edited, path)
	return true, atomicfile.Write(path, data, 0o600)
}

// writeBackup writes data as a backup of the file at path, and returns the path of
// the backup. That of an earlier edit is used again if it has the same data. The
// caller holds the lock.
func writeBackup(path string, data []byte) (backup string, err error) {
	for n := 1; ; n++ {
		backup = path + backupSuffix
		if n > 1 {
			backup += fmt.Sprintf("-%d", n)
		}
		there, err := readfile.Read(backup, readfile.MaxAWS)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			atomicfile.Tidy(backup)
			return backup, atomicfile.Write(backup, data, 0o600)
		case err == nil && bytes.Equal(there, data):
			return backup, nil
		}
	}
}

func (e *Editor) lock(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, ErrBusy)
	defer cancel()
	defer e.waiting()()
	return flock.Lock(ctx, filepath.Join(e.dir, "aws-files.lock"))
}
