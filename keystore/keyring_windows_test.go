package keystore

import (
	"os"
	"testing"

	"github.com/zalando/go-keyring"
)

// TestKeyringContract empties the Credential Manager of awsexec's items over
// and over: it runs only where that is said to be a throwaway one.
func TestKeyringContract(t *testing.T) {
	if os.Getenv("AWSEXEC_TEST_THROWAWAY_CREDENTIALS") == "" {
		t.Skip("the Credential Manager may be somebody's: AWSEXEC_TEST_THROWAWAY_CREDENTIALS is not set")
	}
	contract(t, KindKeyring, func(t *testing.T) {
		for _, service := range []string{sealingItem.Service, keyItem("").Service} {
			if err := keyring.DeleteAll(service); err != nil {
				t.Fatal(err)
			}
		}
	})
}
