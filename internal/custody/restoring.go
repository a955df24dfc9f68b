package custody

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/keystore"
)

// Kept is what a store has under a name.
type Kept struct {
	Key     aws.Credentials
	Journal *keystore.Rotation // of its rotation; nil if it has none
	TOTP    []byte             // the secret of the user's MFA device; nil if it has none
}

// Backed returns what is stored under name, as it belongs together.
func (c Custody) Backed(ctx context.Context, name string) (Kept, error) {
	release, err := c.LockKey(ctx, name)
	if err != nil {
		return Kept{}, err
	}
	defer release()
	defer c.Waiting()()
	k, err := keptIn(ctx, c.Keys, name)
	return Kept{k.key, k.journal, k.totp}, err
}

// keptIn returns what a store has under name.
func keptIn(ctx context.Context, s *keystore.Store, name string) (k movable, err error) {
	k.name = name
	if k.key, err = s.Get(ctx, name); err != nil {
		return k, err
	}
	r, err := rotate.Unfinished(ctx, s, name)
	if err != nil {
		return k, err
	}
	if r.Old.AccessKeyID != "" {
		k.journal = &r
	}
	if k.totp, err = s.TOTP(ctx, name); errors.Is(err, keystore.ErrNotFound) {
		err = nil
	}
	return k, err
}

// Restore stores kept under name, unless all of it is there. It returns
// what an unfinished rotation of a key that it replaces leaves at AWS. The error
// is an [*ExistsError] if there is another key and replace is false.
//
// A journal comes with its key alone. If the key is there
// without one, its rotation has ended since. A key that is there gets the TOTP secret,
// unless it has one.
func (c Custody) Restore(ctx context.Context, name string, kept Kept, replace bool) (rotate.Remains, error) {
	none, key := rotate.Remains{}, kept.Key
	release, err := c.lockBoth(ctx, name, key.AccessKeyID)
	if err != nil {
		return none, err
	}
	defer release()
	old, err := c.Keys.Get(ctx, name)
	switch {
	case errors.Is(err, keystore.ErrNotFound), errors.Is(err, keystore.ErrCorrupt) && replace:
	case err != nil:
		return none, err
	case old == key:
		return none, c.putTOTP(ctx, name, kept, false)
	case !replace:
		return none, &ExistsError{name, old.AccessKeyID}
	}
	if err := c.CheckRetiring(ctx, name, key.AccessKeyID); err != nil {
		return none, err
	}
	remains, err := c.put(ctx, name, key, kept.Journal, old.AccessKeyID)
	if err != nil {
		return remains, err
	}
	return remains, c.putTOTP(ctx, name, kept, true)
}

// putTOTP stores the TOTP secret of a key, if it has one. IsNew says that the key was
// not there before: else a secret that is there stays.
func (c Custody) putTOTP(ctx context.Context, name string, kept Kept, isNew bool) error {
	if kept.TOTP == nil {
		return nil
	}
	if !isNew {
		if _, err := c.Keys.TOTP(ctx, name); !errors.Is(err, keystore.ErrNotFound) {
			return err
		}
	}
	return c.Keys.PutTOTP(ctx, name, kept.TOTP)
}
