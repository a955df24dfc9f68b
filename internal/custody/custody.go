// Package custody changes which key the keystore has under a name. It keeps
// other processes away meanwhile, and rotations from deleting at AWS what has
// just been stored.
package custody

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/keystore"
)

// Custody changes stored keys. All members are required.
type Custody struct {
	Locks

	// Forget removes the sessions made from a key.
	Forget func(keyID string)

	// Waiting is called when the keystore is waited for, and done afterwards.
	Waiting func() (done func())
}

// Add stores key under name, and returns what an unfinished rotation of the key
// that it replaces leaves at AWS. The error is an [*ExistsError] if there is a
// key and replace is false. If replace is true, a damaged key is replaced too.
// Verify is called with the locks held, before anything is stored.
func (c Custody) Add(ctx context.Context, name string, key aws.Credentials, replace bool, verify func(context.Context) error) (rotate.Remains, error) {
	none := rotate.Remains{}
	release, err := c.lockBoth(ctx, name, key.AccessKeyID)
	if err != nil {
		return none, err
	}
	defer release()
	if err := c.CheckRetiring(ctx, name, key.AccessKeyID); err != nil {
		return none, err
	}
	old, err := c.Keys.KeyID(ctx, name)
	switch {
	case err == nil && !replace:
		return none, &ExistsError{name, old}
	case errors.Is(err, keystore.ErrCorrupt) && replace: // Put fails if it is the whole store
	case err != nil && !errors.Is(err, keystore.ErrNotFound):
		return none, err
	}
	if err := verify(ctx); err != nil {
		return none, err
	}
	return c.Put(ctx, name, key, old)
}

// Put stores key under name in place of the key with the id old, "" if there is
// none, and returns what an unfinished rotation of that leaves at AWS. The caller
// holds the locks of both.
func (c Custody) Put(ctx context.Context, name string, key aws.Credentials, old string) (rotate.Remains, error) {
	return c.put(ctx, name, key, nil, old)
}

// put is Put of a key that has the journal own; nil if it has none.
func (c Custody) put(ctx context.Context, name string, key aws.Credentials, own *keystore.Rotation, old string) (rotate.Remains, error) {
	defer c.Waiting()()
	journal, err := rotate.Unfinished(ctx, c.Keys, name)
	damaged := errors.Is(err, keystore.ErrCorrupt)
	if err != nil && !damaged {
		return rotate.Remains{}, err
	}
	if own != nil {
		err = c.Keys.PutRotating(ctx, name, key, *own)
	} else {
		err = c.Keys.Put(ctx, name, key)
	}
	if err != nil {
		return rotate.Remains{}, err
	}
	if old != "" {
		c.ForgetLast(ctx, name, old)
	}
	switch {
	case own != nil && own.Old == journal.Old: // of an earlier run that was interrupted
		return rotate.Remains{}, nil
	case own != nil:
		return remains(journal, key.AccessKeyID, damaged), nil
	}
	if err := c.Keys.EndRotation(ctx, name); err != nil { // without a journal too: the index may show one
		return rotate.Remains{}, err
	}
	return remains(journal, key.AccessKeyID, damaged), nil
}

// ForgetLast removes the sessions made from the key with this id, which is or was
// under name, unless it has another name too. If in doubt it removes them: they can
// be made again.
func (c Custody) ForgetLast(ctx context.Context, name, id string) {
	entries, err := c.Keys.List(ctx)
	if err != nil {
		entries = nil
	}
	for _, e := range entries {
		if e.Name == name || e.AccessKeyID != id && e.AccessKeyID != "" {
			continue
		}
		if now, err := c.Keys.KeyID(ctx, e.Name); err == nil && now == id {
			return
		}
	}
	c.Forget(id)
}

// Remove removes the key with this id from under name, and its sessions if it has no
// other name. It returns what an unfinished rotation leaves at AWS besides that key. The error
// is a [*ChangedError] if there is another key under the name by now.
func (c Custody) Remove(ctx context.Context, name, id string) (rotate.Remains, error) {
	release, err := c.LockKey(ctx, name)
	if err != nil {
		return rotate.Remains{}, err
	}
	defer release()
	switch now, err := c.Keys.KeyID(ctx, name); {
	case err != nil:
		return rotate.Remains{}, err
	case now != id:
		return rotate.Remains{}, &ChangedError{name, now}
	}
	journal, err := rotate.Unfinished(ctx, c.Keys, name)
	damaged := errors.Is(err, keystore.ErrCorrupt)
	if err != nil && !damaged {
		return rotate.Remains{}, err
	}
	c.ForgetLast(ctx, name, id) // before, so that none is left if this is interrupted
	if err := c.Keys.Delete(ctx, name); err != nil {
		return rotate.Remains{}, err
	}
	c.ForgetLast(ctx, name, id) // and after, for those that others made meanwhile
	return remains(journal, id, damaged), nil
}

// remains returns what a rotation leaves at AWS besides the key with the id known.
// Nobody knows what is in a damaged journal: it does not keep a person from
// replacing or removing the key, which has no other way out.
func remains(journal keystore.Rotation, known string, damaged bool) rotate.Remains {
	if damaged {
		return rotate.Remains{Unknown: true}
	}
	return rotate.RemainsOf(journal, known)
}

// CheckRetiring returns a [*RetiringError] if an unfinished rotation is going to
// delete the key with this id at AWS. A rotation of name that has not made its
// new key current has done nothing to the old key, and ends when that is stored
// again.
func (c Custody) CheckRetiring(ctx context.Context, name, id string) error {
	of, err := c.Keys.Retiring(ctx, id)
	if err != nil || of == "" {
		return err
	}
	if of == name {
		current, err := c.Keys.Get(ctx, name)
		if err != nil && !errors.Is(err, keystore.ErrNotFound) || current.AccessKeyID == id {
			return err
		}
	}
	return &RetiringError{id, of}
}
