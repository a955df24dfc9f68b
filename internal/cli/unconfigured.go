package cli

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// unconfiguredError is the error for a call without credentials by somebody who has
// not begun yet: there is nothing that awsexec could use.
type unconfiguredError struct{ error }

func (unconfiguredError) Error() string {
	return "nothing is configured yet: no profile in the AWS files, no stored key, no credentials in the environment"
}

func (e unconfiguredError) Unwrap() error { return e.error }

// unconfigured returns err, with which a call for credentials ended, as an
// [unconfiguredError] if it is one.
func (a *advisor) unconfigured(ctx context.Context, err error) error {
	_, noKey := errors.AsType[*provider.NoKeyError](err)
	if !noKey && !errors.Is(err, keystore.ErrUnavailable) || a.settings == nil || profile.IsNamed(a.settings.Profile, a.settings.Env) {
		return err
	}
	if config, configErr := a.session.Config(); configErr != nil || len(config.Names()) > 0 || len(config.Config.Bare) > 0 {
		return err
	}
	for _, name := range environmentKeys {
		if a.settings.Env(name) != "" {
			return err
		}
	}
	if keys, keysErr := a.session.Keys(); keysErr == nil {
		if entries, listErr := keys.List(ctx); listErr != nil || len(entries) > 0 {
			return err
		}
	}
	return unconfiguredError{err}
}

// hintOfUnconfigured returns the ways to begin.
func hintOfUnconfigured(a *advisor) string {
	return "store an access key, and set up its profile: " + a.command("add", profile.DefaultName) +
		"\nor sign in with IAM Identity Center: aws configure sso, and then awsexec -p NAME"
}
