package custody

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// Locks are the locks of stored keys. It implements rotate.Locks: its errors wrap
// [ErrBusy] if another process holds a lock for longer than Patience.
type Locks struct {
	Keys     *keystore.Store
	Patience time.Duration
}

// LockKey keeps all others from changing the key called name. Whoever changes it
// holds that lock for the whole of the change.
func (l Locks) LockKey(ctx context.Context, name string) (release func(), err error) {
	release, err = l.wait(ctx, name, l.Keys.LockKey)
	if errors.Is(err, ErrBusy) {
		return nil, fmt.Errorf("key %q: %w", name, ErrBusy)
	}
	return release, err
}

// LockKeyID keeps all others from storing the key with this id, under any name,
// and from deleting it at AWS. It is taken after the locks of names.
func (l Locks) LockKeyID(ctx context.Context, id string) (release func(), err error) {
	release, err = l.wait(ctx, id, l.Keys.LockKeyID)
	if errors.Is(err, ErrBusy) {
		return nil, fmt.Errorf("key %s: %w", visible.KeyID(id), ErrBusy)
	}
	return release, err
}

func (l Locks) wait(ctx context.Context, what string, lock func(context.Context, string) (func(), error)) (func(), error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.Patience, ErrBusy)
	defer cancel()
	return lock(ctx, what)
}

// lockBoth takes the locks of a name and of an id.
func (l Locks) lockBoth(ctx context.Context, name, id string) (release func(), err error) {
	releaseName, err := l.LockKey(ctx, name)
	if err != nil {
		return nil, err
	}
	releaseID, err := l.LockKeyID(ctx, id)
	if err != nil {
		releaseName()
		return nil, err
	}
	return func() {
		releaseID()
		releaseName()
	}, nil
}
