package agefile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

func TestPassphraseErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	mustSet(t, newFile(t, testOptions(path)), keyItem, marker)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	noTerminal := errors.New("no terminal")
	for _, row := range []struct {
		name string
		ask  func(context.Context, bool) ([]byte, error)
		want error
	}{
		{"wrong", passphrase(marker + "wrong"), backend.ErrWrongPassphrase},
		{"empty", passphrase(""), backend.ErrLocked},
		{"none", nil, backend.ErrLocked},
		{"cannot ask", func(context.Context, bool) ([]byte, error) { return nil, noTerminal }, noTerminal},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := testOptions(path)
			o.Passphrase = row.ask
			f := newFile(t, o)
			_, getErr := get(t, f, keyItem)
			for _, err := range []error{getErr, set(t, f, keyItem, marker)} {
				if !errors.Is(err, backend.ErrLocked) || !errors.Is(err, row.want) || errors.Is(err, backend.ErrCorrupt) || strings.Contains(err.Error(), marker) {
					t.Errorf("got %v, want %v", err, row.want)
				}
				if errors.Is(err, backend.ErrWrongPassphrase) != (row.want == backend.ErrWrongPassphrase) {
					t.Errorf("wrong passphrase confused with another error: %v", err)
				}
			}
			wantBytes(t, path, before)

			if row.want == backend.ErrWrongPassphrase {
				return
			}
			o.Path = filepath.Join(t.TempDir(), "new", "file")
			if err := set(t, newFile(t, o), keyItem, marker); !errors.Is(err, backend.ErrLocked) || Exists(o.Path) {
				t.Errorf("made a file without a passphrase: %v", err)
			}
		})
	}
}

// TestSecondTry checks that a person who mistypes is asked again by the next
// call.
func TestSecondTry(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	mustSet(t, newFile(t, o), keyItem, marker)
	answers := []string{marker + "wrong", testPassphrase}
	o.Passphrase = func(context.Context, bool) ([]byte, error) {
		p := answers[0]
		answers = answers[1:]
		return []byte(p), nil
	}
	f := newFile(t, o)
	if _, err := get(t, f, keyItem); !errors.Is(err, backend.ErrWrongPassphrase) {
		t.Error(err)
	}
	wantItem(t, f, keyItem, marker)
}

// TestFileChangedByAnotherProcess checks that another process may change the
// file, and its passphrase, under one that remembers both.
func TestFileChangedByAnotherProcess(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	asked := 0
	current := testPassphrase
	o.Passphrase = func(context.Context, bool) ([]byte, error) { asked++; return []byte(current), nil }
	f := newFile(t, o)
	mustSet(t, f, keyItem, marker+"1")
	mustSet(t, newFile(t, testOptions(o.Path)), keyItem, marker+"2")
	wantItem(t, f, keyItem, marker+"2")
	if asked != 1 {
		t.Errorf("asked %d times, want once", asked)
	}

	current = marker + "changed"
	remove(t, o.Path)
	changed := testOptions(o.Path)
	changed.Passphrase = passphrase(current)
	mustSet(t, newFile(t, changed), keyItem, marker+"3")
	wantItem(t, f, keyItem, marker+"3")
	if asked != 2 {
		t.Errorf("asked %d times, want twice", asked)
	}

	remove(t, o.Path)
	if _, err := get(t, f, keyItem); !errors.Is(err, backend.ErrNotFound) {
		t.Error(err)
	}
	mustSet(t, f, keyItem, marker+"4")
	wantItem(t, f, keyItem, marker+"4")
}

func TestChangePassphrase(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	forgotten := 0
	o.Forget = func() { forgotten++ }
	if err := newFile(t, o).SetAccess(t.Context(), Access{Passphrase: []byte(marker)}, false); !errors.Is(err, backend.ErrNotFound) || forgotten != 0 {
		t.Errorf("no file: %v, Forget was called %d times", err, forgotten)
	}
	f := newFile(t, o)
	mustSet(t, f, keyItem, marker)
	forgotten = 0
	if err := f.SetAccess(t.Context(), Access{Passphrase: []byte(marker + "another")}, false); err != nil || forgotten != 1 {
		t.Fatalf("%v, Forget was called %d times", err, forgotten)
	}
	if _, err := get(t, newFile(t, o), keyItem); !errors.Is(err, backend.ErrWrongPassphrase) {
		t.Errorf("with the old passphrase: %v", err)
	}
	mustSet(t, f, keyItem, marker+"2") // with the new one, though the old one was asked for
	o.Passphrase = passphrase(marker + "another")
	wantItem(t, newFile(t, o), keyItem, marker+"2")
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
