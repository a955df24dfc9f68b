package keystore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// Rotation is the journal of replacing a key by a new one of the same user. It
// is kept beside the key, in the same keyring or file, so that the new secret
// is never anywhere else, and so that whoever finds the journal can finish the
// rotation.
type Rotation struct {
	Old    aws.Credentials // the current key when it began
	New    aws.Credentials // the key that replaces it; the zero value until AWS has made it
	Before []string        // ids of the keys that the user had when it began; any other key is newer
	Began  time.Time       // UTC, in whole seconds
}

// Rotation returns the journal of the key kept under name. The error is
// [ErrNotFound] if it has none.
func (s *Store) Rotation(ctx context.Context, name string) (Rotation, error) {
	if err := known(name); err != nil {
		return Rotation{}, err
	}
	v, end, err := s.begin(ctx)
	if err != nil {
		return Rotation{}, err
	}
	defer end()
	var b []byte
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		b, err = v.items.Get(ctx, keyitem.OfJournal(name))
		return err
	})
	if err != nil {
		return Rotation{}, v.explainRotation(name, err)
	}
	defer clear(b)
	j, err := keyitem.DecodeJournal(b)
	return Rotation(j), v.explainRotation(name, err)
}

// PutRotation stores r as the journal of the key stored under name, and reads
// it back. If that key is neither r.Old nor r.New, the error wraps
// [ErrChanged].
func (s *Store) PutRotation(ctx context.Context, name string, r Rotation) error {
	secret, err := keyitem.EncodeJournal(keyitem.Journal(r))
	if err != nil {
		return fmt.Errorf("rotation of key %q: %w", name, err)
	}
	defer clear(secret)
	return s.change(ctx, name, backend.ToCreate, func(v *vault) error {
		current, err := v.get(ctx, name)
		if err == nil && current.AccessKeyID != r.Old.AccessKeyID && current.AccessKeyID != r.New.AccessKeyID {
			err = ErrChanged
		}
		if err == nil {
			err = v.index.Set(name, current.AccessKeyID) // a lost index must not hide the rotation
		}
		if err == nil {
			err = v.index.Mark(name, true) // before the journal is there: better one mark too many than a rotation that nobody sees
		}
		if err != nil {
			return err
		}
		return v.setAndCheck(ctx, keyitem.OfJournal(name), secret)
	})
}

// EndRotation removes the journal of the key kept under name, if it has one,
// and checks that it is gone.
func (s *Store) EndRotation(ctx context.Context, name string) error {
	if err := known(name); err != nil {
		return err
	}
	return s.change(ctx, name, backend.ToWrite, func(v *vault) error { return v.endRotation(ctx, name) })
}

// Replace puts c in the place of the key kept under name, as Put does, if that
// key has the id keyID. Otherwise the error is [ErrChanged].
func (s *Store) Replace(ctx context.Context, name, keyID string, c aws.Credentials) error {
	secret, err := keyitem.EncodeKey(c)
	if err != nil {
		return fmt.Errorf("key %q: %w", name, err)
	}
	defer clear(secret)
	return s.changeKey(ctx, name, backend.ToCreate, func(v *vault) error {
		current, err := v.get(ctx, name)
		if err == nil && current.AccessKeyID != keyID {
			err = ErrChanged
		}
		if err == nil {
			err = v.index.Set(name, "")
		}
		if err == nil {
			err = v.setAndCheck(ctx, keyitem.OfKey(name), secret)
		}
		if err != nil {
			return err
		}
		return v.index.Set(name, c.AccessKeyID)
	})
}

// endRotation is EndRotation under the lock of the store.
func (v *vault) endRotation(ctx context.Context, name string) error {
	err := v.items.Delete(ctx, keyitem.OfJournal(name))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if err == nil {
		switch _, err := v.items.Get(ctx, keyitem.OfJournal(name)); {
		case err == nil:
			return fmt.Errorf("%w: the journal of the rotation still exists after its removal", ErrRefused)
		case !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return v.index.Mark(name, false)
}

// explainRotation names the key and the store in err.
func (v *vault) explainRotation(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("rotation of key %q in %s: %w", name, v.backend, err)
}
