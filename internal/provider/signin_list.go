package provider

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// SignIn is a sign-in that the AWS files describe, and what is known of its tokens
// without opening them.
type SignIn struct {
	Kind    Kind         // SSO or Login
	Name    string       // the sso-session, the start URL in the legacy form, or the login session
	Profile string       // a profile that has it
	Session bool         // Name is that of an sso-session
	Tokens  []TokensFile // where there are tokens, those first that are used first; none if nobody has signed in
}

// IsOf reports whether plan gets its credentials with s.
func (s SignIn) IsOf(plan *Plan) bool {
	if plan.Kind != s.Kind {
		return false
	}
	if s.Kind == Login {
		return s.Name == plan.Profile.LoginSession
	}
	sso := plan.Profile.SSO
	return s.Name == cmp.Or(sso.Session, sso.StartURL) && s.Session == (sso.Session != "")
}

// TokensFile is a file with the tokens of a sign-in.
type TokensFile struct {
	tokens.State
	Path   string
	Sealed bool  // otherwise in plaintext, where the AWS CLI has it
	Copied bool  // a copy of a sealed file, which the user asked for
	Err    error // why the file holds no tokens; nil if it does
}

// SignIns returns the sign-ins of config, those at IAM Identity Center first. It makes
// no request, and needs no key. There is no cache if it is nil.
func SignIns(ctx context.Context, config *profile.Config, c *cache.Cache, env func(string) string, home string, now time.Time) []SignIn {
	var all []SignIn
	profiles := firstProfiles(config)
	for _, s := range config.SignIns() {
		found := SignIn{Kind: SSO, Name: s.Session, Session: true, Profile: profiles[s.Session]}
		if s.Session == "" {
			found.Name, found.Session, found.Profile = s.StartURL, false, s.Profile
		}
		found.Tokens = tokensFiles(ssoPlaces(ctx, c, home, &s.SSO, now))
		all = append(all, found)
	}
	for _, l := range config.LoginSessions() {
		all = append(all, SignIn{Kind: Login, Name: l.LoginSession, Profile: l.Profile, Tokens: tokensFiles(loginPlaces(ctx, c, env, home, l.LoginSession, now))})
	}
	return all
}

// firstProfiles returns the first profile of each sso-session.
func firstProfiles(config *profile.Config) map[string]string {
	bySession := map[string]string{}
	for _, name := range config.Names() {
		settings, _ := config.Lookup(name)
		if s := settings["sso_session"].Text; s != "" && bySession[s] == "" {
			bySession[s] = name
		}
	}
	return bySession
}

// tokensFiles returns the files of places that have tokens.
func tokensFiles[T tokens.Token](places []place[T]) []TokensFile {
	var files []TokensFile
	shared := false
	for _, p := range places {
		if sealed, ok := p.Store.(tokens.Sealed[T]); ok {
			_, shared, _ = sealed.State()
		}
	}
	for _, p := range places {
		if signIn, ok := errors.AsType[*tokens.SignInError](p.err); ok && signIn.Reason == tokens.Missing {
			continue
		}
		files = append(files, TokensFile{State: p.state, Path: p.ID(), Sealed: p.own, Copied: shared && !p.own, Err: p.err})
	}
	return files
}
