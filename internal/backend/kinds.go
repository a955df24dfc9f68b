package backend

import (
	"errors"
	"fmt"
	"io/fs"
)

// The kinds of failure. Package keystore documents them.
var (
	ErrNotFound        = errors.New("not found")
	ErrLocked          = errors.New("locked")
	ErrWrongPassphrase = fmt.Errorf("%w: wrong passphrase", ErrLocked)
	ErrUnavailable     = errors.New("not available")
	ErrRefused         = errors.New("refused")
	ErrTooBig          = errors.New("too big")
	ErrCorrupt         = errors.New("damaged")
	ErrNewer           = errors.New("written by a newer awsexec")
)

// Newer returns the [ErrNewer] of a file at path whose format has a version that
// this awsexec does not know.
func Newer(path string, version int) error {
	return fmt.Errorf("%s: %w: its format has version %d", path, ErrNewer, version)
}

// ErrUnprepared reports that an operation cannot continue without a person. It
// wraps [ErrLocked].
var ErrUnprepared = fmt.Errorf("%w: it was locked again while it was in use", ErrLocked)

// Denied wraps an error of the file system in [ErrRefused] if it reports
// missing permission.
func Denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}
