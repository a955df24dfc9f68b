package keystore

import (
	"os"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// TestSealingKeyOfAnotherDirectory checks that a store copes with another one
// that has the same keyring, but not the same lock, and writes the sealing key
// at any time during a change: the change succeeds, the other's sealing key is
// used, and no index that may be wrong is trusted.
func TestSealingKeyOfAnotherDirectory(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after backend.Item // the other store writes after the write of this item
		count int          // of the writes of after, the first is 1
		stays bool         // the other's digest stays, since the change was over
	}{
		{"before the key", keyitem.Sealing, 1, false},
		{"after the key", keyitem.OfKey("dev"), 1, false},
		{"after all", keyitem.Sealing, 2, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, f := faultyStore(t)
			mustPut(t, s, "dev", testKey(1))
			other := sealingkey.New()
			other.Index = [32]byte{1}
			count := 0
			f.sealing, f.set1 = true, func(it backend.Item, secret []byte) error {
				err := f.Operation.Set(t.Context(), it, secret)
				if it == tt.after && err == nil {
					if count++; count == tt.count {
						err = f.Operation.Set(t.Context(), keyitem.Sealing, sealingkey.Encode(other))
					}
				}
				return err
			}
			mustPut(t, s, "dev", testKey(2))
			want := other
			if !tt.stays {
				want.Index = [32]byte{}
			}
			if kept := sealingItem(t, f); kept != want {
				t.Errorf("the other's key %v, its digest %v, want true, %v", kept.Key == other.Key, kept.Index == other.Index, tt.stays)
			}
			if key, err := s.SealingKey(t.Context()); err != nil || key != other.Key {
				t.Errorf("another sealing key than the other store: %v", err)
			}
			wantKey(t, s, "dev", testKey(2))
			if id, err := s.KeyID(t.Context(), "dev"); err != nil || id != testKey(2).AccessKeyID {
				t.Errorf("dev is %q, %v", id, err)
			}
		})
	}
}

// TestIndexRepairWithoutSealingKey checks that a repair of the index, where
// neither that nor a sealing key exists, makes a random sealing key.
func TestIndexRepairWithoutSealingKey(t *testing.T) {
	s, f := faultyStore(t)
	mustPut(t, s, "dev", testKey(1))
	if err := f.Operation.Delete(t.Context(), keyitem.Sealing); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(s.vault.index.Path); err != nil {
		t.Fatal(err)
	}
	s.vault.memory.at = time.Time{}
	wantKey(t, s, "dev", testKey(1))
	if sealingItem(t, f).Key == [32]byte{} {
		t.Error("sessions are sealed with a key of zeros")
	}
}

// sealingItem returns what the item of the sealing key holds.
func sealingItem(t *testing.T, f *faulty) kernelkey.Sealing {
	t.Helper()
	text, err := f.Operation.Get(t.Context(), keyitem.Sealing)
	if err != nil {
		t.Fatal(err)
	}
	kept, ok := sealingkey.Decode(text)
	if !ok {
		t.Fatal("no sealing key")
	}
	return kept
}
