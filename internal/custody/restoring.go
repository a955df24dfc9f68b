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
// A journal without its key would be useless, and a rotation can be finished at
// any time: so the key comes first, and a key that is there gets its journal. So it is
// with a TOTP secret; one that is there stays, unless its key is replaced.
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
		return none, c.putRest(ctx, name, kept, false)
	case !replace:
		return none, &ExistsError{name, old.AccessKeyID}
	}
	if err := c.CheckRetiring(ctx, name, key.AccessKeyID); err != nil {
		return none, err
	}
	remains, err := c.Put(ctx, name, key, old.AccessKeyID)
	if err != nil {
		return remains, err
	}
	return remains, c.putRest(ctx, name, kept, true)
}

// putRest stores what a key has beside it. IsNew says that the key was not there before.
func (c Custody) putRest(ctx context.Context, name string, kept Kept, isNew bool) error {
	if err := c.putJournal(ctx, name, kept.Journal); err != nil || kept.TOTP == nil {
		return err
	}
	if !isNew {
		if _, err := c.Keys.TOTP(ctx, name); !errors.Is(err, keystore.ErrNotFound) {
			return err
		}
	}
	return c.Keys.PutTOTP(ctx, name, kept.TOTP)
}

// putJournal stores a journal, if there is one and the key has none.
func (c Custody) putJournal(ctx context.Context, name string, journal *keystore.Rotation) error {
	if journal == nil {
		return nil
	}
	switch there, err := rotate.Unfinished(ctx, c.Keys, name); {
	case err != nil:
		return err
	case there.Old.AccessKeyID != "":
		return nil
	}
	return c.Keys.PutRotation(ctx, name, *journal)
}
