package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/totp"
	"github.com/awsexec/awsexec/keystore"
)

// NoTOTPError reports that codes are to come from a secret beside a key, where there
// is none.
type NoTOTPError struct{ Key string } // the name of the key; "" if it is not a stored one

func (e *NoTOTPError) Error() string {
	if e.Key == "" {
		return "mfa_totp = keystore: the key is not in the keystore"
	}
	return fmt.Sprintf("mfa_totp = keystore: there is no TOTP secret beside key %q", e.Key)
}

// usesTOTP reports whether one of the profiles that lead to a call has the codes come
// from the keystore.
func usesTOTP(way []*profile.Profile) bool {
	return slices.ContainsFunc(way, func(p *profile.Profile) bool { return p.MFATOTP })
}

// totpCode returns the code of the device whose secret is beside the key called name.
func (s *Session) totpCode(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", &NoTOTPError{}
	}
	keys, err := s.Keys()
	if err != nil {
		return "", err
	}
	defer s.WaitForKeys()()
	secret, err := keys.TOTP(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		return "", &NoTOTPError{name}
	}
	if err != nil {
		return "", err
	}
	defer clear(secret)
	return totp.Code(secret, s.settings.Now()), nil
}
