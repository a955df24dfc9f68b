package keystore

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFileContract(t *testing.T) {
	contract(t, KindFile, func(*testing.T) {})
}

func openFile(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := OpenFile(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFilePassphraseAskedWhenNeeded(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data"))
	var asked []bool
	o.Passphrase = func(_ context.Context, create bool) ([]byte, error) {
		asked = append(asked, create)
		return []byte(testPassphrase), nil
	}
	s := openFile(t, o)
	if FileExists(o) {
		t.Error("the file is there before the first write")
	}
	_, getErr := s.Get(t.Context(), "dev")
	_, listErr := s.List(t.Context())
	if !errors.Is(getErr, ErrNotFound) || !errors.Is(s.Delete(t.Context(), "dev"), ErrNotFound) || listErr != nil || len(asked) != 0 {
		t.Errorf("%v, %v, asked %v", getErr, listErr, asked)
	}
	mustPut(t, s, "dev", testKey(1))
	mustPut(t, s, "two", testKey(2))
	wantKey(t, s, "dev", testKey(1))
	if _, err := s.SealingKey(t.Context()); err != nil {
		t.Error(err)
	}
	if !FileExists(o) || len(asked) != 1 || !asked[0] {
		t.Errorf("asked %v, want once, to create", asked)
	}
	asked = nil
	s = openFile(t, o)
	if id, err := s.KeyID(t.Context(), "dev"); err != nil || id == "" || len(asked) != 0 {
		t.Errorf("KeyID: %v, asked %v", err, asked)
	}
	wantKey(t, s, "dev", testKey(1))
	mustPut(t, s, "dev", testKey(3))
	if len(asked) != 1 || asked[0] {
		t.Errorf("asked %v, want once, to open", asked)
	}
}

func TestFileHoldsSealingKeyFromTheFirst(t *testing.T) {
	o := testOptions(t.TempDir())
	mustPut(t, openFile(t, o), "dev", testKey(1))
	before, err := os.ReadFile(filePath(o))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFile(t, o).SealingKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, filePath(o), before)
}

func TestFilePassphraseErrors(t *testing.T) {
	dir := t.TempDir()
	mustPut(t, openFile(t, testOptions(dir)), "dev", testKey(1))
	before, err := os.ReadFile(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	noTerminal := errors.New("no terminal")
	for _, row := range []struct {
		name string
		ask  func(context.Context, bool) ([]byte, error)
		want error
	}{
		{"wrong", passphrase(marker + "wrong"), ErrWrongPassphrase},
		{"empty", passphrase(""), ErrLocked},
		{"none", nil, ErrLocked},
		{"cannot ask", func(context.Context, bool) ([]byte, error) { return nil, noTerminal }, noTerminal},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := testOptions(dir)
			o.Passphrase = row.ask
			s := openFile(t, o)
			_, getErr := s.Get(t.Context(), "dev")
			_, sealErr := s.SealingKey(t.Context())
			for _, err := range []error{getErr, sealErr, s.Put(t.Context(), "dev", testKey(2)), s.Delete(t.Context(), "dev")} {
				if !errors.Is(err, ErrLocked) || !errors.Is(err, row.want) || errors.Is(err, ErrCorrupt) || strings.Contains(err.Error(), marker) {
					t.Errorf("got %v, want %v", err, row.want)
				}
				if errors.Is(err, ErrWrongPassphrase) != (row.want == ErrWrongPassphrase) {
					t.Errorf("wrong passphrase confused: %v", err)
				}
			}
			wantBytes(t, filepath.Join(dir, fileName), before)

			o.Dir = filepath.Join(t.TempDir(), "new")
			if row.want == ErrWrongPassphrase {
				return
			}
			if err := openFile(t, o).Put(t.Context(), "dev", testKey(1)); !errors.Is(err, ErrLocked) || FileExists(o) {
				t.Errorf("made a file without a passphrase: %v", err)
			}
		})
	}
}

// TestFileChangedBehindOurBack checks that a store notices when another process
// changes the file or its passphrase.
func TestFileChangedBehindOurBack(t *testing.T) {
	o := testOptions(t.TempDir())
	asked := 0
	current := testPassphrase
	o.Passphrase = func(context.Context, bool) ([]byte, error) { asked++; return []byte(current), nil }
	s := openFile(t, o)
	mustPut(t, s, "dev", testKey(1))
	mustPut(t, openFile(t, testOptions(o.Dir)), "dev", testKey(2))
	wantKey(t, s, "dev", testKey(2))
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}

	current = marker + "changed"
	if err := os.Remove(filePath(o)); err != nil {
		t.Fatal(err)
	}
	changed := testOptions(o.Dir)
	changed.Passphrase = passphrase(current)
	mustPut(t, openFile(t, changed), "dev", testKey(3))
	wantKey(t, s, "dev", testKey(3))
	if asked != 2 {
		t.Errorf("asked %d times, want twice", asked)
	}

	if err := os.Remove(filePath(o)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	mustPut(t, s, "dev", testKey(4))
	wantKey(t, s, "dev", testKey(4))
}

// TestFileDamaged checks that the error for a damaged file names it, and that
// the file is not written to.
func TestFileDamaged(t *testing.T) {
	o := testOptions(t.TempDir())
	garbage := []byte(marker)
	if err := os.WriteFile(filePath(o), garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, o)
	_, getErr := s.Get(t.Context(), "dev")
	for _, err := range []error{getErr, s.Put(t.Context(), "dev", testKey(1)), s.Delete(t.Context(), "dev")} {
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), filePath(o)) || strings.Contains(err.Error(), marker) {
			t.Errorf("got %v", err)
		}
	}
	wantBytes(t, filePath(o), garbage)
}

func wantBytes(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s was changed: %v", path, err)
	}
}
