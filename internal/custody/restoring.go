package custody

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/keystore"
)

// Backed returns the key called name and the journal of its rotation, nil if it
// has none, as they belong together.
func (c Custody) Backed(ctx context.Context, name string) (key aws.Credentials, journal *keystore.Rotation, err error) {
	release, err := c.LockKey(ctx, name)
	if err != nil {
		return key, nil, err
	}
	defer release()
	defer c.Waiting()()
	if key, err = c.Keys.Get(ctx, name); err != nil {
		return key, nil, err
	}
	r, err := rotate.Unfinished(ctx, c.Keys, name)
	if err != nil || r.Old.AccessKeyID == "" {
		return key, nil, err
	}
	return key, &r, nil
}

// Restore stores key and journal under name, unless both are there. It returns
// what an unfinished rotation of a key that it replaces leaves at AWS. The error
// is an [*ExistsError] if there is another key and replace is false.
//
// A journal without its key would be useless, and a rotation can be finished at
// any time: so the key comes first, and a key that is there gets its journal.
func (c Custody) Restore(ctx context.Context, name string, key aws.Credentials, journal *keystore.Rotation, replace bool) (rotate.Remains, error) {
	none := rotate.Remains{}
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
		return none, c.putJournal(ctx, name, journal)
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
	return remains, c.putJournal(ctx, name, journal)
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
