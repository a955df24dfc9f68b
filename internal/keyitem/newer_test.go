package keyitem

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// TestNewerItems: fields that a newer awsexec has added do not matter.
func TestNewerItems(t *testing.T) {
	want := aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER"}
	const key = `{"AccessKeyId":"AKIA","More":{"of":["it"]},"SecretAccessKey":"S3CR3TMARKER"}`
	if got, err := DecodeKey([]byte(key)); err != nil || got != want {
		t.Error(err)
	}
	got, err := DecodeJournal([]byte(`{"More":1,"Old":` + key + `,"Began":"2026-01-02T03:04:05Z"}`))
	if err != nil || got.Old != want || got.Began.IsZero() {
		t.Error(err)
	}
	totp, err := EncodeTOTP([]byte("S3CR3TMARKER"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeTOTP(append([]byte(`{"More":1,`), totp[1:]...)); err != nil || string(got) != "S3CR3TMARKER" {
		t.Error(err)
	}
}
