package keystore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyring"
)

// Store keeps long-term keys by name. It may be used by many goroutines, and by
// many processes at once on the same directory: writes hold one lock, bounded
// by their context, and never lose each other's changes.
//
// Errors wrap the kinds above and name the key and the store; neither they nor
// debug messages hold a secret. Methods that take a name return [ErrNotFound]
// for one that [CheckName] refuses; Put returns the reason.
type Store struct {
	dir string

	mu       sync.Mutex
	vault    *vault
	fallback *vault // the vault to use if the first has no keyring behind it; nil once that is known
}

// Entry is a name in the index.
type Entry struct {
	Name        string    // of the key
	AccessKeyID string    // "" if only the store itself knows
	Added       time.Time // UTC
	Rotating    bool      // a rotation was started and not finished, as far as the index knows
}

// Kind returns the kind of the store, which is not [KindAuto]: for a store opened
// with that it is final after the first call.
func (s *Store) Kind() Kind { return s.current().kind }

// String names the store in messages: "the OS keyring", the path of the file, or
// the program that is the helper. It is as final as Kind.
func (s *Store) String() string { return s.current().backend.String() }

func (s *Store) current() *vault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vault
}

// begin begins an operation on the vault to use. If that is still open it first
// finds out which one it is.
func (s *Store) begin(ctx context.Context) (v *vault, end func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, end = s.vault.begin()
	if s.fallback == nil {
		return v, end, nil
	}
	absent, err := v.items.(*keyring.Operation).Absent(ctx)
	if err != nil {
		end()
		return nil, nil, fmt.Errorf("%s: %w", v.backend, err)
	}
	if absent {
		end()
		s.vault = s.fallback
		v, end = s.vault.begin()
	}
	s.fallback = nil
	return v, end, nil
}

// settle returns the vault to use, for callers that need none of its items.
func (s *Store) settle(ctx context.Context) (*vault, error) {
	_, end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	end()
	return s.current(), nil
}

// find returns the vault in which to look up name.
func (s *Store) find(ctx context.Context, name string) (*vault, error) {
	if err := known(name); err != nil {
		return nil, err
	}
	return s.settle(ctx)
}

// known returns the ErrNotFound of a name that no key can have, or nil.
func known(name string) error {
	if err := CheckName(name); err != nil {
		return fmt.Errorf("key %w: %w", err, ErrNotFound)
	}
	return nil
}

// change runs f on the vault, under the lock, and names the key in its error.
func (s *Store) change(ctx context.Context, name string, n backend.Need, f func(*vault) error) error {
	v, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return v.explain(name, s.locked(ctx, v, n, func() error { return f(v) }))
}

// changeKey is change for an f that stores or removes the key itself.
func (s *Store) changeKey(ctx context.Context, name string, n backend.Need, f func(*vault) error) error {
	return s.change(ctx, name, n, func(v *vault) error {
		return v.recorded(ctx, true, func() error { return f(v) })
	})
}

// locked runs f while no other process or goroutine changes the store or its
// index. It runs f again, from its start, if f could not go on without a
// person.
func (s *Store) locked(ctx context.Context, v *vault, n backend.Need, f func() error) error {
	return s.lockedWithin(ctx, noLimit, v, n, f)
}

// lockedWithin is locked with a limit on the wait for others.
func (s *Store) lockedWithin(ctx context.Context, wait time.Duration, v *vault, n backend.Need, f func() error) error {
	if err := v.items.Prepare(ctx, n); err != nil {
		return err
	}
	return v.prepared(ctx, n, func() error {
		release, err := s.lockStore(ctx, wait)
		if err != nil {
			return backend.Denied(err)
		}
		defer release()
		err = f()
		v.describe()
		return err
	})
}
