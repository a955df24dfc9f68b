package keystore

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// indexPath returns the path of the one index on disk.
func (c *contractStore) indexPath(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(c.dir, "*.index.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("index files: %q, %v", found, err)
	}
	return found[0]
}

func indexLost(t *testing.T, c *contractStore) {
	for _, damage := range []struct{ name, content string }{
		{"gone", ""}, {"cut", `{"version":1,"keys":{"dev":`}, {"garbage", "\x00\xff"}, {"null", "null"},
		{"no keys", `{"version":1}`}, {"another type", `{"version":1,"keys":[]}`},
	} {
		mustPut(t, c.Store, "dev", testKey(1))
		path := c.indexPath(t)
		if damage.name == "gone" {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(damage.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if id, err := c.KeyID(t.Context(), "dev"); err != nil || id != testKey(1).AccessKeyID {
			t.Errorf("%s: KeyID is %q, %v", damage.name, id, err)
		}
		wantNames(t, c.Store, "dev")
		if damage.name == "gone" {
			continue
		}
		if b, err := os.ReadFile(path + ".damaged"); err != nil || string(b) != damage.content {
			t.Errorf("%s: not set aside: %v", damage.name, err)
		}
	}
}

// indexNewer checks that the index of a newer awsexec is left alone: keys can be
// read, and not changed.
func indexNewer(t *testing.T, c *contractStore) {
	const newer = `{"version":2,"keys":{}}`
	mustPut(t, c.Store, "dev", testKey(1))
	path := c.indexPath(t)
	if err := os.WriteFile(path, []byte(newer), 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err := c.KeyID(t.Context(), "dev"); err != nil || id != testKey(1).AccessKeyID {
		t.Errorf("KeyID is %q, %v", id, err)
	}
	for _, err := range []error{c.Put(t.Context(), "dev", testKey(2)), c.Delete(t.Context(), "dev")} {
		if !errors.Is(err, ErrNewer) {
			t.Error(err)
		}
	}
	wantKey(t, c.Store, "dev", testKey(1))
	if b, err := os.ReadFile(path); err != nil || string(b) != newer {
		t.Errorf("the index was changed: %v", err)
	}
}

// indexStale checks that the first key that is read reveals what other tools
// have done to the items, for all names.
func indexStale(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	mustPut(t, c.Store, "prod", testKey(2))
	for name, n := range map[string]int{"dev": 2, "prod": 1} {
		secret, err := keyitem.EncodeKey(testKey(n))
		if err != nil {
			t.Fatal(err)
		}
		if err := itemsOf(t, c.Store).Set(t.Context(), keyitem.OfKey(name), secret); err != nil {
			t.Fatal(err)
		}
	}
	wantKey(t, c.Store, "dev", testKey(2))
	for name, n := range map[string]int{"dev": 2, "prod": 1} {
		if id, err := c.KeyID(t.Context(), name); err != nil || id != testKey(n).AccessKeyID {
			t.Errorf("KeyID of %s is %q, %v", name, id, err)
		}
	}
}

// indexInterrupted checks what a Put leaves that dies between its writes: an
// entry without a key id, and the old key or the new one.
func indexInterrupted(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	if err := c.vault.index.Set("dev", ""); err != nil {
		t.Fatal(err)
	}
	wantNames(t, c.Store, "dev")
	if id, err := c.KeyID(t.Context(), "dev"); err != nil || id != testKey(1).AccessKeyID {
		t.Errorf("KeyID is %q, %v", id, err)
	}
	if f, _, err := c.vault.index.Load(); err != nil || f.Keys["dev"].AccessKeyID == "" {
		t.Errorf("the index has not learned the key id: %v", err)
	}
	if err := c.vault.index.Set("never", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := c.KeyID(t.Context(), "never"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	wantNames(t, c.Store, "dev")
}

func itemGone(t *testing.T, c *contractStore) {
	for _, use := range []func(name string) error{
		func(name string) error { _, err := c.Get(t.Context(), name); return err },
		func(name string) error { return c.Delete(t.Context(), name) },
	} {
		mustPut(t, c.Store, "dev", testKey(1))
		if err := itemsOf(t, c.Store).Delete(t.Context(), keyitem.OfKey("dev")); err != nil {
			t.Fatal(err)
		}
		if err := use("dev"); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		wantNames(t, c.Store)
	}
}

func nothingInPlaintext(t *testing.T, c *contractStore) {
	mustPut(t, c.Store, "dev", testKey(1))
	noSecretIn(t, c.dir)
	b, err := os.ReadFile(c.indexPath(t))
	if err != nil {
		t.Fatal(err)
	}
	var f keyindex.Content
	if err := json.Unmarshal(b, &f); err != nil || f.Keys["dev"].AccessKeyID != testKey(1).AccessKeyID {
		t.Errorf("index: %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]os.FileMode{c.dir: 0o700, c.indexPath(t): 0o600} {
		if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v; %v", path, fi.Mode().Perm(), want, err)
		}
	}
}
