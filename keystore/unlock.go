package keystore

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// unlockName returns the name of the key that the kernel holds while a store is
// unlocked.
func unlockName(kind Kind, dir string) string {
	return kernelkey.StoreName(string(kind)+" unlocked", dir)
}

// Unlock makes the store usable without its passphrase, or an identity, for life,
// by what the kernel holds, and returns when that ends.
//
// Until then every process of the user can read an encrypted file; a process
// that writes to one with a passphrase still needs that. Unlock itself always
// needs the passphrase or an identity. Of a keyring only the sealing key is held: sessions in the
// cache can be used, and new ones still need the keyring. If the kernel holds
// nothing the error is [ErrNotHeld].
func (s *Store) Unlock(ctx context.Context, life time.Duration) (until time.Time, err error) {
	v, end, err := s.begin(ctx)
	if err != nil {
		return until, err
	}
	defer end()
	if until, err = s.unlock(ctx, v, life); err != nil {
		return until, fmt.Errorf("unlock %s: %w", v.backend, err)
	}
	return until, nil
}

func (s *Store) unlock(ctx context.Context, v *vault, life time.Duration) (until time.Time, err error) {
	if v.holder.Life <= 0 {
		return until, fmt.Errorf("%w: holding keys is switched off", ErrNotHeld)
	}
	// Do not ask a person in vain. Some containers may read keys but
	// not add any: only a trial shows that.
	trial := v.holder.Name + " trial"
	if err := cmp.Or(kernelkey.Put(trial, nil, time.Second), kernelkey.Drop(trial)); err != nil {
		return until, err
	}
	name := unlockName(v.kind, s.dir)
	if v.file != nil {
		if err := s.locked(ctx, v, backend.ToProve, func() error { return v.file.Unlock(ctx, life) }); err != nil {
			return until, err
		}
	}
	kept, err := s.keptSealing(ctx, v)
	if err != nil {
		return until, err
	}
	if v.file == nil {
		if err := kernelkey.Put(name, nil, life); err != nil { // only a mark
			return until, err
		}
	}
	if err := kernelkey.PutSealing(v.holder.Name, kept, life); err != nil {
		return until, err
	}
	_, until, err = kernelkey.Get(name)
	return until, err
}

// UnlockedUntil returns when the effect of Unlock ends; ok is false if the
// store is not unlocked in that way.
func (s *Store) UnlockedUntil(ctx context.Context) (until time.Time, ok bool) {
	v, err := s.settle(ctx)
	if err != nil || v.holder.Life <= 0 {
		return until, false
	}
	_, until, err = kernelkey.Get(unlockName(v.kind, s.dir))
	if err != nil {
		return time.Time{}, false
	}
	if v.file != nil && !v.file.Unlocked() {
		return time.Time{}, false // the file has changed since
	}
	return until, true
}

// Lock undoes Unlock, and makes the kernel forget everything that it holds for
// a store of any kind in o.Dir. It needs neither keyring nor passphrase.
func Lock(o Options) error {
	copied := unlockedCopy(o)
	err := copied.Remove()
	if FileExists(o) {
		tidyUnlocked(ownfile.Dir(o.Dir))
	}
	kinds, listErr := kinds(o.Dir)
	for _, kind := range kinds {
		err = cmp.Or(err, newHolder(o, kind).Drop(), kernelkey.Drop(unlockName(kind, o.Dir)))
	}
	return cmp.Or(err, listErr)
}

// tidyUnlocked removes what a killed process has left of an unlocked copy, unless
// another process is changing the store.
func tidyUnlocked(dir ownfile.Dir) {
	f, err := dir.OpenFile(lockName)
	if err != nil {
		return
	}
	defer f.Close()
	if free, err := flock.Try(f); err == nil && free {
		dir.Tidy(unlockedName)
	}
}
