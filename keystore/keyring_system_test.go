//go:build darwin || windows

package keystore

import (
	"os"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/keyitem"
)

// TestKeyringContract deletes all of awsexec's items in the Credential Manager,
// or in the default keychain, so it runs only where that is a throwaway one.
func TestKeyringContract(t *testing.T) {
	if os.Getenv("AWSEXEC_TEST_THROWAWAY_CREDENTIALS") == "" {
		t.Skip("AWSEXEC_TEST_THROWAWAY_CREDENTIALS is not set: the keyring may hold a user's keys")
	}
	contract(t, KindKeyring, func(t *testing.T) {
		for _, service := range []string{keyitem.Sealing.Service, keyitem.OfKey("").Service, keyitem.OfJournal("").Service, keyitem.OfTOTP("").Service} {
			if err := keyring.DeleteAll(service); err != nil {
				t.Fatal(err)
			}
		}
	})
}
