package renew

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// SourceError means that a program cannot renew credentials of this kind: they
// come from variables that it does not get.
type SourceError struct{ Kind provider.Kind }

// Given reports whether the credentials themselves are in the environment.
func (e *SourceError) Given() bool {
	return e.Kind == provider.EnvironmentKey || e.Kind == provider.EnvironmentSession
}

func (e *SourceError) Error() string {
	switch e.Kind {
	case provider.EnvironmentKey:
		return "--refresh: the credentials are an access key in the environment, which the program does not get"
	case provider.EnvironmentSession:
		return "--refresh: the credentials are a session in the environment, which the program does not get"
	}
	return fmt.Sprintf("--refresh: the credentials come from variables (%s) that the program does not get", e.Kind)
}

// Check reports whether the awsexec that a program's SDK calls needs a long-term
// key to do what plan says. The error, a *SourceError, means that it cannot do it.
func Check(plan *provider.Plan) (longTerm bool, err error) {
	for step := plan; step != nil; step = step.From {
		switch step.Kind {
		case provider.EnvironmentKey, provider.EnvironmentSession, provider.Container:
			return false, &SourceError{step.Kind}
		case provider.WebIdentity:
			if step.Profile.WebIdentityTokenFile == "" {
				return false, &SourceError{step.Kind}
			}
		}
		longTerm = longTerm || step.LongTerm()
	}
	return longTerm, nil
}

// Keystore is an encrypted keystore.
type Keystore interface {
	String() string

	// UnlockedUntil returns until when no passphrase is needed; ok is false if one
	// is needed now.
	UnlockedUntil(ctx context.Context) (until time.Time, ok bool)
}

// PassphraseError means that renewals cannot open the keystore: the passphrase is
// in a variable that the program does not get.
type PassphraseError struct {
	Profile  string
	Keystore string
}

func (e *PassphraseError) Error() string {
	return fmt.Sprintf("--refresh: each renewal opens %s, and the program does not get AWSEXEC_PASSPHRASE", e.Keystore)
}

// CheckOpen reports whether each renewal for a profile will ask a person for the
// passphrase of the keystore. FromVariable says that this process has it from a
// variable. The error, a *PassphraseError, means that renewals cannot open the
// keystore.
func CheckOpen(ctx context.Context, keys Keystore, profile string, fromVariable bool) (asks bool, err error) {
	if _, open := keys.UnlockedUntil(ctx); open {
		return false, nil
	}
	if fromVariable {
		return false, &PassphraseError{profile, keys.String()}
	}
	return true, nil
}

// Lasting reports whether the next attempt to get credentials will fail in the
// same way, so that no client need try again at once.
func Lasting(err error) bool {
	var noKey *provider.NoKeyError
	return errors.As(err, &noKey) || errors.Is(err, keystore.ErrNotFound) || errors.Is(err, provider.ErrNoHuman) || awsapi.Refused(err)
}
