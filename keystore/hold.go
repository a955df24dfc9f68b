package keystore

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// newHolder returns what has the kernel hold the sealing key of one kind of
// store.
func newHolder(o Options, kind Kind) sealingkey.Holder {
	return sealingkey.Holder{Name: kernelkey.StoreName(string(kind), o.Dir), Life: o.Hold, Debug: o.debug()}
}

// Held returns the digest of the index that the kernel holds with the sealing
// key; ok is false if it holds none, or if the present index has another
// digest.
func (s *Store) Held(ctx context.Context) (index [32]byte, ok bool) {
	v, err := s.settle(ctx)
	if err != nil {
		return index, false
	}
	held, _, ok := v.holder.Get()
	f, _, err := v.index.Load()
	return held.Index, ok && err == nil && held.Index == f.Digest()
}

// SealingKey returns the random key that cached sessions are sealed with, and
// makes one if there is none. All callers, in all processes, get the same key.
// A stored key that cannot be understood is replaced: only cached sessions are
// lost with it.
//
// The kernel may hold the key since an earlier call. It is outdated if other
// programs have changed the store since; see [Store.KeptSealingKey].
func (s *Store) SealingKey(ctx context.Context) ([32]byte, error) {
	v, err := s.settle(ctx)
	if err != nil {
		return [32]byte{}, err
	}
	if held, _, ok := v.holder.Get(); ok {
		v.holder.Debug("sealing key: held by the kernel")
		return held.Key, nil
	}
	if known, ok := v.known(); ok {
		return known.Key, nil
	}
	if v.holder.Life > 0 {
		// Many processes may want the key at once. One reads the store for all:
		// that can cost a passphrase, a dialog or much memory.
		release, err := flock.Lock(ctx, filepath.Join(s.dir, sealingLockName))
		switch {
		case err == nil:
			defer release()
		case ctx.Err() != nil:
			return [32]byte{}, fmt.Errorf("sealing key in %s: %w: another awsexec is reading it: %w", v.backend, ErrLocked, context.Cause(ctx))
		}
		if held, _, ok := v.holder.Get(); ok {
			return held.Key, nil
		}
	}
	return s.KeptSealingKey(ctx)
}

// KeptSealingKey is SealingKey for a caller whose key does not fit: it always
// reads the store, and has the kernel hold what it has read.
func (s *Store) KeptSealingKey(ctx context.Context) ([32]byte, error) {
	v, end, err := s.begin(ctx)
	if err != nil {
		return [32]byte{}, err
	}
	defer end()
	kept, err := s.keptSealing(ctx, v)
	if err == nil {
		v.holder.Put(kept)
	}
	return kept.Key, err
}
