package keyitem

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// FuzzItem checks that a value from a keyring is a complete key or an error
// that does not quote it, and that decoding returns what was encoded.
func FuzzItem(f *testing.F) {
	f.Add([]byte(`{"AccessKeyId":"AKIA","SecretAccessKey":"S3CR3TMARKER"}`), "AKIA", "S3CR3TMARKER")
	f.Add([]byte(`{"Old":{"AccessKeyId":"AKIA","SecretAccessKey":"S3CR3TMARKER"},"New":{"AccessKeyId":""},"Before":["A"]}`), "\xff", "é\x00")
	f.Add([]byte("S3CR3TMARKER"), "", "")
	f.Fuzz(func(t *testing.T, stored []byte, id, secret string) {
		c, err := DecodeKey(stored)
		noSecret(t, err)
		if err == nil && (c.AccessKeyID == "" || c.SecretAccessKey == "") {
			t.Fatal("an incomplete key")
		}
		_, err = DecodeJournal(stored)
		noSecret(t, err)

		_, err = DecodeTOTP(stored)
		noSecret(t, err)
		if totp, err := EncodeTOTP([]byte(secret)); err == nil {
			if got, err := DecodeTOTP(totp); err != nil || string(got) != secret {
				t.Fatalf("the decoded TOTP secret differs: %v", err)
			}
		}

		want := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}
		encoded, err := EncodeKey(want)
		noSecret(t, err)
		if err != nil {
			return
		}
		if len(encoded) > MaxSize {
			t.Fatalf("%d bytes", len(encoded))
		}
		if got, err := DecodeKey(encoded); err != nil || got != want {
			t.Fatalf("the decoded key differs: %v", err)
		}
		r := Journal{Old: want, New: want, Before: []string{"A"}, Began: time.Unix(1767323045, 0).UTC()}
		journal, err := EncodeJournal(r)
		if err != nil {
			return
		}
		if got, err := DecodeJournal(journal); err != nil || got.Old != want || got.New != want || !got.Began.Equal(r.Began) {
			t.Fatalf("the decoded journal differs: %v", err)
		}
	})
}

func noSecret(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "S3CR3TMARKER") {
		t.Fatalf("an error quotes a secret: %v", err)
	}
}
