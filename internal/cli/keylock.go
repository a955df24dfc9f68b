package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

var errBusy = errors.New("another awsexec is changing it")

// keyLocks are the locks of keys, waited for no longer than patience. The error is then [errBusy]. It implements rotate.Locks.
type keyLocks struct {
	keys     *keystore.Store
	patience time.Duration
}

// LockKey keeps all others from changing the key called name. Whoever changes it holds that lock for the whole of the change.
func (l keyLocks) LockKey(ctx context.Context, name string) (release func(), err error) {
	release, err = l.wait(ctx, name, l.keys.LockKey)
	if errors.Is(err, errBusy) {
		return nil, fmt.Errorf("key %q: %w", name, errBusy)
	}
	return release, err
}

// LockKeyID keeps all others from storing the key with this id, under any name, and from deleting it at AWS. It is taken after
// the locks of names.
func (l keyLocks) LockKeyID(ctx context.Context, id string) (release func(), err error) {
	release, err = l.wait(ctx, id, l.keys.LockKeyID)
	if errors.Is(err, errBusy) {
		return nil, fmt.Errorf("key %s: %w", visible.KeyID(id), errBusy)
	}
	return release, err
}

func (l keyLocks) wait(ctx context.Context, what string, lock func(context.Context, string) (func(), error)) (func(), error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.patience, errBusy)
	defer cancel()
	return lock(ctx, what)
}

// lockForStoring takes the locks that storing the key with this id under name needs. A key that a rotation is going to delete at AWS is refused.
func (l keyLocks) lockForStoring(ctx context.Context, name, id string) (release func(), err error) {
	releaseName, err := l.LockKey(ctx, name)
	if err != nil {
		return nil, err
	}
	releaseID, err := l.LockKeyID(ctx, id)
	if err != nil {
		releaseName()
		return nil, err
	}
	release = func() {
		releaseID()
		releaseName()
	}
	if err := refuseRetiring(ctx, l.keys, name, id); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// refuseRetiring returns a [retiringError] for a key that a rotation is going to delete at AWS. A rotation of name that has not
// made its new key current has done nothing to the old one, and ends when that is stored once more.
func refuseRetiring(ctx context.Context, keys *keystore.Store, name, id string) error {
	of, err := keys.Retiring(ctx, id)
	if err != nil || of == "" {
		return err
	}
	if of == name {
		current, err := keys.Get(ctx, name)
		if err != nil && !errors.Is(err, keystore.ErrNotFound) || current.AccessKeyID == id {
			return err
		}
	}
	return retiringError{id, of}
}

// retiringError is a key that the unfinished rotation of the key called name is going to delete.
type retiringError struct{ keyID, name string }

func (e retiringError) Error() string {
	return fmt.Sprintf("key %s is about to be deleted at AWS: the rotation of key %q is not finished", visible.KeyID(e.keyID), e.name)
}
