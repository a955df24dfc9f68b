package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/keystore"
)

var errBusy = errors.New("another awsexec is changing it")

// lockKey keeps all others from changing the key called name. Whoever changes it holds that lock for the whole of the change.
func (a *app) lockKey(ctx context.Context, name string) (release func(), err error) {
	keys, err := a.session.Keys()
	if err != nil {
		return nil, err
	}
	release, err = a.waitForLock(ctx, name, keys.LockKey)
	if errors.Is(err, errBusy) {
		return nil, fmt.Errorf("key %q: %w", name, errBusy)
	}
	return release, err
}

// lockKeyID keeps all others from storing the key with this id, under any name, and from deleting it at AWS. It is taken after
// the locks of names.
func (a *app) lockKeyID(ctx context.Context, id string) (release func(), err error) {
	keys, err := a.session.Keys()
	if err != nil {
		return nil, err
	}
	release, err = a.waitForLock(ctx, id, keys.LockKeyID)
	if errors.Is(err, errBusy) {
		return nil, fmt.Errorf("key %s: %w", mask(id), errBusy)
	}
	return release, err
}

func (a *app) waitForLock(ctx context.Context, what string, lock func(context.Context, string) (func(), error)) (func(), error) {
	ctx, cancel := context.WithTimeoutCause(ctx, a.lockPatience, errBusy)
	defer cancel()
	return lock(ctx, what)
}

// lockForStoring takes the locks that storing the key with this id under name needs. A key that a rotation is going to delete at AWS is refused.
func (a *app) lockForStoring(ctx context.Context, name, id string) (release func(), err error) {
	releaseName, err := a.lockKey(ctx, name)
	if err != nil {
		return nil, err
	}
	releaseID, err := a.lockKeyID(ctx, id)
	if err != nil {
		releaseName()
		return nil, err
	}
	release = func() {
		releaseID()
		releaseName()
	}
	if err := a.refuseRetiring(ctx, name, id); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// refuseRetiring returns a [retiringError] for a key that a rotation is going to delete at AWS. A rotation of name that has not
// made its new key current has done nothing to the old one, and ends when that is stored once more.
func (a *app) refuseRetiring(ctx context.Context, name, id string) error {
	defer a.session.WaitForKeys()()
	of, err := a.session.Opened().Retiring(ctx, id)
	if err != nil || of == "" {
		return err
	}
	if of == name {
		current, err := a.session.Opened().Get(ctx, name)
		if err != nil && !errors.Is(err, keystore.ErrNotFound) || current.AccessKeyID == id {
			return err
		}
	}
	return retiringError{id, of}
}

// retiringError is a key that the unfinished rotation of the key called name is going to delete.
type retiringError struct{ keyID, name string }

func (e retiringError) Error() string {
	return fmt.Sprintf("key %s is about to be deleted at AWS: the rotation of key %q is not finished", mask(e.keyID), e.name)
}
