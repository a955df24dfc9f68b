package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
	"github.com/awsexec/awsexec/keystore"
)

// A role of IAM Identity Center gives credentials for an hour or more, which hold
// whatever becomes of the sign-in. They are kept in the cache as sessions of a
// long-term key are, and so are those of roles that are assumed with a sign-in. The
// base of the sign-in is in the place of the id of the key.

// SSOBase returns the base of all that the cache has of a sign-in at IAM Identity
// Center. It names what the tokens of the sign-in are kept under, and the start URL:
// the same name may mean another one in another config file.
func SSOBase(s *profile.SSO) string { return "IAM Identity Center " + s.Session + " " + s.StartURL }

// LoginBase returns the base of all that the cache has of a login session. Its own
// credentials are not there: they are its access token.
func LoginBase(session string) string { return "login session " + strings.TrimSpace(session) }

// signInBase returns the base of the sign-in of a profile, of which kind says which
// one it is.
func signInBase(kind Kind, p *profile.Profile) string {
	if kind == Login {
		return LoginBase(p.LoginSession)
	}
	return SSOBase(p.SSO)
}

// signIn is the sign-in that sessions are made with.
type signIn struct {
	base string

	// file returns the path of the file with the tokens; "" if there is none any more,
	// because somebody has signed out. What was made before is not handed out then.
	file func(ctx context.Context) string
}

// signInOf returns the sign-in of plan.
func (m *maker) signInOf(plan *Plan) *signIn {
	p := plan.Profile
	return &signIn{signInBase(plan.Kind, p), func(ctx context.Context) string {
		if plan.Kind == Login {
			return tokensFile(loginPlaces(ctx, m.Cache, m.Env, m.Home, p.LoginSession, m.Now()))
		}
		return tokensFile(ssoPlaces(ctx, m.Cache, m.Home, p.SSO, m.Now()))
	}}
}

// tokensFile returns the path of the first place that has tokens, whatever they are
// worth; "" if none has.
func tokensFile[T tokens.Token](places []place[T]) string {
	for _, p := range places {
		if signIn, ok := errors.AsType[*tokens.SignInError](p.err); !ok || signIn.Reason != tokens.Missing {
			return p.ID()
		}
	}
	return ""
}

// roleOfSSO returns the provider of the credentials of a role of IAM Identity Center.
func (m *maker) roleOfSSO(plan *Plan) *cached {
	s, of := plan.Profile.SSO, m.signInOf(plan)
	key := cache.Key{Base: of.base, Operation: "GetRoleCredentials", Endpoint: m.Client.SSOEndpoint, AccountID: s.AccountID, RoleName: s.RoleName}
	return &cached{m: m, key: key, lock: key.ID(), issue: m.given(plan).Retrieve, signIn: of}
}

// loginProvider provides the credentials of a login session.
type loginProvider struct {
	aws.CredentialsProvider
	signIn *signIn
}

// sessions returns the cache of c. Credentials of a sign-in can be had without it, so
// that nobody is asked for its key.
func (c *cached) sessions() *cache.Cache {
	if c.signIn != nil {
		return c.m.QuietCache
	}
	return c.m.Cache
}

// notCached reports that a session could not be written to the cache. A sign-in works
// without a keystore, and with a locked one.
func (c *cached) notCached(err error) {
	closed := errors.Is(err, keystore.ErrUnavailable) || errors.Is(err, keystore.ErrLocked) || errors.Is(err, keystore.ErrRefused)
	if c.signIn != nil && closed {
		c.m.Events.Debug("the session is not cached: %v", err)
		return
	}
	c.m.Events.Warn(fmt.Errorf("the session could not be cached: %w", err))
}
