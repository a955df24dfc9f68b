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

// get returns what is held, and until when; ok is false if nothing is.
func (h holder) get() (held sealing, until time.Time, ok bool) {
	if h.life <= 0 {
		return held, until, false
	}
	held, until, err := kernelkey.GetSealing(h.name)
	if err != nil && !errors.Is(err, kernelkey.ErrAbsent) {
		h.debug("sealing key: %v", err)
	}
	return held, until, err == nil
}

// put has s held, if the kernel does such things. Where it does not, the store is read each time. What is held although nothing is to be is
// replaced all the same, since others use it.
func (h holder) put(s sealing) {
	life := h.life
	if _, until, err := kernelkey.GetSealing(h.name); err == nil { // in place of one that may have been given longer
		life = max(life, time.Until(until))
	}
	if life < time.Second {
		return
	}
	if err := kernelkey.PutSealing(h.name, s, life); err != nil {
		h.debug("sealing key: %v", err)
	}
}

// replace is put where something is held, and does nothing where nothing is.
func (h holder) replace(s sealing) {
	if _, _, err := kernelkey.GetSealing(h.name); err == nil {
		h.put(s)
	}
}

// Held returns the digest of the index that the kernel holds with the sealing key; ok is false if it holds none, or if that is not the index that
// is there now.
func (s *Store) Held(ctx context.Context) (index [32]byte, ok bool) {
	v, err := s.settle(ctx)
	if err != nil {
		return index, false
	}
	held, _, ok := v.holder.get()
	f, _, err := v.index.load()
	return held.Index, ok && err == nil && held.Index == f.digest()
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
	if held, _, ok := v.holder.get(); ok {
		v.holder.debug("sealing key: held by the kernel")
		return held.Key, nil
	}
	if known, ok := v.known(); ok {
		return known.Key, nil
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
		if held, _, ok := v.holder.get(); ok {
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
		v.holder.put(kept)
	}
	return kept.Key, err
}
