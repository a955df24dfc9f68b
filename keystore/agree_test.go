package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// disagreements are ways to have an index and its store disagree. Before each,
// dev has key 1 and prod key 2; then both are swapped, and b is what there was
// before. The ids are those that the store has in the end.
var disagreements = []struct {
	name      string
	file      bool // only for an encrypted file
	make      func(t *testing.T, c *contractStore, b backup)
	dev, prod int
}{
	{"nothing", false, func(*testing.T, *contractStore, backup) {}, 2, 1},
	{"index restored", false, func(t *testing.T, c *contractStore, b backup) { b.restore(t, "index") }, 2, 1},
	{"store restored", true, func(t *testing.T, c *contractStore, b backup) { b.restore(t, "store") }, 1, 2},
	{"both restored", true, func(t *testing.T, c *contractStore, b backup) { b.restore(t, "index", "store") }, 1, 2},
	{"index gone", false, func(t *testing.T, c *contractStore, b backup) { remove(t, c.indexPath(t)) }, 2, 1},
	{"index edited", false, func(t *testing.T, c *contractStore, b backup) {
		f, _, err := c.vault.index.Load()
		if err != nil {
			t.Fatal(err)
		}
		f.Keys["dev"], f.Keys["prod"] = f.Keys["prod"], f.Keys["dev"]
		if err := c.vault.index.Save(f, false); err != nil {
			t.Fatal(err)
		}
	}, 2, 1},
	{"removed and restored", false, func(t *testing.T, c *contractStore, b backup) {
		if err := c.open(t).Delete(t.Context(), "dev"); err != nil {
			t.Fatal(err)
		}
		b.restore(t, "index")
	}, 0, 1},
	{"of an older awsexec", false, func(t *testing.T, c *contractStore, b backup) {
		f, _, err := c.vault.index.Load()
		if err != nil {
			t.Fatal(err)
		}
		f.Store = ""
		f.Keys["dev"], f.Keys["prod"] = f.Keys["prod"], f.Keys["dev"]
		if err := c.vault.index.Save(f, false); err != nil {
			t.Fatal(err)
		}
		if c.kind == KindKeyring {
			v, end := c.vault.begin()
			defer end()
			s, _, err := v.sealing(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			s.Index = [32]byte{}
			if err := v.items.Set(t.Context(), keyitem.Sealing, sealingkey.Encode(s)); err != nil {
				t.Fatal(err)
			}
		}
	}, 2, 1},
	{"killed writer, index restored", false, func(t *testing.T, c *contractStore, b backup) {
		now := b.again(t)
		s := c.open(t)
		f := &faulty{Backend: s.vault.backend}
		f.Operation, _ = f.Backend.Begin()
		f.set1 = func(it backend.Item, secret []byte) error {
			if err := f.Operation.Set(t.Context(), it, secret); err != nil {
				t.Error(err)
			}
			panic("killed") // all that is given back is what the system takes from a dead process: the lock
		}
		s.vault.backend = f
		func() {
			defer func() { _ = recover() }()
			err := s.Put(t.Context(), "dev", testKey(3))
			t.Errorf("not killed: %v", err)
		}()
		now.restore(t, "index")
	}, 3, 1},
}

// backup has copies of the index and of the encrypted file.
type backup struct {
	c            *contractStore
	index, store []byte
}

func (b backup) again(t *testing.T) backup {
	t.Helper()
	b.index, b.store = nil, nil
	var err error
	if b.index, err = os.ReadFile(b.c.indexPath(t)); err != nil {
		t.Fatal(err)
	}
	if b.c.kind == KindFile {
		if b.store, err = os.ReadFile(filepath.Join(b.c.dir, fileName)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b backup) restore(t *testing.T, what ...string) {
	t.Helper()
	for _, w := range what {
		path, data := filepath.Join(b.c.dir, fileName), b.store
		if w == "index" {
			path, data = b.c.indexPath(t), b.index
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// testAgreement checks that, whatever happened to an index, only key ids of the
// store are used.
func testAgreement(t *testing.T, kind Kind, optionsIn func(t *testing.T, dir string) Options) {
	for _, row := range disagreements {
		if row.file && kind != KindFile {
			continue
		}
		t.Run(row.name, func(t *testing.T) {
			c := &contractStore{kind: kind, dir: filepath.Join(t.TempDir(), "data")}
			options := optionsIn(t, c.dir)
			open := func() *Store {
				s, err := Open(kind, options)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			c.Store = open()
			mustPut(t, open(), "dev", testKey(1))
			mustPut(t, open(), "prod", testKey(2))
			sealingKey := mustSeal(t, open())
			b := backup{c: c}.again(t)
			mustPut(t, open(), "dev", testKey(2))
			mustPut(t, open(), "prod", testKey(1))
			if mustSeal(t, open()) != sealingKey {
				t.Error("another sealing key")
			}
			row.make(t, c, b)

			want := map[string]int{"dev": row.dev, "prod": row.prod}
			for round := range 2 {
				for name, n := range want {
					s := open()
					mustSeal(t, s) // as every reader of a session does
					id, err := s.KeyID(t.Context(), name)
					if n == 0 {
						if !errors.Is(err, ErrNotFound) {
							t.Errorf("round %d: %s is %q, %v", round, name, id, err)
						}
					} else if err != nil || id != testKey(n).AccessKeyID {
						t.Errorf("round %d: %s is %q, want %q; %v", round, name, id, testKey(n).AccessKeyID, err)
					}
				}
			}
			// It has been written down: nothing contradicts it any more.
			s := open()
			mustSeal(t, s)
			f, _, err := s.vault.index.Load()
			if err != nil || s.vault.contradicts(f) {
				t.Errorf("the index is not repaired: %v", err)
			}
			for name, n := range want {
				if got := f.Keys[name].AccessKeyID; n > 0 && got != testKey(n).AccessKeyID {
					t.Errorf("the index says %q of %s", got, name)
				}
			}
		})
	}
}

func mustSeal(t *testing.T, s *Store) [32]byte {
	t.Helper()
	key, err := s.SealingKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func notHolding(_ *testing.T, dir string) Options { return testOptions(dir) }

func TestFileIndexAgrees(t *testing.T) { testAgreement(t, KindFile, notHolding) }

// TestListOfLockedFile checks that without the passphrase a contradicted index
// shows no key ids.
func TestListOfLockedFile(t *testing.T) {
	c := &contractStore{kind: KindFile, dir: t.TempDir()}
	c.Store = c.open(t)
	mustPut(t, c.Store, "dev", testKey(1))
	b := backup{c: c}.again(t)
	mustPut(t, c.Store, "dev", testKey(2))
	b.restore(t, "store")
	s := c.open(t)
	for _, want := range []string{"", testKey(1).AccessKeyID} {
		entries, err := s.List(t.Context())
		if err != nil || len(entries) != 1 || entries[0].AccessKeyID != want {
			t.Errorf("list is %v, %v; want %q", entries, err, want)
		}
		mustSeal(t, s)
	}
}

// Whoever was stopped while changing the store stops no reader.
func TestReadWhileStoreIsBusy(t *testing.T) {
	c := &contractStore{kind: KindFile, dir: t.TempDir()}
	c.Store = c.open(t)
	mustPut(t, c.Store, "dev", testKey(1))
	index := c.indexPath(t)
	remove(t, index)
	release, err := c.lockStore(t.Context(), noLimit)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	s := c.open(t)
	if id, err := s.KeyID(t.Context(), "dev"); err != nil || id != testKey(1).AccessKeyID {
		t.Errorf("dev is %q, %v", id, err)
	}
	if _, err := os.Stat(index); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the index was written without the lock: %v", err)
	}
}

// The index settles although others go on writing.
func TestReadWhileOthersWrite(t *testing.T) {
	c := &contractStore{kind: KindFile, dir: t.TempDir()}
	c.Store = c.open(t)
	mustPut(t, c.Store, "dev", testKey(1))
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for n := range 3 {
		s := c.open(t)
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := s.Put(t.Context(), fmt.Sprint("other", n), testKey(10*n+i%2)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if _, err := c.open(t).Copies(t.Context(), testKey(1).AccessKeyID); err != nil {
			t.Error(err)
		}
	}
	stop()
	writers.Wait()
}
