package keystore

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

func newHolder(o Options, kind Kind) sealingkey.Holder {
	return sealingkey.Holder{Name: kernelkey.StoreName(string(kind), o.Dir), Life: o.Hold, Debug: o.debug()}
}

// Held returns the digest of the index that the kernel holds with the sealing key; ok is false if it holds none, or if that is not the index that
// is there now.
func (s *Store) Held(ctx context.Context) (index [32]byte, ok bool) {
	v, err := s.settle(ctx)
	if err != nil {
		return index, false
	}
	held, _, ok := v.holder.Get()
	f, _, err := v.index.Load()
	return held.Index, ok && err == nil && held.Index == f.Digest()
}

// SealingKey returns the random key that cached sessions are sealed with, making it if there is none. All callers, in all
// processes, get the same one. One that cannot be understood is replaced: only cached sessions are lost with it.
//
// It may be one that the kernel holds since an earlier call, and out of date if others than this package have changed the store
// since; see [Store.KeptSealingKey].
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
		// Many processes may want it at once. One reads the store, which can cost a passphrase, a dialog or much memory, for all.
		release, err := flock.Lock(ctx, filepath.Join(s.dir, sealingLockName))
		switch {
		case err == nil:
			defer release()
		case ctx.Err() != nil:
			return [32]byte{}, fmt.Errorf("sealing key in %s: %w: another awsexec waits for it: %w", v.backend, ErrLocked, context.Cause(ctx))
		}
		if held, _, ok := v.holder.Get(); ok {
			return held.Key, nil
		}
	}
	return s.KeptSealingKey(ctx)
}

// KeptSealingKey is SealingKey for who finds that its key does not fit: it always reads the store. The kernel is to hold what is
// read.
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

// keptSealing reads the sealing key of v. If there is none that can be used it makes one.
func (s *Store) keptSealing(ctx context.Context, v *vault) (kernelkey.Sealing, error) {
	kept, ok, err := v.readSealing(ctx)
	if err == nil && !ok {
		err = s.locked(ctx, v, backend.ToCreate, func() (err error) {
			if kept, ok, err = v.sealing(ctx); err != nil || ok {
				return err
			}
			v.holder.Forget()
			return v.keep(ctx, sealingkey.New())
		})
		if err == nil {
			kept, _, err = v.readSealing(ctx)
		}
	}
	if err != nil {
		return kernelkey.Sealing{}, fmt.Errorf("sealing key in %s: %w", v.backend, err)
	}
	return kept, nil
}
