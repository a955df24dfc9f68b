package session

import (
	"context"
	"strings"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/signin"
	"github.com/awsexec/awsexec/internal/tokens"
)

// LoginSignIn is how somebody signs in with what the AWS console takes.
type LoginSignIn struct {
	Person signin.LoginPerson
	Remote bool // the browser may be on another machine
	Share  bool // a plain copy of the tokens goes where SDKs look
	// Accept is asked whether the tokens of who has signed in are to be kept.
	Accept func(ctx context.Context, who string) error
}

// SignInLogin has a person sign in where p calls AWS, and keeps the tokens sealed. It
// returns who has signed in, and the state of the tokens. The error is a
// *SignInFailedError unless the keystore is the cause, or Accept.
func (s *Session) SignInLogin(ctx context.Context, p *profile.Profile, how LoginSignIn) (who string, state tokens.State, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return "", tokens.State{}, err
	}
	if err := provider.CheckLogin(ctx, parts); err != nil {
		return "", tokens.State{}, err
	}
	t, who, err := signin.Login{Client: parts.Client, Person: how.Person, Now: parts.Now, Remote: how.Remote}.Run(ctx)
	if err != nil {
		return "", tokens.State{}, &SignInFailedError{Profile: p, Remote: how.Remote, err: err}
	}
	if err := how.Accept(ctx, who); err != nil {
		return "", tokens.State{}, err
	}
	return who, t.State(), provider.KeepLogin(ctx, who, parts, t, how.Share)
}

// LoginState returns the state of the login session of p; see [provider.LoginState].
func (s *Session) LoginState(ctx context.Context, p *profile.Profile) (tokens.State, error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return tokens.State{}, err
	}
	return provider.LoginState(ctx, p, parts)
}

// ShareLogin puts a plain copy of the sealed tokens of p where SDKs look; see
// [provider.ShareLogin].
func (s *Session) ShareLogin(ctx context.Context, p *profile.Profile) (shared bool, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return false, err
	}
	return provider.ShareLogin(ctx, p.LoginSession, parts)
}

// AdoptLogin moves the tokens that the AWS CLI has for p into a sealed file; see
// [provider.AdoptLogin].
func (s *Session) AdoptLogin(ctx context.Context, p *profile.Profile) (removed []string, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return nil, err
	}
	return provider.AdoptLogin(ctx, p, parts)
}

// IsLoginSession reports whether who is the one that a profile names as its
// login_session.
func IsLoginSession(p *profile.Profile, who string) bool {
	return strings.TrimSpace(p.LoginSession) == who
}
