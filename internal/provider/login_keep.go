package provider

import (
	"context"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// LoginState returns the state of the login session of p, which it renews if need be.
// The error is a *GivenError; it wraps a *tokens.SignInError if somebody has to sign in.
func LoginState(ctx context.Context, p *profile.Profile, parts Parts) (tokens.State, error) {
	c, err := newMaker(parts, Flags{}).login(ctx, p)
	if err != nil {
		return tokens.State{}, &GivenError{Login, p, err}
	}
	return tokens.State{Expires: c.Expires, Renewable: true}, nil
}

// CheckLogin returns an error if the tokens of a login session could not be kept, before
// somebody signs in for nothing. A person may be asked to open the keystore.
func CheckLogin(ctx context.Context, parts Parts) error {
	if _, err := parts.Cache.SealingKey(ctx); err != nil {
		return err
	}
	return tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens("")).CheckSave()
}
