package keystore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/flock"
)

// LockKey lets one process at a time change the key kept under name. Whoever
// changes it holds the lock from before it looks at the key until everything is
// done, at AWS too. The contract is that of flock.Lock.
//
// A caller that needs several of these locks takes them in the order of their
// names, and those of LockKeyID after them.
func (s *Store) LockKey(ctx context.Context, name string) (release func(), err error) {
	v, err := s.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.lock(ctx, string(v.kind)+"/"+name)
}

// LockKeyID is LockKey for the key with the id keyID, under whatever names and
// in whichever kinds of store of this directory it is kept. Whoever stores the
// key, or deletes it at AWS, holds the lock.
func (s *Store) LockKeyID(ctx context.Context, keyID string) (release func(), err error) {
	return s.lock(ctx, "id/"+keyID)
}

// noLimit is a wait that only the context bounds.
const noLimit = time.Duration(0)

var errBusy = errors.New("another awsexec is changing the store")

// lockStore takes the lock of the store and its index. The error wraps errBusy
// if others held it for all of wait.
func (s *Store) lockStore(ctx context.Context, wait time.Duration) (release func(), err error) {
	if wait != noLimit {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, wait, errBusy)
		defer cancel()
	}
	return flock.Lock(ctx, filepath.Join(s.dir, lockName))
}

func (s *Store) lock(ctx context.Context, what string) (release func(), err error) {
	sum := sha256.Sum256([]byte(what))
	release, err = flock.Lock(ctx, filepath.Join(s.dir, "locks", hex.EncodeToString(sum[:16])))
	return release, backend.Denied(err)
}
