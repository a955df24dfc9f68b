package session

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/signin"
	"github.com/awsexec/awsexec/internal/tokens"
)

// SignInSSO has a person sign in at IAM Identity Center for p, and keeps the tokens
// sealed; if share is true, with a plain copy where SDKs look. Remote means that the
// browser may be on another machine. The error is a *SignInFailedError unless the
// keystore is the cause.
func (s *Session) SignInSSO(ctx context.Context, p *profile.Profile, person signin.SSOPerson, remote, share bool) (tokens.State, error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return tokens.State{}, err
	}
	if _, err := parts.Cache.SealingKey(ctx); err != nil { // before anybody signs in for nothing
		return tokens.State{}, err
	}
	t, err := signin.SSO{
		Client: parts.Client, Cache: parts.Cache, Person: person, Now: parts.Now, Sleep: sleep, Debug: parts.Events.Debug,
		Session: p.SSO.Session, StartURL: p.SSO.StartURL, Region: p.SSO.Region, Scopes: p.SSO.RegistrationScopes, Remote: remote,
	}.Run(ctx)
	if err != nil {
		if ctx.Err() != nil { // in the middle of a call, perhaps
			err = context.Cause(ctx)
		}
		return tokens.State{}, &SignInFailedError{Profile: p, Remote: remote, err: err}
	}
	return t.State(), provider.KeepSSO(ctx, p.SSO, parts, t, share)
}

// SignInFailedError reports that nobody has signed in.
type SignInFailedError struct {
	Profile *profile.Profile
	Remote  bool
	err     error
}

func (e *SignInFailedError) Unwrap() error { return e.err }

func (e *SignInFailedError) Error() string {
	if s := e.Profile.SSO; s != nil && s.Session != "" {
		return fmt.Sprintf("sso-session %q: %v", s.Session, e.err)
	}
	return fmt.Sprintf("profile %q: %v", e.Profile.Name, e.err)
}

// SignedIn returns the state of the sign-in of p at IAM Identity Center, which AWS has
// just accepted; see [provider.SignedIn].
func (s *Session) SignedIn(ctx context.Context, p *profile.Profile) (tokens.State, error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return tokens.State{}, err
	}
	return provider.SignedIn(ctx, p, parts)
}

// ShareSSO puts a plain copy of the sealed tokens of p where SDKs look; see
// [provider.ShareSSO].
func (s *Session) ShareSSO(ctx context.Context, p *profile.Profile) (shared bool, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return false, err
	}
	return provider.ShareSSO(ctx, p.SSO, parts)
}

// AdoptSSO moves the tokens that the AWS CLI has for p into sealed files; see
// [provider.AdoptSSO].
func (s *Session) AdoptSSO(ctx context.Context, p *profile.Profile) (removed []string, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return nil, err
	}
	return provider.AdoptSSO(ctx, p, parts)
}

// SignOut ends the sign-in of sealed tokens, which AWS is called for as for p, and
// removes them; see [provider.SignOut].
func (s *Session) SignOut(ctx context.Context, p *profile.Profile, kept tokens.Kept) (left, err error) {
	parts, _, err := s.parts(p)
	if err != nil {
		return nil, err
	}
	return provider.SignOut(ctx, kept, parts)
}

// SignIns returns the sealed tokens and registrations that there are, without opening
// them.
func (s *Session) SignIns() ([]tokens.Kept, error) {
	c, err := s.Cache()
	if err != nil {
		return nil, err
	}
	return tokens.List(c)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
