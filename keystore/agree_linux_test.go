package keystore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/awsexec/awsexec/internal/bustest"
)

func TestFileIndexAgreesWithKernel(t *testing.T) {
	testAgreement(t, KindFile, func(t *testing.T, dir string) Options { return holding(t, KindFile, dir) })
}

func TestKeyringIndexAgrees(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	testAgreement(t, KindKeyring, notHolding)
}

func TestKeyringIndexAgreesWithKernel(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	testAgreement(t, KindKeyring, func(t *testing.T, dir string) Options { return holding(t, KindKeyring, dir) })
}

// TestKeyringIndexRestoredInLongRun: a process that has read the keyring, as awsexec serve
// does, does not trust an index that was replaced and restored since.
func TestKeyringIndexRestoredInLongRun(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	c := &contractStore{kind: KindKeyring, dir: t.TempDir()}
	c.Store = c.open(t)
	mustPut(t, c.Store, "dev", testKey(1))
	long := c.open(t)
	mustSeal(t, long)
	before, err := os.ReadFile(c.indexPath(t))
	if err != nil {
		t.Fatal(err)
	}
	mustPut(t, c.open(t), "dev", testKey(2))
	if err := os.WriteFile(c.indexPath(t), before, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from the index
		if id, err := long.KeyID(t.Context(), "dev"); err != nil || id != testKey(2).AccessKeyID {
			t.Errorf("dev is %q, %v", id, err)
		}
	}
	if f, _, err := long.vault.index.Load(); err != nil || long.vault.contradicts(f) {
		t.Errorf("the index is not repaired: %v", err)
	}
}

// A user who removes the data directory gets through, although the kernel still
// holds the sealing key.
func TestIndexAgreesWithoutDirectory(t *testing.T) {
	for _, kind := range []Kind{KindFile, KindKeyring} {
		t.Run(string(kind), func(t *testing.T) {
			if kind == KindKeyring {
				bustest.Start(t, bustest.NoServices).StartKeyring(t)
			}
			o := holding(t, kind, filepath.Join(t.TempDir(), "data"))
			mustPut(t, openKind(t, kind, o), "dev", testKey(1))
			mustSeal(t, openKind(t, kind, o))
			if err := os.RemoveAll(o.Dir); err != nil {
				t.Fatal(err)
			}
			if copies, err := openKind(t, kind, o).Copies(t.Context(), testKey(2).AccessKeyID); err != nil || len(copies) != 0 {
				t.Errorf("copies %v, %v", copies, err)
			}
			s := openKind(t, kind, o)
			mustPut(t, s, "prod", testKey(2))
			if id, err := s.KeyID(t.Context(), "prod"); err != nil || id != testKey(2).AccessKeyID {
				t.Errorf("prod is %q, %v", id, err)
			}
			mustSeal(t, s)
			if f, _, err := s.vault.index.Load(); err != nil || s.vault.contradicts(f) {
				t.Errorf("the index is not repaired: %v", err)
			}
		})
	}
}
