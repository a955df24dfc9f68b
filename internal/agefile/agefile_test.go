package agefile

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

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/backend/backendtest"
)

const (
	marker         = "S3CR3TMARKER"
	testPassphrase = marker + "passphrase"
)

var (
	keyItem   = backend.Item{Service: "test", Name: "dev"}
	firstItem = backend.Item{Service: "test-first", Name: "first"}
)

func testOptions(path string) Options {
	return Options{
		Path:       path,
		Passphrase: passphrase(testPassphrase),
		WorkFactor: 2,
		Debug:      func(string, ...any) {},
		Copy:       UnlockedCopy{Path: path + ".unlocked", Key: "agefile test " + path, Off: true, Debug: func(string, ...any) {}},
		Ways:       path + ".ways",
		Initial:    func() (backend.Item, []byte) { return firstItem, []byte(marker + "first") },
		Forget:     func() {},
	}
}

func passphrase(p string) func(context.Context, bool) ([]byte, error) {
	return func(context.Context, bool) ([]byte, error) { return []byte(p), nil }
}

func newFile(t *testing.T, o Options) *File {
	t.Helper()
	f, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestContract(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "keys.age"))
	backendtest.Run(t, func() backend.Backend { return newFile(t, o) })
}

func get(t *testing.T, f *File, it backend.Item) ([]byte, error) {
	t.Helper()
	if err := f.Prepare(t.Context(), backend.ToRead); err != nil {
		return nil, err
	}
	return f.Get(t.Context(), it)
}

func set(t *testing.T, f *File, it backend.Item, secret string) error {
	t.Helper()
	if err := f.Prepare(t.Context(), backend.ToCreate); err != nil {
		return err
	}
	return f.Set(t.Context(), it, []byte(secret))
}

func mustSet(t *testing.T, f *File, it backend.Item, secret string) {
	t.Helper()
	if err := set(t, f, it, secret); err != nil {
		t.Fatal(err)
	}
}

func wantItem(t *testing.T, f *File, it backend.Item, want string) {
	t.Helper()
	if got, err := get(t, f, it); err != nil || string(got) != want {
		t.Errorf("item %v is not what was stored: %v", it, err)
	}
}

func TestItems(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "data", "file"))
	forgotten := 0
	o.Forget = func() { forgotten++ }
	f := newFile(t, o)
	if Exists(o.Path) {
		t.Error("the file is there before the first write")
	}
	if _, err := get(t, f, keyItem); !errors.Is(err, backend.ErrNotFound) {
		t.Error(err)
	}
	if stamp, err := f.Stamp(); stamp != "" || err != nil {
		t.Errorf("the stamp of no file is %q, %v", stamp, err)
	}
	mustSet(t, f, keyItem, marker+"1")
	other := newFile(t, o)
	wantItem(t, other, keyItem, marker+"1")
	wantItem(t, other, firstItem, marker+"first")
	mustSet(t, other, keyItem, marker+"2")
	wantItem(t, f, keyItem, marker+"2")
	if forgotten != 1 {
		t.Errorf("Forget was called %d times, want once", forgotten)
	}
	items, known, ok := f.Known()
	if stamp, err := f.Stamp(); err != nil || !ok || known != stamp || len(items) != 2 || string(items[keyItem]) != marker+"2" {
		t.Errorf("%d items are known, %v; stamp %q, want %q, %v", len(items), ok, known, stamp, err)
	}
	if _, _, ok := newFile(t, o).Known(); ok {
		t.Error("the content is known before it was read")
	}
	for _, want := range []error{nil, backend.ErrNotFound} {
		if err := f.Delete(t.Context(), keyItem); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if _, err := get(t, other, keyItem); !errors.Is(err, backend.ErrNotFound) {
		t.Error(err)
	}
	if b, err := os.ReadFile(o.Path); err != nil || bytes.Contains(b, []byte(marker)) {
		t.Errorf("a secret is in plaintext; %v", err)
	}
}

func TestOnlyPrepareAsks(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	if err := newFile(t, o).Set(t.Context(), keyItem, []byte(marker)); !errors.Is(err, backend.ErrUnprepared) || Exists(o.Path) {
		t.Errorf("a new file without Prepare: %v", err)
	}
	mustSet(t, newFile(t, o), keyItem, marker)
	f := newFile(t, o)
	_, getErr := f.Get(t.Context(), keyItem)
	for _, err := range []error{getErr, f.Set(t.Context(), keyItem, nil), f.Delete(t.Context(), keyItem), f.SetAccess(t.Context(), Access{Passphrase: []byte("x")}, false)} {
		if !errors.Is(err, backend.ErrUnprepared) {
			t.Errorf("without Prepare: %v", err)
		}
	}
}

// The file of a newer awsexec is an error that says so, and is not written.
func TestNewerFile(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	for _, plain := range []string{`{"version":2,"items":{}}`, `{"version":3,"items":["in another way"]}`} {
		sealed, err := encrypt([]byte(plain), []byte(testPassphrase), 2)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.Path, sealed, 0o600); err != nil {
			t.Fatal(err)
		}
		f := newFile(t, o)
		_, getErr := get(t, f, keyItem)
		for _, err := range []error{getErr, set(t, f, keyItem, marker)} {
			if !errors.Is(err, backend.ErrNewer) || errors.Is(err, backend.ErrCorrupt) {
				t.Errorf("%s: got %v", plain, err)
			}
		}
		wantBytes(t, o.Path, sealed)
	}
}

// TestDamagedFile checks every truncation, and a flipped bit in every byte: the
// error is of the right kind, and nothing is written.
func TestDamagedFile(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	mustSet(t, newFile(t, o), keyItem, marker)
	whole, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	header := bytes.Index(whole, []byte("\n---"))

	check := func(t *testing.T, damaged []byte, alsoLocked bool) {
		t.Helper()
		if err := os.WriteFile(o.Path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		f := newFile(t, o)
		_, getErr := get(t, f, keyItem)
		for _, err := range []error{getErr, set(t, f, keyItem, marker)} {
			if !errors.Is(err, backend.ErrCorrupt) && !(alsoLocked && errors.Is(err, backend.ErrLocked)) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), marker) {
				t.Error("the error quotes a secret")
			}
		}
		wantBytes(t, o.Path, damaged)
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
	t.Run("plaintext", func(t *testing.T) { check(t, []byte(marker), false) })

	for name, plain := range map[string]string{
		"other content": "hello", "older": `{"version":0,"items":{}}`, "no items": `{"version":1}`, "empty": "",
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
		check(t, b.Bytes(), true)
	})
	t.Run("work factor", func(t *testing.T) {
		check(t, bytes.Replace(whole, []byte(" 2\n"), []byte(" 30\n"), 1), false)
	})
}

func TestGarbageNeedsNoPassphrase(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	o.Passphrase = func(context.Context, bool) ([]byte, error) {
		t.Error("asked for the passphrase of a file that no passphrase can open")
		return nil, context.Canceled
	}
	for _, garbage := range []string{"", "garbage", "age-encryption.org/v1\n-> scrypt "} {
		if err := os.WriteFile(o.Path, []byte(garbage), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, newFile(t, o), keyItem); !errors.Is(err, backend.ErrCorrupt) {
			t.Error(err)
		}
	}
}

func TestFileIsADirectory(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	if err := os.Mkdir(o.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := set(t, newFile(t, o), keyItem, marker); !errors.Is(err, backend.ErrCorrupt) || !Exists(o.Path) {
		t.Error(err)
	}
}

func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	o := testOptions(filepath.Join(t.TempDir(), "a", "b", "file"))
	f := newFile(t, o)
	mustSet(t, f, keyItem, marker)
	if err := os.Chmod(o.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	mustSet(t, f, keyItem, marker+"2")
	for path, want := range map[string]os.FileMode{filepath.Dir(o.Path): 0o700, o.Path: 0o600} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v; %v", path, fi.Mode().Perm(), want, err)
		}
	}
}

func TestWorkFactor(t *testing.T) {
	for _, n := range []int{-1, 23} {
		o := testOptions("file")
		o.WorkFactor = n
		if _, err := New(o); err == nil {
			t.Errorf("work factor %d was accepted", n)
		}
	}
}

func wantBytes(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s was changed: %v", path, err)
	}
}

// TestTidy checks that a write removes what killed writers have left of any of the
// files.
func TestTidy(t *testing.T) {
	o := testOptions(filepath.Join(t.TempDir(), "file"))
	for _, path := range []string{o.Path, o.Ways, o.Copy.Path} {
		left := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".tmp-1")
		if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustSet(t, newFile(t, o), keyItem, marker)
	entries, err := os.ReadDir(filepath.Dir(o.Path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
}
