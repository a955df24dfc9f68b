package keystore

import (
	"os"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/keyitem"
)

// TestKeyringContract deletes all of awsexec's items in the Credential Manager,
// so it runs only where the Credential Manager is a throwaway one.
func TestKeyringContract(t *testing.T) {
	if os.Getenv("AWSEXEC_TEST_THROWAWAY_CREDENTIALS") == "" {
		t.Skip("AWSEXEC_TEST_THROWAWAY_CREDENTIALS is not set: the Credential Manager may hold a user's keys")
	}
	contract(t, KindKeyring, func(t *testing.T) {
		for _, service := range []string{keyitem.Sealing.Service, keyitem.OfKey("").Service} {
			if err := keyring.DeleteAll(service); err != nil {
				t.Fatal(err)
			}
		}
	})
}
