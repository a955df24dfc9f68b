package keystore

import (
	"context"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// testRotation is a rotation of test key 1 to test key 2.
func testRotation(made bool) Rotation {
	r := Rotation{Old: testKey(1), Before: []string{testKey(1).AccessKeyID}, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	if made {
		r.New = testKey(2)
	}
	return r
}

// wantRotating fails unless the index says so of name.
func wantRotating(t *testing.T, s *Store, name string, want bool) {
	t.Helper()
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Name == name && e.Rotating != want {
			t.Errorf("the index says %v of the rotation of %q", e.Rotating, name)
		}
	}
}

func wantNoRotation(t *testing.T, s *Store, name string) {
	t.Helper()
	if _, err := s.Rotation(t.Context(), name); !errors.Is(err, ErrNotFound) {
		t.Errorf("rotation of %q: %v", name, err)
	}
	wantRotating(t, s, name, false)
}

// rotation checks a whole rotation, each step as another process sees it.
func rotation(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	mustPut(t, c.Store, "other", testKey(3))
	wantNoRotation(t, c.Store, "dev")
	for _, made := range []bool{false, true} {
		if err := c.PutRotation(t.Context(), "dev", testRotation(made)); err != nil {
			t.Fatal(err)
		}
		got, err := c.open(t).Rotation(t.Context(), "dev")
		if err != nil || !reflect.DeepEqual(got, testRotation(made)) {
			t.Errorf("the journal is not what was stored: %v", err)
		}
		wantKey(t, c.open(t), "dev", testKey(1))
		wantRotating(t, c.Store, "dev", true)
		wantRotating(t, c.Store, "other", false)
	}
	if err := c.Replace(t.Context(), "dev", testKey(1).AccessKeyID, testKey(2)); err != nil {
		t.Fatal(err)
	}
	wantKey(t, c.open(t), "dev", testKey(2))
	if id, err := c.open(t).KeyID(t.Context(), "dev"); err != nil || id != testKey(2).AccessKeyID {
		t.Errorf("KeyID is %q, %v", id, err)
	}
	wantRotating(t, c.Store, "dev", true)
	for range 2 {
		if err := c.EndRotation(t.Context(), "dev"); err != nil {
			t.Error(err)
		}
		wantNoRotation(t, c.Store, "dev")
	}
	wantKey(t, c.Store, "dev", testKey(2))
	wantNames(t, c.Store, "dev", "other")

	// What is removed takes its journal along; an index that was lost hides
	// neither.
	r := testRotation(true)
	r.Old = testKey(2)
	if err := os.Remove(c.indexPath(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.PutRotation(t.Context(), "dev", r); err != nil {
		t.Fatal(err)
	}
	if c.kind == KindFile {
		wantNames(t, c.Store, "dev", "other")
	} else { // which cannot be asked for its names
		wantNames(t, c.Store, "dev")
	}
	wantRotating(t, c.Store, "dev", true)
	if err := c.Delete(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	wantNoRotation(t, c.Store, "dev")
	noSecretIn(t, c.dir)
}

// rotationOfAnother checks that a rotation does nothing to a key other than the
// one to be rotated.
func rotationOfAnother(t *testing.T, c *contractStore) {
	for _, use := range []func(name string) error{
		func(name string) error { return c.PutRotation(t.Context(), name, testRotation(true)) },
		func(name string) error { return c.Replace(t.Context(), name, testKey(1).AccessKeyID, testKey(2)) },
	} {
		if err := use("none"); !errors.Is(err, ErrNotFound) {
			t.Errorf("no key: %v", err)
		}
		mustPut(t, c.Store, "dev", testKey(9))
		if err := use("dev"); !errors.Is(err, ErrChanged) {
			t.Errorf("another key: %v", err)
		}
		wantKey(t, c.Store, "dev", testKey(9))
		wantNoRotation(t, c.Store, "dev")
	}
	if err := itemsOf(t, c.Store).Set(t.Context(), keyitem.OfJournal("dev"), []byte(marker)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Rotation(t.Context(), "dev"); !errors.Is(err, ErrCorrupt) || strings.Contains(err.Error(), marker) {
		t.Errorf("a foreign item: %v", err)
	}
	for _, name := range []string{"", "a[b"} {
		_, err := c.Rotation(t.Context(), name)
		for _, err := range []error{err, c.EndRotation(t.Context(), name)} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("name %q: %v", name, err)
			}
		}
	}
	big := testRotation(false)
	big.Old.SecretAccessKey += strings.Repeat("/", keyitem.MaxSize)
	if err := c.PutRotation(t.Context(), "dev", big); !errors.Is(err, ErrTooBig) {
		t.Error(err)
	}
	session := aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: marker, SessionToken: marker}
	if err := c.Replace(t.Context(), "dev", testKey(9).AccessKeyID, session); err == nil || strings.Contains(err.Error(), marker) {
		t.Errorf("a session: %v", err)
	}
}

func keyTurns(t *testing.T, c *contractStore) {
	other := c.open(t)
	for name, tt := range map[string]struct {
		lock, same, another func(ctx context.Context) (func(), error)
	}{
		"name": {
			func(ctx context.Context) (func(), error) { return c.LockKey(ctx, "dev") },
			func(ctx context.Context) (func(), error) { return other.LockKey(ctx, "dev") },
			func(ctx context.Context) (func(), error) { return other.LockKey(ctx, "other") },
		},
		"id": {
			func(ctx context.Context) (func(), error) { return c.LockKeyID(ctx, "AKIA1") },
			func(ctx context.Context) (func(), error) { return other.LockKeyID(ctx, "AKIA1") },
			func(ctx context.Context) (func(), error) { return other.LockKeyID(ctx, "AKIA2") },
		},
	} {
		release, err := tt.lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held := errors.New("held")
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, held)
		defer cancel()
		if _, err := tt.same(ctx); !errors.Is(err, held) {
			t.Errorf("%s: a second one: %v", name, err)
		}
		for _, lock := range []func(context.Context) (func(), error){tt.another, func(ctx context.Context) (func(), error) {
			release()
			return tt.same(ctx)
		}} {
			release, err := lock(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			release()
		}
	}
}

// copies checks that what this store has counts, not what its index says. Of
// the other stores of the directory the indexes are all there is.
func copies(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	mustPut(t, c.Store, "prod", testKey(2))
	mustPut(t, c.Store, "copy", testKey(1))
	if err := c.vault.index.Set("prod", testKey(1).AccessKeyID); err != nil {
		t.Fatal(err)
	}
	other := KindFile
	if c.Kind() == KindFile {
		other = KindKeyring
	}
	for _, kind := range []Kind{other, "helper:other"} {
		if err := indexAt(c.dir, kind).Set("away", testKey(1).AccessKeyID); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Copies(t.Context(), testKey(1).AccessKeyID)
	if want := []Copy{{"copy", c.Kind()}, {"dev", c.Kind()}, {"away", other}, {"away", "helper:other"}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("copies are %v, %v; want %v", got, err, want)
	}
}

func retiring(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	mustPut(t, c.Store, "other", testKey(3))
	if err := c.PutRotation(t.Context(), "dev", testRotation(true)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		current int
		want    string
	}{{1, "dev"}, {2, "dev"}, {9, ""}} { // neither the old key nor the new one: the rotation does not go on
		mustPut(t, c.Store, "dev", testKey(tt.current))
		if name, err := c.Retiring(t.Context(), testKey(1).AccessKeyID); err != nil || name != tt.want {
			t.Errorf("with key %d, %q retires it, %v; want %q", tt.current, name, err, tt.want)
		}
		if name, err := c.Retiring(t.Context(), testKey(2).AccessKeyID); err != nil || name != "" {
			t.Errorf("with key %d, %q retires the new one, %v", tt.current, name, err)
		}
	}
}

func TestRotationSeesThatNothingWasDone(t *testing.T) {
	s, f := faultyStore(t)
	mustPut(t, s, "dev", testKey(1))
	f.set1 = func(backend.Item, []byte) error { return nil }
	if err := s.PutRotation(t.Context(), "dev", testRotation(true)); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	if err := s.Replace(t.Context(), "dev", testKey(1).AccessKeyID, testKey(2)); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	f.set1 = nil
	wantKey(t, s, "dev", testKey(1))
	if err := s.PutRotation(t.Context(), "dev", testRotation(true)); err != nil {
		t.Fatal(err)
	}
	for _, result := range []error{nil, ErrLocked} {
		f.delete1 = func(backend.Item) error { return result }
		if err := s.EndRotation(t.Context(), "dev"); err == nil || result != nil && !errors.Is(err, result) {
			t.Error(err)
		}
		wantRotating(t, s, "dev", true)
		if err := s.Delete(t.Context(), "dev"); err == nil {
			t.Error("removed with its journal still there")
		}
		wantKey(t, s, "dev", testKey(1))
	}
}
