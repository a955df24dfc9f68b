package keystore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const newPassphrase = marker + "another"

func giving(p string) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return []byte(p), nil }
}

func TestChangePassphrase(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	s := openFile(t, o)
	mustPut(t, s, "dev", testKey(1))
	mustPut(t, s, "two", testKey(2))
	sealing, err := s.SealingKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stale := openFile(t, o) // a process that knows the old passphrase
	wantKey(t, stale, "dev", testKey(1))

	scrypts := 0
	o.Debug = func(format string, _ ...any) {
		if strings.HasPrefix(format, "scrypt: ") {
			scrypts++
		}
	}
	s = openFile(t, o)
	if err := s.ChangePassphrase(t.Context(), giving(newPassphrase)); err != nil {
		t.Fatal(err)
	}
	if scrypts != 2 {
		t.Errorf("%d rounds of scrypt, want one to read and one to write", scrypts)
	}
	if _, err := openFile(t, o).Get(t.Context(), "dev"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("with the old passphrase: %v", err)
	}
	changed := testOptions(o.Dir)
	changed.Passphrase = passphrase(newPassphrase)
	for _, s := range []*Store{s, openFile(t, changed)} {
		wantKey(t, s, "dev", testKey(1))
		wantKey(t, s, "two", testKey(2))
		if key, err := s.SealingKey(t.Context()); err != nil || key != sealing {
			t.Errorf("another sealing key: %v", err)
		}
	}
	mustPut(t, s, "dev", testKey(3)) // with the new one, though the old one was asked for
	wantKey(t, openFile(t, changed), "dev", testKey(3))
	if err := stale.Put(t.Context(), "dev", testKey(4)); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("a write brought the old passphrase back: %v", err)
	}
	wantNames(t, openFile(t, changed), "dev", "two")
	noSecretIn(t, o.Dir)
}

// TestChangePassphraseFails checks that the file is unchanged, whatever goes
// wrong.
func TestChangePassphraseFails(t *testing.T) {
	o := testOptions(t.TempDir())
	mustPut(t, openFile(t, o), "dev", testKey(1))
	before, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	nobody := errors.New("nobody there")
	for _, row := range []struct {
		name     string
		old      func(context.Context, bool) ([]byte, error)
		new      func(context.Context) ([]byte, error)
		want     error
		asksLate bool // the new one is asked for
	}{
		{"wrong", passphrase(marker + "wrong"), giving(newPassphrase), ErrWrongPassphrase, false},
		{"none", nil, giving(newPassphrase), ErrLocked, false},
		{"no new one", passphrase(testPassphrase), func(context.Context) ([]byte, error) { return nil, nobody }, nobody, true},
		{"empty", passphrase(testPassphrase), giving(""), nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := o
			o.Passphrase = row.old
			asked := false
			err := openFile(t, o).ChangePassphrase(t.Context(), func(ctx context.Context) ([]byte, error) { asked = true; return row.new(ctx) })
			if err == nil || row.want != nil && !errors.Is(err, row.want) || strings.Contains(err.Error(), marker) || asked != row.asksLate {
				t.Errorf("%v, asked for a new one: %v", err, asked)
			}
			wantBytes(t, filePath(o), before)
		})
	}
	o.Dir = t.TempDir()
	if err := openFile(t, o).ChangePassphrase(t.Context(), giving(newPassphrase)); !errors.Is(err, ErrNotFound) || FileExists(o) {
		t.Errorf("of no file: %v", err)
	}
}

// TestScryptRounds checks what a call costs in rounds of scrypt, each about a
// second.
func TestScryptRounds(t *testing.T) {
	o := testOptions(t.TempDir())
	scrypts := 0
	o.Debug = func(format string, _ ...any) {
		if strings.HasPrefix(format, "scrypt: ") {
			scrypts++
		}
	}
	read := func(s *Store) error {
		_, err := s.Get(t.Context(), "dev")
		_, sealErr := s.SealingKey(t.Context())
		return errors.Join(err, sealErr)
	}
	for _, row := range []struct {
		name string
		run  func(s *Store) error
		want int
	}{
		{"first key", func(s *Store) error { return s.Put(t.Context(), "dev", testKey(1)) }, 1},
		{"look", func(s *Store) error { _, err := s.KeyID(t.Context(), "dev"); return err }, 0},
		{"read both keys", read, 1},
		{"another key, looked for first", func(s *Store) error {
			if _, err := s.KeyID(t.Context(), "two"); !errors.Is(err, ErrNotFound) {
				return err
			}
			return s.Put(t.Context(), "two", testKey(2))
		}, 2},
		{"delete", func(s *Store) error { return s.Delete(t.Context(), "two") }, 2},
	} {
		scrypts = 0
		if err := row.run(openFile(t, o)); err != nil {
			t.Fatalf("%s: %v", row.name, err)
		}
		if scrypts != row.want {
			t.Errorf("%s: %d rounds, want %d", row.name, scrypts, row.want)
		}
	}
}
