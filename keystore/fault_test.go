package keystore

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// faulty is a keyring that does not do with keys what it reports, like one
// whose dialog was dismissed.
type faulty struct {
	backend.Backend
	backend.Operation
	set1    func(backend.Item, []byte) error
	sealing bool // set1 is for the sealing key too
	delete1 func(backend.Item) error
}

func (f *faulty) Begin() (backend.Operation, func()) { return f, func() {} }

func (f *faulty) Set(ctx context.Context, it backend.Item, secret []byte) error {
	if f.set1 != nil && (f.sealing || it != keyitem.Sealing) {
		return f.set1(it, secret)
	}
	return f.Operation.Set(ctx, it, secret)
}

func (f *faulty) Delete(ctx context.Context, it backend.Item) error {
	if f.delete1 != nil {
		return f.delete1(it)
	}
	return f.Operation.Delete(ctx, it)
}

func faultyStore(t *testing.T) (*Store, *faulty) {
	t.Helper()
	s := openFile(t, testOptions(t.TempDir()))
	f := &faulty{Backend: s.vault.backend}
	f.Operation, _ = f.Backend.Begin()
	s.vault.backend, s.vault.file = f, nil
	return s, f
}

func TestPutSeesThatNothingWasStored(t *testing.T) {
	s, f := faultyStore(t)
	mustPut(t, s, "old", testKey(1))
	for name, set := range map[string]func(backend.Item, []byte) error{
		"nothing stored": func(backend.Item, []byte) error { return nil },
		"another stored": func(it backend.Item, _ []byte) error {
			b, err := keyitem.EncodeKey(testKey(9))
			return errors.Join(err, f.Operation.Set(t.Context(), it, b))
		},
		"refused": func(backend.Item, []byte) error { return ErrRefused },
	} {
		t.Run(name, func(t *testing.T) {
			mustPut(t, s, "old", testKey(1))
			f.set1 = set
			defer func() { f.set1 = nil }()
			if err := s.Put(t.Context(), "old", testKey(2)); !errors.Is(err, ErrRefused) {
				t.Error(err)
			}
			if f, _, err := s.vault.index.Load(); err != nil || f.Keys["old"].AccessKeyID != "" {
				t.Errorf("the index claims to know: %v", err)
			}
			c, err := s.Get(t.Context(), "old")
			id, idErr := s.KeyID(t.Context(), "old")
			if err != nil || idErr != nil || id != c.AccessKeyID {
				t.Errorf("key %q, index %q; %v, %v", c.AccessKeyID, id, err, idErr)
			}
			if _, err := s.SealingKey(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestPutThatFailsListsNothing(t *testing.T) {
	s, f := faultyStore(t)
	f.set1 = func(backend.Item, []byte) error { return nil }
	if err := s.Put(t.Context(), "new", testKey(1)); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	wantNames(t, s)
	// Without an answer nobody knows what was stored: the name stays listed,
	// its key id unknown.
	f.set1 = func(backend.Item, []byte) error { return ErrUnavailable }
	if err := s.Put(t.Context(), "new", testKey(1)); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	wantNames(t, s, "new")
	if _, err := s.KeyID(t.Context(), "new"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	wantNames(t, s)
}

// TestPutRotatingInterrupted checks that there is no key without its journal if
// PutRotating ends half-way, and that another one completes it.
func TestPutRotatingInterrupted(t *testing.T) {
	s, f := faultyStore(t)
	r := Rotation{Old: testKey(1), New: testKey(2), Began: time.Unix(1e9, 0).UTC()}
	f.set1 = func(it backend.Item, secret []byte) error {
		if it == keyitem.OfKey("dev") {
			return ErrUnavailable
		}
		return f.Operation.Set(t.Context(), it, secret)
	}
	if err := s.PutRotating(t.Context(), "dev", testKey(2), r); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	for range 2 {
		if got, err := s.Rotation(t.Context(), "dev"); err != nil || got.New != r.New {
			t.Errorf("journal of %s, %v", got.New.AccessKeyID, err)
		}
		f.set1 = nil
		if err := s.PutRotating(t.Context(), "dev", testKey(2), r); err != nil {
			t.Error(err)
		}
	}
	wantKey(t, s, "dev", testKey(2))
	if list, err := s.List(t.Context()); err != nil || len(list) != 1 || !list[0].Rotating {
		t.Errorf("%v, %v", list, err)
	}
}

// TestNothingIsStoredWithoutSealingKey checks that nothing changes if the
// digest that tells a present index from an earlier one cannot be written.
func TestNothingIsStoredWithoutSealingKey(t *testing.T) {
	s, f := faultyStore(t)
	mustPut(t, s, "dev", testKey(1))
	s.vault.memory.at = time.Time{}
	f.sealing, f.set1 = true, func(backend.Item, []byte) error { return nil }
	for _, err := range []error{s.Put(t.Context(), "dev", testKey(2)), s.Put(t.Context(), "new", testKey(2)), s.Delete(t.Context(), "dev")} {
		if !errors.Is(err, ErrRefused) {
			t.Error(err)
		}
	}
	if err := f.Operation.Delete(t.Context(), keyitem.Sealing); err != nil {
		t.Fatal(err)
	}
	if _, err := s.KeptSealingKey(t.Context()); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	f.set1 = nil
	wantKey(t, s, "dev", testKey(1))
	wantNames(t, s, "dev")
}

func TestDeleteSeesThatNothingWasRemoved(t *testing.T) {
	s, f := faultyStore(t)
	mustPut(t, s, "dev", testKey(1))
	for _, result := range []error{nil, ErrLocked} {
		f.delete1 = func(backend.Item) error { return result }
		want := result
		if want == nil {
			want = ErrRefused
		}
		if err := s.Delete(t.Context(), "dev"); !errors.Is(err, want) {
			t.Error(err)
		}
		wantNames(t, s, "dev")
		wantKey(t, s, "dev", testKey(1))
	}
}

// TestLockHeld checks that a writer waits for the lock as long as its context
// allows, and that a reader that wants to repair the index does without the
// lock.
func TestLockHeld(t *testing.T) {
	s := openFile(t, testOptions(t.TempDir()))
	mustPut(t, s, "dev", testKey(1))
	if err := s.vault.index.Set("dev", ""); err != nil {
		t.Fatal(err)
	}
	release, err := flock.Lock(t.Context(), filepath.Join(s.dir, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, "dev", testKey(2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := s.Delete(ctx, "dev"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	wantKey(t, s, "dev", testKey(1))
}
