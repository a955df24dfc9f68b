package keystore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/kernelkey"
)

// unlocking are the options of an encrypted file that the kernel helps to
// unlock, and of the same without a passphrase.
func unlocking(t *testing.T) (o, noPassphrase Options) {
	t.Helper()
	o = holding(t, KindFile, filepath.Join(t.TempDir(), "data"))
	t.Cleanup(func() {
		if err := Lock(o); err != nil {
			t.Error(err)
		}
	})
	mustPut(t, openFile(t, o), "dev", testKey(1))
	noPassphrase = o
	noPassphrase.Passphrase = nil
	return o, noPassphrase
}

func mustUnlock(t *testing.T, s *Store, life time.Duration) {
	t.Helper()
	before := time.Now()
	until, err := s.Unlock(t.Context(), life)
	if err != nil {
		t.Fatal(err)
	}
	if !lasts(until, before, life) {
		t.Errorf("unlocked for %v, want %v", until.Sub(before), life)
	}
}

// wantLocked fails unless nothing can be read without the passphrase.
func wantLocked(t *testing.T, noPassphrase Options) {
	t.Helper()
	s := openFile(t, noPassphrase)
	_, getErr := s.Get(t.Context(), "dev")
	_, sealErr := s.SealingKey(t.Context())
	if !errors.Is(getErr, ErrLocked) || !errors.Is(sealErr, ErrLocked) {
		t.Errorf("not locked: %v, %v", getErr, sealErr)
	}
	if _, ok := s.UnlockedUntil(t.Context()); ok || s.Condition(t.Context()) != ConditionLocked {
		t.Error("said to be unlocked")
	}
}

func TestUnlockFile(t *testing.T) {
	o, noPassphrase := unlocking(t)
	want := mustSeal(t, openFile(t, o))
	wantKey(t, openFile(t, o), "dev", testKey(1))
	asked := 0
	counting := o
	counting.Passphrase = func(context.Context, bool) ([]byte, error) { asked++; return []byte(testPassphrase), nil }
	mustUnlock(t, openFile(t, counting), time.Hour)
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}

	if err := newHolder(o, KindFile).Drop(); err != nil { // or it would do without the copy
		t.Fatal(err)
	}
	if mustSeal(t, openFile(t, noPassphrase)) != want {
		t.Error("another sealing key")
	}
	wantKey(t, openFile(t, noPassphrase), "dev", testKey(1))
	s := openFile(t, noPassphrase)
	if until, ok := s.UnlockedUntil(t.Context()); !ok || time.Until(until) < 50*time.Minute || s.Condition(t.Context()) != ConditionOpen {
		t.Errorf("until %v, %v, %s", until, ok, s.Condition(t.Context()))
	}
	noSecretIn(t, o.Dir)
	if fi, err := os.Stat(filepath.Join(o.Dir, unlockedName)); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}

	// To lengthen it takes the passphrase again.
	if _, err := s.Unlock(t.Context(), 2*time.Hour); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	const left = "." + unlockedName + ".tmp-1" // by a killed process
	if err := os.WriteFile(filepath.Join(o.Dir, left), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Lock(o); err != nil {
		t.Fatal(err)
	}
	wantLocked(t, noPassphrase)
	for _, name := range []string{unlockedName, left} {
		if _, err := os.Stat(filepath.Join(o.Dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	if _, _, ok := newHolder(o, KindFile).Get(); ok {
		t.Error("the kernel still holds the sealing key")
	}
	if err := Lock(o); err != nil {
		t.Errorf("locked twice: %v", err)
	}
}

// TestWriteWhileUnlocked checks that a write needs the right passphrase, and
// that what it has written can be read without.
func TestWriteWhileUnlocked(t *testing.T) {
	o, noPassphrase := unlocking(t)
	mustUnlock(t, openFile(t, o), time.Hour)
	before, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	wrong := o
	wrong.Passphrase = passphrase(marker + "wrong")
	for _, o := range []Options{noPassphrase, wrong} {
		s := openFile(t, o)
		wantKey(t, s, "dev", testKey(1))
		for _, err := range []error{s.Put(t.Context(), "dev", testKey(2)), s.Put(t.Context(), "new", testKey(2)), s.Delete(t.Context(), "dev")} {
			if !errors.Is(err, ErrLocked) {
				t.Error(err)
			}
		}
	}
	wantBytes(t, filePath(o), before)

	mustPut(t, openFile(t, o), "dev", testKey(2))
	mustPut(t, openFile(t, o), "new", testKey(3))
	wantKey(t, openFile(t, noPassphrase), "dev", testKey(2))
	wantKey(t, openFile(t, noPassphrase), "new", testKey(3))
	if err := openFile(t, o).Delete(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(t, noPassphrase).Get(t.Context(), "dev"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// TestUnlockedCopyUnfit checks that the passphrase is needed, and is enough,
// with a copy of another state of the file, with a damaged copy and without
// one.
func TestUnlockedCopyUnfit(t *testing.T) {
	o, noPassphrase := unlocking(t)
	mustUnlock(t, openFile(t, o), time.Hour)
	if err := newHolder(o, KindFile).Drop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, unlockedName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(bytes.Clone(good), 0), 0o600); err != nil {
		t.Fatal(err)
	}
	wantLocked(t, noPassphrase)
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	wantKey(t, openFile(t, noPassphrase), "dev", testKey(1))

	// The file as it was before, brought back from a backup.
	mustPut(t, openFile(t, o), "dev", testKey(2))
	if err := os.WriteFile(filePath(o), sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	wantLocked(t, noPassphrase)
	wantKey(t, openFile(t, o), "dev", testKey(1))

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	wantLocked(t, noPassphrase)
	mustUnlock(t, openFile(t, o), time.Hour)
	wantKey(t, openFile(t, noPassphrase), "dev", testKey(1))

	// A new file has nothing to do with the unlocking of the old one.
	if err := os.Remove(filePath(o)); err != nil {
		t.Fatal(err)
	}
	mustPut(t, openFile(t, o), "dev", testKey(3))
	wantLocked(t, noPassphrase)
}

func TestUnlockEnds(t *testing.T) {
	o, noPassphrase := unlocking(t)
	mustUnlock(t, openFile(t, o), 4*time.Second)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) { // the kernel tells nobody
		if _, err := openFile(t, noPassphrase).Get(t.Context(), "dev"); errors.Is(err, ErrLocked) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("still unlocked after a minute")
		}
	}
	wantLocked(t, noPassphrase)
}

// TestUnlockImpossible checks that nobody is asked for a passphrase in vain:
// with holding off, and where the kernel refuses.
func TestUnlockImpossible(t *testing.T) {
	o, noPassphrase := unlocking(t)
	mustUnlock(t, openFile(t, o), time.Hour)
	noPassphrase.Hold = 0
	wantLocked(t, noPassphrase)

	for _, hold := range []time.Duration{0, time.Minute} {
		asking := o
		asking.Hold = hold
		asking.Passphrase = func(context.Context, bool) ([]byte, error) {
			t.Error("asked for the passphrase")
			return nil, context.Canceled
		}
		s := openFile(t, asking)
		s.vault.holder.Name = string(make([]byte, 5000)) // no kernel takes such a name
		if _, err := s.Unlock(t.Context(), time.Hour); !errors.Is(err, ErrNotHeld) {
			t.Error(err)
		}
	}
}

// TestUnlockKeyring checks that of a keyring only the sealing key is held, and
// that it stays when the keyring is locked.
func TestUnlockKeyring(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	b.StartKeyring(t)
	o := holding(t, KindKeyring, t.TempDir())
	t.Cleanup(func() {
		if err := Lock(o); err != nil {
			t.Error(err)
		}
	})
	s := openKeyring(t, o)
	mustPut(t, s, "dev", testKey(1))
	want := mustSeal(t, s)
	if _, ok := s.UnlockedUntil(t.Context()); ok {
		t.Error("unlocked by itself")
	}
	mustUnlock(t, s, time.Hour)
	b.Lock(t)
	if mustSeal(t, openKeyring(t, o)) != want {
		t.Error("another sealing key")
	}
	if until, ok := s.UnlockedUntil(t.Context()); !ok || time.Until(until) < 50*time.Minute {
		t.Errorf("until %v, %v", until, ok)
	}
	if _, err := openKeyring(t, o).Get(t.Context(), "dev"); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if _, err := s.Unlock(t.Context(), 2*time.Hour); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if err := Lock(o); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeyring(t, o).SealingKey(t.Context()); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if _, ok := s.UnlockedUntil(t.Context()); ok {
		t.Error("still unlocked")
	}
	if _, _, err := kernelkey.Get(unlockName(KindKeyring, o.Dir)); !errors.Is(err, kernelkey.ErrAbsent) {
		t.Error(err)
	}
}

// TestChangePassphraseLocks checks that changing the passphrase ends the
// unlocking.
func TestChangePassphraseLocks(t *testing.T) {
	o, noPassphrase := unlocking(t)
	mustUnlock(t, openFile(t, o), time.Hour)
	if err := openFile(t, o).ChangePassphrase(t.Context(), giving(newPassphrase)); err != nil {
		t.Fatal(err)
	}
	wantLocked(t, noPassphrase)
	if _, err := os.Stat(filepath.Join(o.Dir, unlockedName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
}

// TestScryptRoundsWhileUnlocked checks that reading costs no round of scrypt
// while the file is unlocked.
func TestScryptRoundsWhileUnlocked(t *testing.T) {
	o, _ := unlocking(t)
	mustUnlock(t, openFile(t, o), time.Hour)
	o.Debug = func(format string, _ ...any) {
		if strings.HasPrefix(format, "scrypt: ") {
			t.Error("a round of scrypt")
		}
	}
	wantKey(t, openFile(t, o), "dev", testKey(1))
	mustSeal(t, openFile(t, o))
	if err := newHolder(o, KindFile).Drop(); err != nil {
		t.Fatal(err)
	}
	mustSeal(t, openFile(t, o))
}
