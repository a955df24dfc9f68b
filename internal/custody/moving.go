package custody

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// Moving moves keys from one store to another in the same directory, each with
// the journal of its rotation if that is not finished and with its TOTP secret. At any time each key is
// in one of them at least, and a second run finishes what the first has begun.
type Moving struct {
	From, To *keystore.Store
	Patience time.Duration // for other processes that change one of the keys

	// Replace lets a key take the place of another one that To has under its
	// name.
	Replace bool

	// Switched says that To has been the store in use since an earlier run: a
	// key that both have may have changed only there.
	Switched bool

	// Switch is called once To has all keys, and before any is removed from
	// From.
	Switch func() error

	// Waiting is called when a store is waited for, and done afterwards.
	Waiting func(*keystore.Store) (done func())
}

// OtherKeyError is the error for a key that cannot be moved, because the store
// that it is to be moved to has another one under its name.
type OtherKeyError struct {
	Name, KeyID string // of the other key
	To          *keystore.Store
	From        keystore.Kind // where the key stays
	Switched    bool
}

func (e *OtherKeyError) Error() string {
	return fmt.Sprintf("%s has another key under %q (%s)", e.To, e.Name, visible.KeyID(e.KeyID))
}

// OtherTOTPError is the error for a key that cannot be moved, because the store that
// it is to be moved to has another TOTP secret beside it.
type OtherTOTPError struct {
	Name string
	To   *keystore.Store
}

func (e *OtherTOTPError) Error() string {
	return fmt.Sprintf("%s has another TOTP secret beside key %q", e.To, e.Name)
}

// movable is a key that is being moved.
type movable struct {
	name    string
	key     aws.Credentials
	journal *keystore.Rotation // nil if it has none
	totp    []byte             // the TOTP secret beside it; nil if it has none
	added   time.Time          // to From; zero if that is not known
}

// Move moves the keys called names, and returns the names of those that From had.
// A name that only To has was moved before. If the error is not about the
// removal of keys, nothing was removed.
func (m Moving) Move(ctx context.Context, names []string) (moved []string, err error) {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	release, err := m.lockNames(ctx, names)
	defer release()
	if err != nil {
		return nil, err
	}
	added, err := m.added(ctx)
	if err != nil {
		return nil, err
	}
	var keys []movable
	for _, name := range names {
		k, found, err := m.read(ctx, name)
		if err != nil {
			return nil, err
		}
		k.added = added[name]
		if found {
			keys = append(keys, k)
		}
	}
	releaseIDs, err := m.lockIDs(ctx, keys)
	defer releaseIDs()
	if err != nil {
		return nil, err
	}
	for _, k := range keys { // before anything is changed
		if _, err := m.place(ctx, k); err != nil {
			return nil, err
		}
	}
	for _, k := range keys {
		if err := m.copy(ctx, k); err != nil {
			return nil, err
		}
	}
	if err := m.Switch(); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if err := m.remove(ctx, k); err != nil {
			return moved, err
		}
		moved = append(moved, k.name)
	}
	return moved, nil
}

// added returns when each key was added to From.
func (m Moving) added(ctx context.Context) (map[string]time.Time, error) {
	entries, err := m.From.List(ctx)
	if err != nil {
		return nil, err
	}
	added := map[string]time.Time{}
	for _, e := range entries {
		added[e.Name] = e.Added
	}
	return added, nil
}

// lockNames takes the locks of all names in both stores, in the order of names
// and kinds, so that two that move keys in opposite directions do not wait for
// each other forever.
func (m Moving) lockNames(ctx context.Context, names []string) (release func(), err error) {
	stores := []*keystore.Store{m.From, m.To}
	slices.SortFunc(stores, func(a, b *keystore.Store) int { return cmp.Compare(a.Kind(), b.Kind()) })
	var held releases
	for _, name := range names {
		for _, s := range stores {
			release, err := Locks{s, m.Patience}.LockKey(ctx, name)
			if err != nil {
				return held.release, err
			}
			held = append(held, release)
		}
	}
	return held.release, nil
}

func (m Moving) lockIDs(ctx context.Context, keys []movable) (release func(), err error) {
	var ids []string
	for _, k := range keys {
		ids = append(ids, k.key.AccessKeyID)
	}
	slices.Sort(ids)
	var held releases
	for _, id := range slices.Compact(ids) {
		release, err := Locks{m.To, m.Patience}.LockKeyID(ctx, id)
		if err != nil {
			return held.release, err
		}
		held = append(held, release)
	}
	return held.release, nil
}

type releases []func()

func (r releases) release() {
	for _, release := range slices.Backward(r) {
		release()
	}
}

// read reads a key and its journal; found is false if only To has the key.
func (m Moving) read(ctx context.Context, name string) (k movable, found bool, err error) {
	k, err = m.kept(ctx, m.From, name)
	if !errors.Is(err, keystore.ErrNotFound) {
		return k, err == nil, err
	}
	if _, there := m.kept(ctx, m.To, name); there == nil {
		return k, false, nil
	}
	return k, false, err
}

// kept returns what a store has under name.
func (m Moving) kept(ctx context.Context, s *keystore.Store, name string) (movable, error) {
	defer m.Waiting(s)()
	return keptIn(ctx, s, name)
}

// place reports whether To has k already. The error is an [*OtherKeyError] if it
// has another key, which may not be replaced.
func (m Moving) place(ctx context.Context, k movable) (has bool, err error) {
	there, err := m.kept(ctx, m.To, k.name)
	switch {
	case errors.Is(err, keystore.ErrNotFound), errors.Is(err, keystore.ErrCorrupt) && m.Replace:
		return false, nil
	case err != nil:
		return false, err
	case there.key == k.key && k.totp != nil && there.totp != nil && !bytes.Equal(there.totp, k.totp) && !m.Replace && !m.Switched:
		return false, &OtherTOTPError{k.name, m.To}
	case there.key == k.key:
		return true, nil
	case !m.Replace || m.Switched:
		return false, &OtherKeyError{Name: k.name, KeyID: there.key.AccessKeyID, To: m.To, From: m.From.Kind(), Switched: m.Switched}
	case there.journal != nil:
		return false, fmt.Errorf("key %q in %s: its rotation is not finished, so it cannot be replaced", k.name, m.To)
	}
	return false, nil
}

// copy puts k into To and reads it back.
func (m Moving) copy(ctx context.Context, k movable) error {
	has, err := m.place(ctx, k)
	if err != nil {
		return err
	}
	if has && m.Switched { // its journal may have been used up there
		return nil
	}
	defer m.Waiting(m.To)()
	if !has {
		if err := m.To.Put(ctx, k.name, k.key); err != nil {
			return err
		}
	}
	if !k.added.IsZero() {
		if err := m.To.SetAdded(ctx, k.name, k.added); err != nil {
			return err
		}
	}
	if k.journal != nil {
		if err := m.To.PutRotation(ctx, k.name, *k.journal); err != nil {
			return err
		}
	}
	if err := m.copyTOTP(ctx, k, has); err != nil {
		return err
	}
	return m.readBack(ctx, k)
}

// copyTOTP puts the TOTP secret of k into To. A key that took the place of another one
// does not get the secret of that.
func (m Moving) copyTOTP(ctx context.Context, k movable, has bool) error {
	if k.totp != nil {
		return m.To.PutTOTP(ctx, k.name, k.totp)
	}
	if has {
		return nil
	}
	if err := m.To.RemoveTOTP(ctx, k.name); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	return nil
}

// readBack returns an error if To does not give back k.
func (m Moving) readBack(ctx context.Context, k movable) error {
	back, err := m.kept(ctx, m.To, k.name)
	journal := back.journal
	switch {
	case err != nil:
		return fmt.Errorf("read back: %w", err)
	case back.key != k.key || k.totp != nil && !bytes.Equal(back.totp, k.totp) || k.journal != nil && (journal == nil || journal.Old != k.journal.Old || journal.New != k.journal.New):
		return fmt.Errorf("key %q in %s: %w: what it gives back is not what was stored", k.name, m.To, keystore.ErrRefused)
	}
	return nil
}

// remove removes k from From.
func (m Moving) remove(ctx context.Context, k movable) error {
	defer m.Waiting(m.From)()
	if err := m.From.Delete(ctx, k.name); err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return fmt.Errorf("%s has it now, but the copy is still there: %w", m.To, err)
	}
	return nil
}
