package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestSealed(t *testing.T) {
	c := newCache(t)
	s := c.Sealed("things/a")
	if _, _, err := s.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	if err := s.Write(t.Context(), []byte("head"), []byte(marker)); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.Path())
	if err != nil || strings.Contains(string(data), marker) || !strings.Contains(string(data), "head") {
		t.Errorf("written: %q, %v", data, err)
	}
	if info, err := os.Stat(s.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	head, content, err := s.Open(t.Context())
	if err != nil || string(head) != "head" || string(content) != marker {
		t.Errorf("opened: %q, %v", head, err)
	}
	if names, err := c.SealedNames("things"); err != nil || !slices.Equal(names, []string{"things/a"}) {
		t.Errorf("names: %q, %v", names, err)
	}
	if err := errors.Join(c.ForgetAll(), os.WriteFile(filepath.Join(filepath.Dir(s.Path()), ".a.tmp-1"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if head, err := s.Header(); err != nil || string(head) != "head" {
		t.Errorf("without the key, after ForgetAll: %q, %v", head, err)
	}
	if err := errors.Join(s.Remove(), s.Remove()); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(filepath.Dir(s.Path())); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

// A changed file, one under another name, and one of another key do not open, and stay.
func TestSealedDamaged(t *testing.T) {
	c := newCache(t)
	s := c.Sealed("things/a")
	if err := s.Write(t.Context(), []byte("head"), []byte(marker)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(what string, s Sealed) {
		t.Helper()
		var d *DamagedError
		if _, _, err := s.Open(t.Context()); !errors.As(err, &d) || strings.Contains(err.Error(), marker) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(s.Path()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range whole {
		bad := slices.Clone(whole)
		if bad[i] ^= 1; i != len(sealedMagic) { // the version is another matter
			if err := os.WriteFile(s.Path(), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			damaged("a changed byte", s)
		}
		if err := os.WriteFile(s.Path(), whole[:i], 0o600); err != nil {
			t.Fatal(err)
		}
		damaged("cut off", s)
	}
	other := c.Sealed("things/b")
	if err := errors.Join(os.WriteFile(other.Path(), whole, 0o600), os.WriteFile(s.Path(), whole, 0o600)); err != nil {
		t.Fatal(err)
	}
	damaged("another name", other)
	strange := New(string(c.dir), func(context.Context, bool) ([32]byte, error) { return [32]byte{9}, nil })
	damaged("another key", strange.Sealed("things/a"))
	anew := New(string(c.dir), func(_ context.Context, again bool) ([32]byte, error) {
		if again {
			return [32]byte{1, 2, 3}, nil
		}
		return [32]byte{9}, nil
	})
	if _, _, err := anew.Sealed("things/a").Open(t.Context()); err != nil {
		t.Errorf("with a key that is read again: %v", err)
	}
}

// What a newer awsexec has written is neither read nor replaced.
func TestSealedNewer(t *testing.T) {
	c := newCache(t)
	s := c.Sealed("things/a")
	if err := s.Write(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	data[len(sealedMagic)] = 7
	if err := os.WriteFile(s.Path(), data[:len(sealedMagic)+1], 0o600); err != nil {
		t.Fatal(err)
	}
	_, headErr := s.Header()
	_, _, openErr := s.Open(t.Context())
	for what, err := range map[string]error{"header": headErr, "open": openErr, "write": s.Write(t.Context(), nil, []byte("x")), "check": s.Check()} {
		var newer *NewerError
		if !errors.As(err, &newer) || newer.Version != 7 || newer.Path != s.Path() {
			t.Errorf("%s: %v", what, err)
		}
	}
	if again, err := os.ReadFile(s.Path()); err != nil || !slices.Equal(again, data[:len(sealedMagic)+1]) {
		t.Errorf("after that: %q, %v", again, err)
	}
}

// Without a sealing key nothing is written, and the error is that of the keystore.
func TestSealedLocked(t *testing.T) {
	locked := errors.New("locked")
	c := New(t.TempDir(), func(context.Context, bool) ([32]byte, error) { return [32]byte{}, locked })
	if err := c.Sealed("things/a").Write(t.Context(), nil, []byte(marker)); !errors.Is(err, locked) {
		t.Error(err)
	}
	if names, err := c.SealedNames("things"); len(names) > 0 || err != nil {
		t.Errorf("%q, %v", names, err)
	}
}
