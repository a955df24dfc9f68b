package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/bustest"
)

func TestKeyringContract(t *testing.T) {
	contract(t, KindKeyring, func(t *testing.T) { bustest.Start(t, bustest.NoServices).StartKeyring(t) })
}

func openKeyring(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := OpenKeyring(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeyringWithoutBus(t *testing.T) {
	trace := bustest.NoBus(t)
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		o := testOptions(t.TempDir())
		for _, kind := range []Kind{KindKeyring, KindAuto} {
			if _, err := Open(kind, o); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
	if _, err := os.Stat(trace); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("dbus-launch was started: %v", err)
	}
}

// operations are those that need the keyring, by name.
func operations(s *Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Get":        func(ctx context.Context) error { _, err := s.Get(ctx, "dev"); return err },
		"KeyID":      func(ctx context.Context) error { _, err := s.KeyID(ctx, "dev"); return err },
		"Put":        func(ctx context.Context) error { return s.Put(ctx, "dev", testKey(2)) },
		"Delete":     func(ctx context.Context) error { return s.Delete(ctx, "dev") },
		"SealingKey": func(ctx context.Context) error { _, err := s.SealingKey(ctx); return err },
		"Rotation":   func(ctx context.Context) error { _, err := s.Rotation(ctx, "dev"); return err },
	}
}

// wantAll fails unless every operation that needs the keyring ends in want, in
// time.
func wantAll(t *testing.T, s *Store, want error) {
	t.Helper()
	for name, op := range operations(s) {
		began := time.Now()
		err := op(t.Context())
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		for _, other := range []error{ErrNotFound, ErrLocked, ErrUnavailable, ErrRefused, ErrTooBig, ErrCorrupt} {
			if other != want && errors.Is(err, other) {
				t.Errorf("%s: %v is of two kinds", name, err)
			}
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		t.Logf("%s: %v", name, err)
	}
}

func TestKeyringBusWithoutService(t *testing.T) {
	bustest.Start(t, bustest.NoServices)
	wantAll(t, openKeyring(t, testOptions(t.TempDir())), ErrUnavailable)
}

// TestKeyringLockedHeadless checks that a locked keyring without a desktop to
// ask on fails at once.
func TestKeyringLockedHeadless(t *testing.T) {
	for name, config := range map[string]string{"no prompter": bustest.NoServices, "prompter without display": bustest.SystemServices} {
		t.Run(name, func(t *testing.T) {
			b := bustest.Start(t, config)
			b.StartKeyring(t)
			o := testOptions(t.TempDir())
			mustPut(t, openKeyring(t, o), "other", testKey(1))
			b.Lock(t)
			s := openKeyring(t, o) // which has not read anything before
			wantAll(t, s, ErrLocked)
			if id, err := s.KeyID(t.Context(), "other"); err != nil || id != testKey(1).AccessKeyID {
				t.Errorf("the index needs the keyring: %q, %v", id, err)
			}
			wantNames(t, s, "other")
		})
	}
}

func TestKeyringNothingInPlaintext(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	b.StartKeyring(t)
	mustPut(t, openKeyring(t, testOptions(filepath.Join(b.Dir, "data"))), "dev", testKey(1))
	noSecretIn(t, b.Dir)
}
