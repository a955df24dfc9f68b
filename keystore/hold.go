package keystore

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/kernelkey"
)

// holder has the kernel hold the sealing key of one vault.
type holder struct {
	name  string
	life  time.Duration // 0: nothing is held
	debug func(format string, args ...any)
}

func newHolder(o Options, kind Kind) holder {
	return holder{name: kernelkey.StoreName(string(kind), o.Dir), life: o.Hold, debug: o.debug()}
}

// get returns the key that is held, and until when; ok is false if none is.
func (h holder) get() (key [32]byte, until time.Time, ok bool) {
	if h.life <= 0 {
		return key, until, false
	}
	key, until, err := kernelkey.Get(h.name)
	if err != nil && !errors.Is(err, kernelkey.ErrAbsent) {
		h.debug("sealing key: %v", err)
	}
	return key, until, err == nil
}

// put has key held, if the kernel does such things. Where it does not, the store is read each time.
func (h holder) put(key [32]byte) {
	if h.life <= 0 {
		return
	}
	life := h.life
	if _, until, ok := h.get(); ok { // in place of one that may have been given longer
		life = max(life, time.Until(until))
	}
	if err := kernelkey.Put(h.name, key, life); err != nil {
		h.debug("sealing key: %v", err)
	}
}

// drop ends the holding.
func (h holder) drop() error { return kernelkey.Drop(h.name) }

// forget is drop for who is about to make a new sealing key. A failure costs no more than sessions that are sealed once more.
func (h holder) forget() {
	if err := h.drop(); err != nil {
		h.debug("sealing key: %v", err)
	}
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
	if key, _, ok := v.holder.get(); ok {
		v.holder.debug("sealing key: held by the kernel")
		return key, nil
	}
	if v.holder.life > 0 {
		// Many processes may want it at once. One reads the store, which can cost a passphrase, a dialog or much memory, for all.
		release, err := flock.Lock(ctx, filepath.Join(s.dir, sealingLockName))
		switch {
		case err == nil:
			defer release()
		case ctx.Err() != nil:
			return [32]byte{}, fmt.Errorf("sealing key in %s: %w: another awsexec waits for it: %w", v.backend, ErrLocked, context.Cause(ctx))
		}
		if key, _, ok := v.holder.get(); ok {
			return key, nil
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
	key, err := s.keptSealingKey(ctx, v)
	if err == nil {
		v.holder.put(key)
	}
	return key, err
}
