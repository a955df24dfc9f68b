package keystore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
)

// Access is who may open an encrypted file: whoever has an identity of one of its
// recipients, or, without recipients, whoever has its passphrase.
type Access = agefile.Access

// Ways are how this machine opens an encrypted file with recipients.
type Ways = agefile.Ways

// Looks are what is known about the access to an encrypted file without opening
// it.
type Looks = agefile.Looks

// IdentityError is the [ErrLocked] of an identity that cannot be read.
type IdentityError = agefile.IdentityError

// LookAtFile returns what is known about the access to the encrypted file without
// opening it. The error is [ErrNotFound] if there is no file.
func LookAtFile(o Options) (Looks, error) {
	f, err := newFile(o, newHolder(o, KindFile))
	if err != nil {
		return Looks{}, err
	}
	looks, err := f.Look()
	if err != nil {
		return looks, fmt.Errorf("%s: %w", f, err)
	}
	return looks, nil
}

// Create makes the encrypted file, which must be missing, for the access that to
// returns. See [Store.SetAccess].
func (s *Store) Create(ctx context.Context, to ...func(context.Context, Access) (Access, error)) error {
	return s.setAccess(ctx, true, to)
}

// SetAccess encrypts the file anew, for the access that the first of to returns
// after the file was opened as it is. It then checks that this machine could open
// the file with that, and calls the others, each with the access that the one
// before has returned. These may add recipients.
//
// Interrupted at any point, it leaves the old file or the new one. Afterwards the
// file is not unlocked any more.
func (s *Store) SetAccess(ctx context.Context, to ...func(context.Context, Access) (Access, error)) error {
	return s.setAccess(ctx, false, to)
}

func (s *Store) setAccess(ctx context.Context, create bool, to []func(context.Context, Access) (Access, error)) error {
	v, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if v.file == nil {
		return fmt.Errorf("%s %w", v.backend, errNoAccess)
	}
	wrong := func(err error) error { return fmt.Errorf("%s: %w", v.file, err) }
	switch exists := FileExists(Options{Dir: s.dir}); {
	case create && exists:
		return wrong(ErrExists)
	case !create && !exists:
		return wrong(ErrNotFound)
	}
	if err := v.items.Prepare(ctx, backend.ToProve); err != nil {
		return wrong(err)
	}
	var a Access
	for i, f := range to {
		if a, err = f(ctx, a); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if err := v.file.Try(ctx, a); err != nil {
			return fmt.Errorf("%w: %w", ErrUntried, err)
		}
	}
	if err := s.locked(ctx, v, backend.ToProve, func() error { return v.file.SetAccess(ctx, a, create) }); err != nil {
		return wrong(err)
	}
	return nil
}

var errNoAccess = errors.New("is not an encrypted file")

// Recipients returns the recipients of the encrypted file, which it opens for that;
// none if the file is opened with a passphrase.
func (s *Store) Recipients(ctx context.Context) (all []agekeys.Recipient, err error) {
	v, end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if v.file == nil {
		return nil, fmt.Errorf("%s %w", v.backend, errNoAccess)
	}
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		all, err = v.file.Recipients(ctx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", v.file, err)
	}
	return all, nil
}

// ChangeRecipients encrypts the file anew, to the recipients that change returns
// from those that it has.
func (s *Store) ChangeRecipients(ctx context.Context, change func([]agekeys.Recipient) ([]agekeys.Recipient, error)) error {
	return s.SetAccess(ctx, func(ctx context.Context, _ Access) (Access, error) {
		now, err := s.Access(ctx)
		if err != nil {
			return now, err
		}
		now.Recipients, err = change(slices.Clone(now.Recipients))
		return now, err
	})
}

// Access returns the access to an encrypted file with recipients, which it opens
// for that.
func (s *Store) Access(ctx context.Context) (Access, error) {
	now, err := s.Recipients(ctx)
	if err != nil {
		return Access{}, err
	}
	if len(now) == 0 {
		return Access{}, fmt.Errorf("%s %w", s, ErrNoRecipients)
	}
	looks, err := s.current().file.Look()
	return Access{Recipients: now, Ways: looks.Ways}, err
}

// Adopt makes w the ways of this machine to open the encrypted file, after it has
// opened the file with them.
func (s *Store) Adopt(ctx context.Context, w Ways) error {
	v, err := s.settle(ctx)
	if err != nil {
		return err
	}
	if v.file == nil {
		return fmt.Errorf("%s %w", v.backend, errNoAccess)
	}
	if err := v.file.Adopt(ctx, w); err != nil {
		return fmt.Errorf("%s: %w", v.file, err)
	}
	return nil
}
