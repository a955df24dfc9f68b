package agekeys

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/tpmkey"
)

func TestTPM(t *testing.T) {
	tpm := agetest.StartTPM(t)
	for _, pin := range []string{"", "1234"} {
		host, shown := answering(t, "", "4321", "1234", "0", "0")
		host.TPM = tpm
		text, r, err := NewTPM(t.Context(), host, []byte(pin))
		if err != nil {
			t.Fatal(err)
		}
		parsed, is := mustParse(t, r.Text, []byte(text))
		if parsed.Kind != Tag || is[0].Kind != TPM || is[0].Recipient.Text != r.Text || is[0].NeedsPerson() != (pin != "") {
			t.Errorf("%s, %s of %s", parsed.Kind, is[0].Kind, is[0].Recipient)
		}
		sealed, err := Encrypt(t.Context(), Host{}, []byte(marker), []Recipient{parsed}) // which needs no TPM
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the PIN is asked for once
			if plain, err := Decrypt(t.Context(), host, sealed, is); err != nil || string(plain) != marker {
				t.Fatal(err)
			}
		}
		want := ""
		if pin != "" {
			want = "? PIN of the TPM key: \n? wrong PIN; PIN of the TPM key: \n"
		}
		if shown.String() != want || is[0].NeedsPerson() {
			t.Errorf("asked:\n%s", shown)
		}

		_, other, err := NewIdentity(nil)
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := Encrypt(t.Context(), Host{}, []byte(marker), []Recipient{other})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decrypt(t.Context(), host, foreign, is); !errors.Is(err, ErrNoMatch) {
			t.Error(err)
		}
		host.TPM = filepath.Join(t.TempDir(), "none")
		if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, tpmkey.ErrMissing) || !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("without the TPM: %v", err)
		}
		host.TPM = agetest.StartTPM(t)
		if _, err := Decrypt(t.Context(), host, sealed, is); !errors.Is(err, tpmkey.ErrForeign) {
			t.Errorf("with another TPM: %v", err)
		}
		host.TPM = tpm
		if pin != "" {
			_, again := mustParse(t, r.Text, []byte(text))
			if _, err := Decrypt(t.Context(), host, sealed, again); !errors.Is(err, tpmkey.ErrWrongPIN) && !errors.Is(err, tpmkey.ErrLockout) {
				t.Errorf("wrong PINs: %v", err)
			}
		}
		for n := range len(text) - 20 {
			if _, err := ParseIdentities([]byte(text[:len(text)-1-n]), ""); err == nil || strings.Contains(err.Error(), text[20:40]) {
				t.Fatalf("a part of the identity is read: %v", err)
			}
		}
	}
}
