package keyring

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

// TestKeychain checks that the default keychain keeps what package keystore
// stores: names that differ in case, text of a kilobyte, and no more than the
// last value.
func TestKeychain(t *testing.T) {
	if os.Getenv("AWSEXEC_TEST_THROWAWAY_CREDENTIALS") == "" {
		t.Skip("the keychain may be somebody's: AWSEXEC_TEST_THROWAWAY_CREDENTIALS is not set")
	}
	k, end := New(Options{Env: os.Getenv}).Begin()
	defer end()
	items := map[backend.Item]string{}
	for _, name := range []string{"dev", "Dev", "with space", "é日", `"quoted" $HOME`} {
		items[backend.Item{Service: "awsexec-test", Name: name}] = name + strings.Repeat(" x\"$`é", 128)
	}
	for it, secret := range items {
		for _, value := range []string{"first", secret} {
			if err := k.Set(t.Context(), it, []byte(value)); err != nil {
				t.Fatalf("%q: %v", it.Name, err)
			}
		}
	}
	for it, secret := range items {
		if got, err := k.Get(t.Context(), it); err != nil || string(got) != secret {
			t.Errorf("%q: %d bytes, want %d, %v", it.Name, len(got), len(secret), err)
		}
		if err := k.Delete(t.Context(), it); err != nil {
			t.Errorf("%q: %v", it.Name, err)
		}
		if _, err := k.Get(t.Context(), it); !errors.Is(err, backend.ErrNotFound) {
			t.Errorf("%q after its removal: %v", it.Name, err)
		}
		if err := k.Delete(t.Context(), it); !errors.Is(err, backend.ErrNotFound) {
			t.Errorf("%q, a second removal: %v", it.Name, err)
		}
	}
}
