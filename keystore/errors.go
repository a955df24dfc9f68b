package keystore

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/helper"
	"github.com/awsexec/awsexec/internal/kernelkey"
)

// KeyError is the error of an operation on the key called Name.
type KeyError struct {
	Name  string
	Store string // in words
	Err   error
}

func (e *KeyError) Unwrap() error { return e.Err }

func (e *KeyError) Error() string { return fmt.Sprintf("key %q in %s: %v", e.Name, e.Store, e.Err) }

// NoHelperError is the error for a store whose credential helper is not
// installed. It wraps [ErrUnavailable].
type NoHelperError = helper.MissingError

// The kinds of failure. An error of this package that has one of these causes
// wraps it, whichever kind of store keeps the keys. Test for them with
// [errors.Is].
var (
	// ErrNotFound means that the store can be read and has no such key.
	ErrNotFound = backend.ErrNotFound
	// ErrLocked means that the key may be there, but the store is locked and
	// nobody unlocked it: no dialog could be shown, nobody answered it in time,
	// or the passphrase was missing or wrong.
	ErrLocked = backend.ErrLocked
	// ErrWrongPassphrase is the [ErrLocked] of an encrypted file that has
	// another passphrase.
	ErrWrongPassphrase = backend.ErrWrongPassphrase
	// ErrUnavailable means that the keyring or the credential helper cannot be
	// reached, or does not answer as it should.
	ErrUnavailable = backend.ErrUnavailable
	// ErrRefused means that a person or the operating system said no.
	ErrRefused = backend.ErrRefused
	// ErrTooBig means that the value is larger than the store takes.
	ErrTooBig = backend.ErrTooBig
	// ErrCorrupt means that the store is there but cannot be understood. It is
	// left as it is, never overwritten.
	ErrCorrupt = backend.ErrCorrupt
	// ErrNewer means that a newer awsexec has written the store, or its list of
	// names, in a format that this one does not know. It is left as it is.
	ErrNewer = backend.ErrNewer
	// ErrNotHeld means that the kernel cannot or must not hold keys here.
	ErrNotHeld = kernelkey.ErrUnavailable
	// ErrChanged means that somebody has replaced the key meanwhile.
	ErrChanged = errors.New("the key was replaced meanwhile")
	// ErrNoPassphrase means that the store has no passphrase that can be
	// changed here.
	ErrNoPassphrase = errors.New("has no passphrase that awsexec could change")
	// ErrExists means that there is an encrypted file already.
	ErrExists = agefile.ErrExists
	// ErrUntried means that the file would not have opened on this machine, so that it
	// was left as it is.
	ErrUntried = errors.New("the file would not open again here, so nothing was changed")
	// ErrNoRecipients means that a file is opened with a passphrase.
	ErrNoRecipients = errors.New("has a passphrase, which age does not mix with recipients")
)
