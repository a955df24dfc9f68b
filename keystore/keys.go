package keystore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// Get returns the key kept under name. It reads the keyring or the file, and
// repairs the index if that disagrees.
func (s *Store) Get(ctx context.Context, name string) (aws.Credentials, error) {
	if err := known(name); err != nil {
		return aws.Credentials{}, err
	}
	v, end, err := s.begin(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer end()
	c, err := v.read(ctx, name)
	if (err == nil || errors.Is(err, ErrNotFound)) && !v.agrees(name, c.AccessKeyID) {
		s.repairEntry(ctx, v, name)
	}
	return c, v.explain(name, err)
}

// KeyID returns the access key id of the key kept under name. It comes from the
// index, without reading the keyring or the file, unless the index does not
// know it or no longer describes the store. The index is then made again from
// the store.
func (s *Store) KeyID(ctx context.Context, name string) (string, error) {
	v, err := s.find(ctx, name)
	if err != nil {
		return "", err
	}
	if f, err := s.agreed(ctx, v, name); err == nil && f.Keys[name].AccessKeyID != "" {
		return f.Keys[name].AccessKeyID, nil
	} else if err != nil {
		v.holder.Debug("index of %s: %v", v.backend, err)
	}
	c, err := s.Get(ctx, name)
	return c.AccessKeyID, err
}

// Put keeps c under name in place of what is there, then reads it back: a nil
// error means that the key has been seen in the store. Only long-term keys are
// kept: credentials with a session token are an error, and so is a name that
// [CheckName] refuses.
//
// Interrupted at any point, it leaves the old key or the new one, and an index
// that knows which one or says that it does not.
func (s *Store) Put(ctx context.Context, name string, c aws.Credentials) error {
	return s.put(ctx, name, c, nil)
}

// PutRotating is like Put for a key whose rotation is not finished. It stores the
// journal r before the key: so a key that is there and has no journal is not being
// rotated. The error wraps [ErrChanged] if c is neither r.Old nor r.New.
func (s *Store) PutRotating(ctx context.Context, name string, c aws.Credentials, r Rotation) error {
	if c.AccessKeyID != r.Old.AccessKeyID && c.AccessKeyID != r.New.AccessKeyID {
		return fmt.Errorf("rotation of key %q: %w", name, ErrChanged)
	}
	journal, err := keyitem.EncodeJournal(keyitem.Journal(r))
	if err != nil {
		return fmt.Errorf("rotation of key %q: %w", name, err)
	}
	defer clear(journal)
	return s.put(ctx, name, c, func(v *vault) error {
		if err := v.index.Mark(name, true); err != nil {
			return err
		}
		return v.setAndCheck(ctx, keyitem.OfJournal(name), journal)
	})
}

// put is Put that calls before, unless it is nil, before the key is stored.
func (s *Store) put(ctx context.Context, name string, c aws.Credentials, before func(*vault) error) error {
	if err := CheckName(name); err != nil {
		return err
	}
	secret, err := keyitem.EncodeKey(c)
	if err != nil {
		return fmt.Errorf("key %q: %w", name, err)
	}
	defer clear(secret)
	return s.changeKey(ctx, name, backend.ToCreate, func(v *vault) error {
		// Nothing is changed unless the store can be read.
		_, err := v.items.Get(ctx, keyitem.OfKey(name))
		isNew := errors.Is(err, ErrNotFound)
		if err != nil && !isNew {
			return err
		}
		if err := v.index.Set(name, ""); err != nil {
			return err
		}
		if before != nil {
			if err := before(v); err != nil {
				return err
			}
		}
		if err := v.setAndCheck(ctx, keyitem.OfKey(name), secret); err != nil {
			if isNew && !errors.Is(err, ErrUnavailable) {
				if _, gone := v.items.Get(ctx, keyitem.OfKey(name)); errors.Is(gone, ErrNotFound) {
					return cmp.Or(err, v.index.Drop(name))
				}
			}
			return err
		}
		return v.index.Set(name, c.AccessKeyID)
	})
}

// SetAdded has the index say when the key under name was added, for a key that comes
// from another store.
func (s *Store) SetAdded(ctx context.Context, name string, added time.Time) error {
	return s.change(ctx, name, backend.ToRead, func(v *vault) error { return v.index.Date(name, added) })
}

// Delete removes the key kept under name together with its rotation journal and
// its TOTP secret, and checks that all are gone. If there was no key the error is
// [ErrNotFound]; the index forgets the name all the same.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := known(name); err != nil {
		return err
	}
	return s.changeKey(ctx, name, backend.ToWrite, func(v *vault) error {
		if err := v.endRotation(ctx, name); err != nil {
			return err
		}
		if err := v.removeTOTP(ctx, name); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		f, _, err := v.index.Load()
		if err != nil {
			return err
		}
		if _, listed := f.Keys[name]; listed {
			if err := v.index.Set(name, ""); err != nil {
				return err
			}
		}
		gone := v.items.Delete(ctx, keyitem.OfKey(name))
		if gone != nil && !errors.Is(gone, ErrNotFound) {
			return gone
		}
		if gone == nil {
			switch _, err := v.items.Get(ctx, keyitem.OfKey(name)); {
			case err == nil:
				return fmt.Errorf("%w: it still exists after its removal", ErrRefused)
			case !errors.Is(err, ErrNotFound):
				return err
			}
		}
		return cmp.Or(gone, v.index.Drop(name))
	})
}

// List returns the names in the index, sorted. It reads the keyring or the file
// only if the index is seen not to describe them any more, and never asks for a
// passphrase: where it would need one, the key ids are "". It does not see what
// other programs have changed in a keyring.
func (s *Store) List(ctx context.Context) ([]Entry, error) {
	v, err := s.settle(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.listed(ctx, v)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(f.Keys))
	for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
		key := f.Keys[name]
		list = append(list, Entry{Name: name, AccessKeyID: key.AccessKeyID, Added: key.Added, Rotating: key.Rotating})
	}
	return list, nil
}

// repairTime bounds the wait for the lock to repair one entry of the index,
// which the next call can do as well.
const repairTime = 200 * time.Millisecond

// repairEntry makes the index agree with the backend about name. What the
// caller read may be outdated once it has the lock, so it asks the backend
// again. If it fails the index stays as it is: a reader has its answer all the
// same.
func (s *Store) repairEntry(ctx context.Context, v *vault, name string) {
	release, err := s.lockStore(ctx, repairTime)
	if err != nil {
		return
	}
	defer release()
	if v.file != nil {
		v.describe()
		return
	}
	_ = v.recorded(ctx, false, func() error {
		f, damaged, err := v.index.Load()
		if err != nil {
			return err
		}
		if f.Keys[name].AccessKeyID != "" { // something other than this package changed the store, and may have changed more of it
			fresh, err := v.survey(ctx, v.get, f, name)
			if err != nil {
				return err
			}
			return v.index.Save(fresh, damaged)
		}
		switch c, err := v.get(ctx, name); {
		case err == nil:
			return v.index.Set(name, c.AccessKeyID)
		case errors.Is(err, ErrNotFound):
			return v.index.Drop(name)
		default:
			return err
		}
	})
}

// agrees reports whether the entry of name in the index matches the backend,
// where the key has the ID accessKeyID, or "" for no key.
func (v *vault) agrees(name, accessKeyID string) bool {
	f, _, err := v.index.Load()
	if err != nil {
		return true // an unreadable index cannot be repaired
	}
	key, listed := f.Keys[name]
	return key.AccessKeyID == accessKeyID && listed == (accessKeyID != "")
}
