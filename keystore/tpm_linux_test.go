package keystore

import (
	"testing"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/agetest"
)

func TestFileOfTPM(t *testing.T) {
	tpm := agetest.StartTPM(t)
	contract(t, KindFile, func(t *testing.T) { t.Setenv(tpmVariable, tpm) }, func(t *testing.T, dir string) {
		text, r, err := agekeys.NewTPM(t.Context(), testHost(""), nil)
		if err != nil {
			t.Fatal(err)
		}
		mustCreate(t, dir, Access{Recipients: []agekeys.Recipient{r}, Ways: Ways{Identities: []string{text}}})
	})
}
