package keystore

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/bustest"
)

// TestKeyringOfSeveralDirectories checks that processes with different data
// directories, such as those of sandboxed editors, can store keys in one
// keyring at once. Each directory has its own lock and its own index, and all
// share the item of the sealing key.
func TestKeyringOfSeveralDirectories(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	const directories, keys = 4, 5
	dir := t.TempDir()
	open := func(i int) *Store { return openKeyring(t, testOptions(filepath.Join(dir, fmt.Sprint(i)))) }
	var running sync.WaitGroup
	for i := range directories {
		running.Go(func() {
			for k := range keys {
				if err := open(i).Put(t.Context(), fmt.Sprintf("dev-%d-%d", i, k), testKey(10*i+k)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	for i := range directories {
		s := open(i)
		mustSeal(t, s)
		for k := range keys {
			name, want := fmt.Sprintf("dev-%d-%d", i, k), testKey(10*i+k)
			wantKey(t, s, name, want)
			if id, err := s.KeyID(t.Context(), name); err != nil || id != want.AccessKeyID {
				t.Errorf("%s is %q, %v", name, id, err)
			}
		}
	}
}
