package session

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// The code is that of the secret beside the key that signs the call, at the time of
// this run. AWSEXEC_MFA_CODE goes before it, and nobody is asked.
func TestTOTPCode(t *testing.T) {
	keys, err := keystore.OpenFile(keystore.Options{
		Dir: t.TempDir(), Env: os.Getenv, WorkFactor: 1,
		Passphrase: func(context.Context, bool) ([]byte, error) { return []byte("S3CR3TMARKER passphrase"), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Put(t.Context(), "work", aws.Credentials{AccessKeyID: "AKIAIOSFODNN7ALICE01", SecretAccessKey: "S3CR3TMARKER"}); err != nil {
		t.Fatal(err)
	}
	settings := &Settings{NoPrompt: true, Now: func() time.Time { return time.Unix(59, 0) }}
	s := New(settings, &recorder{}, nil)
	s.store = keys
	way := []*profile.Profile{{Name: "role"}, {Name: "work", MFATOTP: true}}
	h := &helper{session: s, profile: way[0]}
	for _, key := range []string{"work", ""} {
		var none *NoTOTPError
		if _, err := h.TokenCode(t.Context(), provider.TokenRequest{Way: way, Key: key}); !errors.As(err, &none) || none.Key != key {
			t.Errorf("without a secret: %v", err)
		}
	}
	if err := keys.PutTOTP(t.Context(), "work", []byte("12345678901234567890")); err != nil { // of RFC 6238
		t.Fatal(err)
	}
	got, err := h.TokenCode(t.Context(), provider.TokenRequest{Way: way, Key: "work"})
	if err != nil || got != (provider.TokenCode{Code: "287082", Origin: provider.FromProgram}) {
		t.Errorf("got %+v, %v", got, err)
	}
	settings.Environ = []string{"AWSEXEC_MFA_CODE=123456"}
	if got, err := h.TokenCode(t.Context(), provider.TokenRequest{Way: way, Key: "work"}); err != nil || got.Code != "123456" {
		t.Errorf("got %+v, %v", got, err)
	}
	settings.Environ = nil
	if _, err := h.TokenCode(t.Context(), provider.TokenRequest{Way: way[:1], Key: "work"}); !errors.Is(err, provider.ErrNoHuman) {
		t.Errorf("a profile without mfa_totp: %v", err)
	}
}
