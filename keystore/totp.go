package keystore

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// TOTP returns the secret of the MFA device of the user that the key kept under name
// belongs to. The error is [ErrNotFound] if none is kept.
func (s *Store) TOTP(ctx context.Context, name string) ([]byte, error) {
	if err := known(name); err != nil {
		return nil, err
	}
	v, end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	var b []byte
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		b, err = v.items.Get(ctx, keyitem.OfTOTP(name))
		return err
	})
	if err != nil {
		return nil, v.explainTOTP(name, err)
	}
	defer clear(b)
	secret, err := keyitem.DecodeTOTP(b)
	return secret, v.explainTOTP(name, err)
}

// PutTOTP keeps the secret of an MFA device beside the key under name, in place of
// another one, and reads it back. The error is [ErrNotFound] if there is no such key.
func (s *Store) PutTOTP(ctx context.Context, name string, secret []byte) error {
	if err := known(name); err != nil {
		return err
	}
	content, err := keyitem.EncodeTOTP(secret)
	if err != nil {
		return fmt.Errorf("key %q: %w", name, err)
	}
	defer clear(content)
	return s.change(ctx, name, backend.ToCreate, func(v *vault) error {
		if _, err := v.get(ctx, name); err != nil {
			return err
		}
		return v.setAndCheck(ctx, keyitem.OfTOTP(name), content)
	})
}

// RemoveTOTP removes the secret of an MFA device from beside the key under name, and
// checks that it is gone. The error is [ErrNotFound] if there was none.
func (s *Store) RemoveTOTP(ctx context.Context, name string) error {
	if err := known(name); err != nil {
		return err
	}
	var missing error
	err := s.change(ctx, name, backend.ToWrite, func(v *vault) error {
		err := v.removeTOTP(ctx, name)
		if missing = nil; errors.Is(err, ErrNotFound) {
			missing, err = v.explainTOTP(name, err), nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return missing
}

// removeTOTP is RemoveTOTP under the lock of the store.
func (v *vault) removeTOTP(ctx context.Context, name string) error {
	if err := v.items.Delete(ctx, keyitem.OfTOTP(name)); err != nil {
		return err
	}
	switch _, err := v.items.Get(ctx, keyitem.OfTOTP(name)); {
	case err == nil:
		return fmt.Errorf("%w: the TOTP secret still exists after its removal", ErrRefused)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	return nil
}

// explainTOTP names the key and the store in err.
func (v *vault) explainTOTP(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("TOTP secret of key %q in %s: %w", name, v.backend, err)
}
