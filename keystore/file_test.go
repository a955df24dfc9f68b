package keystore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
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

// A human who mistypes is asked again by the next call.
func TestFilePassphraseSecondTry(t *testing.T) {
	o := testOptions(t.TempDir())
	mustPut(t, openFile(t, o), "dev", testKey(1))
	answers := []string{marker + "wrong", testPassphrase}
	o.Passphrase = func(context.Context, bool) ([]byte, error) {
		p := answers[0]
		answers = answers[1:]
		return []byte(p), nil
	}
	s := openFile(t, o)
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrWrongPassphrase) {
		t.Error(err)
	}
	wantKey(t, s, "dev", testKey(1))
}

// Another process may change the file, and its passphrase, under a store that remembers both.
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

// Every truncation and a flipped bit in every byte: an error of the right kind, and not a byte written.
func TestFileDamaged(t *testing.T) {
	o := testOptions(t.TempDir())
	o.WorkFactor = 2
	mustPut(t, openFile(t, o), "dev", testKey(1))
	path := filePath(o)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	header := bytes.Index(whole, []byte("\n---"))

	check := func(t *testing.T, damaged []byte, alsoLocked bool) {
		t.Helper()
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openFile(t, o)
		_, getErr := s.Get(t.Context(), "dev")
		for _, err := range []error{getErr, s.Put(t.Context(), "dev", testKey(2))} {
			if !errors.Is(err, ErrCorrupt) && !(alsoLocked && errors.Is(err, ErrLocked)) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), path) {
				t.Errorf("does not name the file: %v", err)
			}
		}
		wantBytes(t, path, damaged)
	}
	t.Run("truncated", func(t *testing.T) {
		for n := range whole {
			check(t, whole[:n], false)
		}
	})
	t.Run("flipped", func(t *testing.T) {
		for i := range whole {
			damaged := bytes.Clone(whole)
			damaged[i] ^= 0x04
			check(t, damaged, i < header)
		}
	})
	t.Run("longer", func(t *testing.T) { check(t, append(bytes.Clone(whole), 0), false) })
	t.Run("garbage", func(t *testing.T) { check(t, bytes.Repeat([]byte{0}, 4096), false) })

	for name, plain := range map[string]string{
		"other content": "hello", "newer": `{"version":2,"items":{}}`, "no items": `{"version":1}`, "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			sealed, err := encrypt([]byte(plain), []byte(testPassphrase), 2)
			if err != nil {
				t.Fatal(err)
			}
			check(t, sealed, false)
		})
	}
	t.Run("another recipient", func(t *testing.T) {
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, err := age.Encrypt(&b, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "x"); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		check(t, b.Bytes(), false)
	})
	t.Run("work factor", func(t *testing.T) {
		check(t, bytes.Replace(whole, []byte(" 2\n"), []byte(" 30\n"), 1), false)
	})
}

func TestFilePassphraseNotAskedForGarbage(t *testing.T) {
	o := testOptions(t.TempDir())
	o.Passphrase = func(context.Context, bool) ([]byte, error) {
		t.Error("asked for the passphrase of a file that none can open")
		return nil, context.Canceled
	}
	for _, garbage := range []string{"", "garbage", "age-encryption.org/v1\n-> scrypt "} {
		if err := os.WriteFile(filePath(o), []byte(garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openFile(t, o).Get(t.Context(), "dev"); !errors.Is(err, ErrCorrupt) {
			t.Error(err)
		}
	}
}

func TestFileIsADirectory(t *testing.T) {
	o := testOptions(t.TempDir())
	if err := os.Mkdir(filePath(o), 0o700); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, o)
	if err := s.Put(t.Context(), "dev", testKey(1)); !errors.Is(err, ErrCorrupt) || !FileExists(o) {
		t.Error(err)
	}
}

func TestFileModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes here")
	}
	o := testOptions(filepath.Join(t.TempDir(), "a", "b"))
	s := openFile(t, o)
	mustPut(t, s, "dev", testKey(1))
	if err := os.Chmod(filePath(o), 0o644); err != nil {
		t.Fatal(err)
	}
	mustPut(t, s, "dev", testKey(2))
	for path, want := range map[string]os.FileMode{o.Dir: 0o700, filePath(o): 0o600} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v; %v", path, fi.Mode().Perm(), want, err)
		}
	}
}

func TestFileWorkFactor(t *testing.T) {
	o := testOptions(t.TempDir())
	for _, n := range []int{-1, 23} {
		o.WorkFactor = n
		if _, err := OpenFile(o); err == nil {
			t.Errorf("work factor %d was taken", n)
		}
	}
}

func wantBytes(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s was changed: %v", path, err)
	}
}
