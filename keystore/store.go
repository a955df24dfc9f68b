package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyring"
)

var sealingItem = backend.Item{Service: "awsexec-cache", Name: "sealing-key"}

func keyItem(name string) backend.Item { return backend.Item{Service: "awsexec", Name: name} }

// preparations bounds how often a human is asked in one operation.
const preparations = 3

// vault is a backend with the index of its names.
type vault struct {
	kind    Kind
	backend backend.Backend
	items   backend.Operation // nil outside of an operation
	keyring *keyring.Keyring  // the same as backend; nil for a file
	file    *agefile.File     // the same as backend; nil for a keyring
	index   index
	holder  holder
	memory  *memory
}

// Store keeps long-term keys by name. It may be used by many goroutines, and by many processes at once on the same
// directory: writes hold one lock, bounded by their context, and lose nothing of each other.
//
// Methods that take a name return [ErrNotFound] for one that [CheckName] refuses, but Put, which returns the reason alone.
type Store struct {
	dir string

	mu       sync.Mutex
	vault    *vault
	fallback *vault // what to use if vault has no keyring behind it; nil once that is settled
}

// Entry is a name in the index.
type Entry struct {
	Name        string
	AccessKeyID string    // "" when only the store itself knows
	Added       time.Time // UTC
	Rotating    bool      // a rotation was begun and not ended, as far as the index knows
}

// Kind is [KindKeyring] or [KindFile]. For a store opened with [KindAuto] it is right after the first call.
func (s *Store) Kind() Kind { return s.current().kind }

// String names the store in messages: "the OS keyring", or the path of the file. It is as sure as Kind.
func (s *Store) String() string { return s.current().backend.String() }

func (s *Store) current() *vault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.vault
}

// begin begins an operation on the vault to use, finding out first which one it is when that is still open.
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

// settle returns the vault to use, for what needs none of its items.
func (s *Store) settle(ctx context.Context) (*vault, error) {
	_, end, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	end()
	return s.current(), nil
}

// begin begins an operation on the items of v.
func (v *vault) begin() (*vault, func()) {
	during := *v
	var end func()
	during.items, end = v.backend.Begin()
	return &during, end
}

// Get returns the key kept under name. It reads the keyring or the file, and repairs the index where that knew otherwise.
func (s *Store) Get(ctx context.Context, name string) (aws.Credentials, error) {
	if err := known(name); err != nil {
		return aws.Credentials{}, err
	}
	v, end, err := s.begin(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	defer end()
	c, err := v.read(ctx, name)
	if (err == nil || errors.Is(err, ErrNotFound)) && !v.agrees(name, c.AccessKeyID) {
		s.repairEntry(ctx, v, name)
	}
	return c, v.explain(name, err)
}

// KeyID returns the access key id of the key kept under name. It comes from the index, without a look into the keyring or
// the file, unless the index does not know, or does not describe the store any more. It is then made anew from the store.
func (s *Store) KeyID(ctx context.Context, name string) (string, error) {
	v, err := s.find(ctx, name)
	if err != nil {
		return "", err
	}
	if f, err := s.agreed(ctx, v, name); err == nil && f.Keys[name].AccessKeyID != "" {
		return f.Keys[name].AccessKeyID, nil
	} else if err != nil {
		v.holder.debug("index of %s: %v", v.backend, err)
	}
	c, err := s.Get(ctx, name)
	return c.AccessKeyID, err
}

// Put keeps c under name in place of whatever is there, then reads it back: a nil error means that it has been seen in the
// store. Only long-term keys are kept: credentials with a session token are an error, and so is a name that [CheckName] refuses.
//
// Interrupted at any point, it leaves the old key or the new one, and an index that knows which or says that it does not.
func (s *Store) Put(ctx context.Context, name string, c aws.Credentials) error {
	if err := CheckName(name); err != nil {
		return err
	}
	secret, err := encodeValue(c)
	if err != nil {
		return fmt.Errorf("key %q: %w", name, err)
	}
	defer clear(secret)
	return s.changeKey(ctx, name, backend.ToCreate, func(v *vault) error {
		// Nothing is touched unless the store can be read.
		_, err := v.items.Get(ctx, keyItem(name))
		isNew := errors.Is(err, ErrNotFound)
		if err != nil && !isNew {
			return err
		}
		if err := v.index.set(name, ""); err != nil {
			return err
		}
		if err := v.setAndCheck(ctx, keyItem(name), secret); err != nil {
			if isNew && !errors.Is(err, ErrUnavailable) {
				if _, gone := v.items.Get(ctx, keyItem(name)); errors.Is(gone, ErrNotFound) {
					return errors.Join(err, v.index.drop(name))
				}
			}
			return err
		}
		return v.index.set(name, c.AccessKeyID)
	})
}

// Delete removes the key kept under name with the journal of its rotation, and makes sure that they are gone. The error is [ErrNotFound] if there was none;
// the index then forgets the name too.
func (s *Store) Delete(ctx context.Context, name string) error {
	if err := known(name); err != nil {
		return err
	}
	return s.changeKey(ctx, name, backend.ToWrite, func(v *vault) error {
		if err := v.endRotation(ctx, name); err != nil {
			return err
		}
		f, _, err := v.index.load()
		if err != nil {
			return err
		}
		if _, listed := f.Keys[name]; listed {
			if err := v.index.set(name, ""); err != nil {
				return err
			}
		}
		gone := v.items.Delete(ctx, keyItem(name))
		if gone != nil && !errors.Is(gone, ErrNotFound) {
			return gone
		}
		if gone == nil {
			switch _, err := v.items.Get(ctx, keyItem(name)); {
			case err == nil:
				return fmt.Errorf("%w: it is still there after its removal", ErrRefused)
			case !errors.Is(err, ErrNotFound):
				return err
			}
		}
		return errors.Join(gone, v.index.drop(name))
	})
}

// List returns the names in the index, sorted. It reads neither the keyring nor the file unless the index is seen not to describe them any
// more, and asks for no passphrase: where that would be needed, the key ids are "". What others than this package have changed in a keyring
// is not seen.
func (s *Store) List(ctx context.Context) ([]Entry, error) {
	v, err := s.settle(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.listed(ctx, v)
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(f.Keys))
	for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
		key := f.Keys[name]
		list = append(list, Entry{Name: name, AccessKeyID: key.AccessKeyID, Added: key.Added, Rotating: key.Rotating})
	}
	return list, nil
}

// keptSealing reads the sealing key of v, making it if there is none that can be used.
func (s *Store) keptSealing(ctx context.Context, v *vault) (sealing, error) {
	kept, ok, err := v.readSealing(ctx)
	if err == nil && !ok {
		err = s.locked(ctx, v, backend.ToCreate, func() (err error) {
			if kept, ok, err = v.sealing(ctx); err != nil || ok {
				return err
			}
			v.holder.forget()
			return v.keep(ctx, newSealing())
		})
		if err == nil {
			kept, _, err = v.readSealing(ctx)
		}
	}
	if err != nil {
		return sealing{}, fmt.Errorf("sealing key in %s: %w", v.backend, err)
	}
	return kept, nil
}

// find settles the vault to look up name in.
func (s *Store) find(ctx context.Context, name string) (*vault, error) {
	if err := known(name); err != nil {
		return nil, err
	}
	return s.settle(ctx)
}

// known returns the ErrNotFound of a name that no key can have.
func known(name string) error {
	if err := CheckName(name); err != nil {
		return fmt.Errorf("key %w: %w", err, ErrNotFound)
	}
	return nil
}

// change runs f on the vault under the lock and names the key in its error.
func (s *Store) change(ctx context.Context, name string, n backend.Need, f func(*vault) error) error {
	v, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return v.explain(name, s.locked(ctx, v, n, func() error { return f(v) }))
}

// changeKey is change for f that puts or removes the key itself.
func (s *Store) changeKey(ctx context.Context, name string, n backend.Need, f func(*vault) error) error {
	return s.change(ctx, name, n, func(v *vault) error {
		return v.recorded(ctx, true, func() error { return f(v) })
	})
}

// locked runs f while no other process or goroutine changes the store or its index. It may run f again, from its beginning, after one that
// could not go on without a human.
func (s *Store) locked(ctx context.Context, v *vault, n backend.Need, f func() error) error {
	return s.lockedWithin(ctx, noLimit, v, n, f)
}

// lockedWithin is locked with a limit to the wait for others.
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

// prepared runs f, and again when it could not go on without a human and one has done what was needed.
func (v *vault) prepared(ctx context.Context, n backend.Need, f func() error) error {
	for range preparations {
		if err := f(); !errors.Is(err, backend.ErrUnprepared) {
			return err
		}
		if err := v.items.Prepare(ctx, n); err != nil {
			return err
		}
	}
	return f()
}

// repairTime bounds the wait for the lock to repair one entry of the index, which can as well be done next time.
const repairTime = 200 * time.Millisecond

// repairEntry makes the index agree with the backend about name. What the caller saw may be old by the time the lock is got, so the
// backend is asked again. Failure leaves the index as it was: a reader has its answer all the same.
func (s *Store) repairEntry(ctx context.Context, v *vault, name string) {
	release, err := s.lockStore(ctx, repairTime)
	if err != nil {
		return
	}
	defer release()
	if v.file != nil {
		v.describe()
		return
	}
	_ = v.recorded(ctx, false, func() error {
		f, damaged, err := v.index.load()
		if err != nil {
			return err
		}
		if f.Keys[name].AccessKeyID != "" { // others than this package have changed the store, and who knows what else of it
			fresh, err := v.survey(ctx, v.get, f, name)
			if err != nil {
				return err
			}
			return v.index.save(fresh, damaged)
		}
		switch c, err := v.get(ctx, name); {
		case err == nil:
			return v.index.set(name, c.AccessKeyID)
		case errors.Is(err, ErrNotFound):
			return v.index.drop(name)
		default:
			return err
		}
	})
}

// read is get for who holds no lock: a human is asked where one is needed.
func (v *vault) read(ctx context.Context, name string) (c aws.Credentials, err error) {
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		c, err = v.get(ctx, name)
		return err
	})
	return c, err
}

func (v *vault) get(ctx context.Context, name string) (aws.Credentials, error) {
	secret, err := v.items.Get(ctx, keyItem(name))
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(secret)
	return decodeValue(secret)
}

// agrees reports whether the index says of name what the backend said: accessKeyID, or "" for no key.
func (v *vault) agrees(name, accessKeyID string) bool {
	f, _, err := v.index.load()
	if err != nil {
		return true // an index that cannot be read cannot be repaired
	}
	key, listed := f.Keys[name]
	return key.AccessKeyID == accessKeyID && listed == (accessKeyID != "")
}

// setAndCheck stores secret and reads it back.
func (v *vault) setAndCheck(ctx context.Context, it backend.Item, secret []byte) error {
	if err := v.items.Set(ctx, it, secret); err != nil {
		return err
	}
	got, err := v.items.Get(ctx, it)
	defer clear(got)
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("%w: it is not there after it was stored", ErrRefused)
	case err != nil:
		return fmt.Errorf("read back: %w", err)
	case !bytes.Equal(got, secret):
		return fmt.Errorf("%w: something else is there after it was stored", ErrRefused)
	}
	return nil
}

// explain names the key and the store in err.
func (v *vault) explain(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("key %q in %s: %w", name, v.backend, err)
}
