package keystore

import (
	"errors"
	"testing"

	"github.com/awsexec/awsexec/internal/keyitem"
)

// totpSecret checks that the secret of an MFA device is kept beside its key, and goes
// with it.
func totpSecret(t *testing.T, c *contractStore) {
	ctx := t.Context()
	if err := c.PutTOTP(ctx, "dev", []byte(marker)); !errors.Is(err, ErrNotFound) {
		t.Errorf("put without a key: %v", err)
	}
	mustPut(t, c.Store, "dev", testKey(1))
	want := func(secret string) {
		t.Helper()
		got, err := c.open(t).TOTP(ctx, "dev")
		if string(got) != secret || secret == "" && !errors.Is(err, ErrNotFound) || secret != "" && err != nil {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	}
	want("")
	if err := c.RemoveTOTP(ctx, "dev"); !errors.Is(err, ErrNotFound) {
		t.Errorf("remove nothing: %v", err)
	}
	for _, secret := range []string{marker, marker + "2"} {
		if err := c.PutTOTP(ctx, "dev", []byte(secret)); err != nil {
			t.Fatal(err)
		}
		want(secret)
	}
	mustPut(t, c.Store, "dev", testKey(2)) // of the same user, as after a rotation
	want(marker + "2")
	if err := c.RemoveTOTP(ctx, "dev"); err != nil {
		t.Error(err)
	}
	want("")
	if err := c.PutTOTP(ctx, "dev", []byte(marker)); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(ctx, "dev"); err != nil {
		t.Error(err)
	}
	want("")
	if _, err := itemsOf(t, c.Store).Get(ctx, keyitem.OfTOTP("dev")); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the removal of the key: %v", err)
	}
}
