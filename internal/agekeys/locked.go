package agekeys

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/awsexec/awsexec/internal/backend"
)

// passphraseTries is how often a person may mistype a passphrase.
const passphraseTries = 3

// PassphraseError is the [backend.ErrLocked] of an identity whose passphrase nobody has
// given, or a wrong one.
type PassphraseError struct {
	File string // as the user calls it
	Err  error
}

func (e *PassphraseError) Error() string {
	if errors.Is(e.Err, backend.ErrWrongPassphrase) {
		return fmt.Sprintf("%v of %s", e.Err, e.File)
	}
	return fmt.Sprintf("%v: passphrase of %s: %v", backend.ErrLocked, e.File, e.Err)
}

// Unwrap returns the kind of the error and its cause.
func (e *PassphraseError) Unwrap() []error { return []error{backend.ErrLocked, e.Err} }

// askPassphrase asks for the passphrase of a file with an identity, and calls open with
// it. It asks again if that returns backend.ErrWrongPassphrase.
func askPassphrase(ctx context.Context, h Host, called string, open func(passphrase []byte) error) error {
	if h.Ask == nil {
		return &PassphraseError{called, errors.New("nobody can be asked")}
	}
	question := "passphrase of " + called + ": "
	for try := 1; ; try++ {
		answer, err := h.Ask(ctx, question, true)
		if err != nil {
			return &PassphraseError{called, err}
		}
		if err := open([]byte(answer)); !errors.Is(err, backend.ErrWrongPassphrase) {
			return err
		}
		if try == passphraseTries {
			return &PassphraseError{called, backend.ErrWrongPassphrase}
		}
		question = "wrong passphrase; passphrase of " + called + ": "
	}
}

// lockedFile is a file with identities that age has encrypted with a passphrase.
type lockedFile struct {
	sealed []byte
	called string

	mu     sync.Mutex
	opened []Identity // nil until the passphrase was given
}

// maxWorkFactor is the highest cost of scrypt that is paid: about 15 seconds.
const maxWorkFactor = 22

// isEncrypted reports whether data is an age file, armored or not.
func isEncrypted(data []byte) bool {
	return bytes.HasPrefix(bytes.TrimSpace(data), []byte(armor.Header)) || bytes.HasPrefix(data, []byte("age-encryption.org/"))
}

// parseEncrypted returns what stands for the identities in an age file.
func parseEncrypted(data []byte, called string) (Identity, error) {
	sealed := bytes.Clone(data)
	if trimmed := bytes.TrimSpace(data); bytes.HasPrefix(trimmed, []byte(armor.Header)) {
		var err error
		if sealed, err = io.ReadAll(armor.NewReader(bytes.NewReader(trimmed))); err != nil {
			return Identity{}, errors.New("an age file that is damaged")
		}
	}
	types, err := Stanzas(sealed)
	if err != nil {
		return Identity{}, errors.New("an age file that is damaged")
	}
	if !slices.Equal(types, []string{"scrypt"}) {
		return Identity{}, errors.New("identities that are encrypted to others are not supported; with a passphrase they are")
	}
	f := &lockedFile{sealed: sealed, called: called}
	return Identity{Kind: Locked, needsPerson: f.needsPerson, with: func(ctx context.Context, h Host) age.Identity {
		return unwrapper(func(stanzas []*age.Stanza) ([]byte, error) { return f.unwrap(ctx, h, stanzas) })
	}}, nil
}

func (f *lockedFile) needsPerson() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened == nil || slices.ContainsFunc(f.opened, Identity.NeedsPerson)
}

func (f *lockedFile) unwrap(ctx context.Context, h Host, stanzas []*age.Stanza) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.opened == nil {
		if err := f.open(ctx, h); err != nil {
			return nil, err
		}
	}
	for _, i := range f.opened {
		if key, err := i.with(ctx, h).Unwrap(stanzas); !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	return nil, age.ErrIncorrectIdentity
}

func (f *lockedFile) open(ctx context.Context, h Host) error {
	return askPassphrase(ctx, h, f.called, func(passphrase []byte) error {
		with, err := age.NewScryptIdentity(string(passphrase))
		if err != nil {
			return backend.ErrWrongPassphrase // an empty one
		}
		with.SetMaxWorkFactor(maxWorkFactor)
		plain, err := Open(f.sealed, with)
		if errors.As(err, new(*age.NoIdentityMatchError)) {
			return backend.ErrWrongPassphrase
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.called, err)
		}
		defer clear(plain)
		if isEncrypted(plain) {
			err = errors.New("it is encrypted twice")
		} else {
			f.opened, err = ParseIdentities(plain, f.called)
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", backend.ErrLocked, f.called, err)
		}
		return nil
	})
}
