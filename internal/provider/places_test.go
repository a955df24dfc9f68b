package provider

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// sealed returns the sealed tokens of p.
func (p *people) sealed() tokens.Sealed[tokens.SSO] {
	id := SSOTokens(&profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: "https://x.example/start"})
	return tokens.NewSealed[tokens.SSO](newTestCache(filepath.Join(p.home, "cache")), id)
}

// seal writes sealed tokens of their own: valid at the portal, and with a refresh
// token unless that is "".
func (p *people) seal(life time.Duration, refreshToken string) {
	p.t.Helper()
	t := tokens.SSO{AccessToken: secret + "own", ExpiresAt: time.Now().Add(life).UTC().Truncate(time.Second), ClientID: "own", ClientSecret: secret, RefreshToken: refreshToken,
		RegistrationEnds: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)}
	p.sso.SignIn(t.AccessToken, t.ExpiresAt)
	if refreshToken != "" && !strings.HasSuffix(refreshToken, "used") {
		p.sso.Register(awstest.Login{ClientID: t.ClientID, ClientSecret: t.ClientSecret, RefreshToken: refreshToken})
	}
	if err := p.sealed().Put(p.t.Context(), t, false); err != nil {
		p.t.Fatal(err)
	}
}

// plain writes the file of the AWS CLI.
func (p *people) plain(life time.Duration) {
	p.t.Helper()
	p.login.Expires = time.Now().Add(life)
	p.sso.SignIn(p.login.AccessToken, p.login.Expires)
	if _, err := p.login.Save(p.home); err != nil {
		p.t.Fatal(err)
	}
}

// Of awsexec's own tokens and those of the AWS CLI the ones are used that are good, and
// those are renewed that expire later.
func TestPlaces(t *testing.T) {
	const used, fresh = secret + "used", secret + "own refresh"
	for _, tt := range []struct {
		name    string
		prepare func(*people)
		renewed int    // how often tokens were
		calls   int    // of the portal
		writes  string // whose file has changed
		ended   bool   // the sealed tokens cannot be renewed any more
	}{
		{"both valid", func(p *people) { p.seal(time.Hour, fresh); p.plain(2 * time.Hour) }, 0, 1, "", false},
		{"own expired, the other valid", func(p *people) { p.seal(-time.Hour, fresh); p.plain(time.Hour) }, 0, 1, "", false},
		{"own alone", func(p *people) { p.seal(time.Hour, ""); _ = os.Remove(p.saved[SSO]) }, 0, 1, "", true},
		{"own alone, expired", func(p *people) { p.seal(-time.Hour, fresh); _ = os.Remove(p.saved[SSO]) }, 1, 1, "own", false},
		{"both expired, own later", func(p *people) { p.seal(-time.Minute, fresh); p.plain(-time.Hour) }, 1, 1, "own", false},
		{"both expired, own earlier", func(p *people) { p.seal(-time.Hour, fresh); p.plain(-time.Minute) }, 1, 1, "plain", false},
		{"own ended, the other expired", func(p *people) { p.seal(-time.Minute, ""); p.plain(-time.Hour) }, 1, 1, "plain", true},
		{"own refused", func(p *people) { p.seal(-time.Minute, used); p.plain(-time.Hour) }, 1, 1, "own plain", true},
		{"own signed out at the portal", func(p *people) { p.seal(time.Hour, fresh); p.sso.SignOut(secret + "own"); p.plain(time.Hour) }, 0, 2, "", false},
		{"own damaged", func(p *people) { write(p.t, p.sealed().ID(), "x"); p.plain(time.Hour) }, 0, 1, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			if err := os.MkdirAll(filepath.Dir(p.sealed().ID()), 0o700); err != nil {
				t.Fatal(err)
			}
			tt.prepare(p)
			own, _ := os.ReadFile(p.sealed().ID())
			plain, _ := os.ReadFile(p.saved[SSO])
			if err := p.needs(); err != nil {
				t.Errorf("before the call: %v", err)
			}
			if _, err := p.retrieve(SSO); err != nil {
				t.Fatal(err)
			}
			var writes []string
			if now, _ := os.ReadFile(p.sealed().ID()); string(now) != string(own) {
				writes = append(writes, "own")
			}
			if now, _ := os.ReadFile(p.saved[SSO]); string(now) != string(plain) {
				writes = append(writes, "plain")
			}
			calls := 0
			for _, c := range p.sso.Calls() {
				if c.Path == "/federation/credentials" {
					calls++
				}
			}
			if got := strings.Join(writes, " "); p.sso.Renewed() != tt.renewed || calls != tt.calls || got != tt.writes {
				t.Errorf("renewed %d times, %d calls, wrote %q", p.sso.Renewed(), calls, got)
			}
			if state, _, err := p.sealed().State(); err == nil && state.Renewable == tt.ended {
				t.Errorf("sealed tokens are %+v", state)
			}
			if len(p.events.warnings) > 0 {
				t.Errorf("warned: %v", p.events.warnings)
			}
		})
	}
}

// A sealed login session is renewed where it is.
func TestSealedLogin(t *testing.T) {
	p := newPeople(t)
	own := tokens.NewSealed[tokens.Login](newTestCache(filepath.Join(p.home, "cache")), LoginTokens(loginSession))
	session, err := tokens.NewLoginFile(p.home, "", loginSession).Load(t.Context())
	if err := errors.Join(err, own.Put(t.Context(), session, false), os.Remove(p.saved[Login])); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c, err := p.retrieve(Login); err != nil || !c.Expires.After(time.Now()) {
			t.Errorf("until %v, %v", c.Expires, err)
		}
	}
	if _, err := os.Stat(p.saved[Login]); err == nil || p.signin.Renewed() != 1 {
		t.Errorf("renewed %d times, %v", p.signin.Renewed(), err)
	}
}

// The Go SDK and awsexec use and renew the tokens of one sign-in by way of a shared copy.
func TestSharedTokens(t *testing.T) {
	p := newPeople(t)
	p.seal(-time.Hour, secret+"own refresh")
	s := &profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: "https://x.example/start"}
	if shared, err := ShareSSO(t.Context(), s, p.parts()); !shared || err != nil {
		t.Fatal(shared, err)
	}
	copied := plainSSO(p.home, s)
	sdk := func() string {
		t.Helper()
		client := ssooidc.New(ssooidc.Options{Region: "eu-west-1", BaseEndpoint: aws.String(p.oidc)})
		token, err := ssocreds.NewSSOTokenProvider(client, copied.ID()).RetrieveBearerToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return token.Value
	}
	if sdk(); p.sso.Renewed() != 1 {
		t.Errorf("the SDK renewed %d times", p.sso.Renewed())
	}
	if _, err := p.retrieve(SSO); err != nil || p.sso.Renewed() != 1 {
		t.Errorf("after the SDK renewed: %d renewals, %v", p.sso.Renewed(), err)
	}
	token, err := copied.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token.ExpiresAt = time.Now().Add(-time.Minute)
	if err := copied.Put(token); err != nil {
		t.Fatal(err)
	}
	if _, err := p.retrieve(SSO); err != nil || p.sso.Renewed() != 2 {
		t.Errorf("%d renewals, %v", p.sso.Renewed(), err)
	}
	own, err := p.sealed().Load(t.Context())
	if got := sdk(); err != nil || got != own.AccessToken || p.sso.Renewed() != 2 {
		t.Errorf("the SDK has another token than awsexec after %d renewals, %v", p.sso.Renewed(), err)
	}
}

// What the AWS CLI has left is moved as a whole or not at all.
func TestAdopt(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*people)
		broken  error // of the keystore
		want    string
	}{
		{"nothing of our own", func(*people) {}, nil, secret + "1"},
		{"own that ended", func(p *people) { p.seal(-2*time.Hour, "") }, nil, secret + "1"},
		{"own that are better", func(p *people) { p.seal(time.Hour, "") }, nil, secret + "own"},
		{"own that are shared", func(p *people) {
			p.seal(time.Hour, "")
			own, _ := p.sealed().Load(p.t.Context())
			if err := p.sealed().Put(p.t.Context(), own, true); err != nil {
				p.t.Error(err)
			}
		}, nil, secret + "own"},
		{"no keystore", func(*people) {}, errors.New("locked"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			tt.prepare(p)
			parts := p.parts()
			if tt.broken != nil {
				parts.Cache = cache.New(filepath.Join(p.home, "cache"), func(context.Context, bool) ([32]byte, error) { return [32]byte{}, tt.broken })
			}
			removed, err := AdoptSSO(t.Context(), &profile.Profile{Name: "x", SSO: &profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: p.login.StartURL}}, parts)
			_, statErr := os.Stat(p.saved[SSO])
			if tt.broken != nil {
				if !errors.Is(err, tt.broken) || len(removed) > 0 || statErr != nil {
					t.Errorf("removed %q, %v", removed, err)
				}
				return
			}
			own, loadErr := p.sealed().Load(t.Context())
			_, shared, stateErr := p.sealed().State()
			if err := errors.Join(err, loadErr, stateErr); err != nil || statErr == nil || len(removed) != 1 || own.AccessToken != tt.want || shared {
				t.Errorf("removed %q, shared %t, %v", removed, shared, err)
			}
		})
	}
}

// Signing out ends the session at AWS, which takes a token that has not expired.
func TestSignOut(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*people)
		renewed int
		left    bool
	}{
		{"valid", func(p *people) { p.seal(time.Hour, "") }, 0, false},
		{"expired", func(p *people) { p.seal(-time.Minute, secret+"own refresh") }, 1, false},
		{"ended", func(p *people) { p.seal(-time.Minute, "") }, 0, false},
		{"refused", func(p *people) { p.seal(-time.Minute, secret+"used") }, 0, false},
		{"withdrawn", func(p *people) { p.seal(time.Hour, ""); p.sso.SignOut(secret + "own") }, 0, false},
		{"offline", func(p *people) { p.seal(time.Hour, ""); p.sso.Close() }, 0, true},
		{"damaged", func(p *people) { p.seal(time.Hour, ""); write(p.t, p.sealed().ID(), "x") }, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			tt.prepare(p)
			id := SSOTokens(&profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: p.login.StartURL})
			left, err := SignOut(t.Context(), tokens.Kept{ID: id, Path: p.sealed().ID()}, p.parts())
			if err != nil || (left != nil) != tt.left || p.sso.Renewed() != tt.renewed {
				t.Errorf("%d renewals; left %v; %v", p.sso.Renewed(), left, err)
			}
			if _, err := os.Stat(p.sealed().ID()); err == nil {
				t.Error("the tokens are there")
			}
			if _, err := os.Stat(p.saved[SSO]); err != nil {
				t.Errorf("the file of the AWS CLI: %v", err)
			}
		})
	}
}

// Signing out revokes a login session at AWS, which takes credentials that have not
// expired. Of a shared one that an SDK has renewed that is what the SDK has left.
func TestSignOutOfLogin(t *testing.T) {
	for _, tt := range []struct {
		name             string
		life             time.Duration
		prepare          func(*people, *tokens.Login)
		renewed, revoked int
		left             bool
	}{
		{name: "valid", life: time.Hour, revoked: 1},
		{name: "expired", life: -time.Minute, renewed: 1, revoked: 1},
		{name: "refused before", life: -time.Minute, prepare: func(_ *people, l *tokens.Login) { l.RefreshToken = "" }},
		{name: "expired and refused", life: -time.Minute, prepare: func(p *people, _ *tokens.Login) { p.signin.SignOut() }},
		{name: "revoked", life: time.Hour, prepare: func(p *people, _ *tokens.Login) { p.signin.SignOut() }},
		{name: "forbidden", life: time.Hour, prepare: func(_ *people, l *tokens.Login) { l.SecretAccessKey = secret + "other" }, left: true},
		{name: "offline", life: time.Hour, prepare: func(p *people, _ *tokens.Login) { p.signin.Close() }, left: true},
		{name: "renewed by an SDK", life: -time.Minute, prepare: func(_ *people, l *tokens.Login) {
			l.RefreshToken, l.ExpiresAt = secret+"used", l.ExpiresAt.Add(-time.Hour)
		}, renewed: 1, revoked: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			parts, session := p.parts(), p.session.Session
			plain := plainLogin(parts.Env, p.home, session)
			l, err := plain.Load(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			l.ExpiresAt = time.Now().Add(tt.life).UTC().Truncate(time.Second)
			if err := plain.Put(l); err != nil {
				t.Fatal(err)
			}
			if tt.prepare != nil {
				tt.prepare(p, &l)
			}
			shared := tt.name == "renewed by an SDK"
			sealed := tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens(session))
			if err := sealed.Put(t.Context(), l, shared); err != nil {
				t.Fatal(err)
			}
			left, err := SignOut(t.Context(), tokens.Kept{ID: LoginTokens(session), Path: sealed.ID(), Shared: shared}, parts)
			if err != nil || (left != nil) != tt.left || awsapi.RevocationForbidden(left) != (tt.name == "forbidden") {
				t.Errorf("left %v; %v", left, err)
			}
			if p.signin.Renewed() != tt.renewed || p.signin.Revoked() != tt.revoked {
				t.Errorf("renewed %d times, revoked %d", p.signin.Renewed(), p.signin.Revoked())
			}
			_, ownErr := os.Stat(sealed.ID())
			_, plainErr := os.Stat(p.saved[Login])
			if ownErr == nil || (plainErr != nil) != shared {
				t.Errorf("sealed tokens: %v; plain ones: %v", ownErr, plainErr)
			}
		})
	}
}

// needs returns what NeedsSignIn makes of p.
func (p *people) needs() error {
	plan := &Plan{Kind: SSO, Profile: &profile.Profile{Name: "x",
		SSO: &profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: "https://x.example/start", AccountID: "123456789012", RoleName: "dev"}}}
	return NeedsSignIn(p.t.Context(), plan, newTestCache(filepath.Join(p.home, "cache")), func(string) string { return "" }, p.home, time.Now())
}

// If neither place has tokens that are good, the error is about those that were good
// last.
func TestNoPlace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(*people)
		want    tokens.Reason
	}{
		{"nowhere", func(p *people) { _ = os.Remove(p.saved[SSO]) }, tokens.Missing},
		{"own ended", func(p *people) { p.seal(-time.Hour, ""); _ = os.Remove(p.saved[SSO]) }, tokens.Expired},
		{"both ended", func(p *people) { p.login.RefreshToken = ""; p.seal(-time.Hour, ""); p.plain(-time.Minute) }, tokens.Expired},
		{"own refused", func(p *people) { p.seal(-time.Hour, secret+"used"); _ = os.Remove(p.saved[SSO]) }, tokens.Refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeople(t)
			tt.prepare(p)
			before := p.needs()
			_, err := p.retrieve(SSO)
			signIn, ok := errors.AsType[*tokens.SignInError](err)
			if !ok || signIn.Reason != tt.want || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
			// What AWS refuses shows afterwards only.
			if early, ok := errors.AsType[*tokens.SignInError](before); (tt.want != tokens.Refused) != (ok && early.Reason == tt.want) {
				t.Errorf("before the call: %v", before)
			}
			if p.needs() == nil {
				t.Error("nothing shows afterwards")
			}
		})
	}
}

// Tokens that cannot be opened are no reason to sign in, and none not to use others.
func TestLockedTokens(t *testing.T) {
	p := newPeople(t)
	p.seal(time.Hour, "")
	locked := errors.New("locked")
	get := func() error {
		m := newMaker(Parts{Home: p.home, Now: time.Now, Events: p.events, Client: awsapi.Client{SSOEndpoint: p.portal, SSOOIDCEndpoint: p.oidc},
			Cache: cache.New(filepath.Join(p.home, "cache"), func(context.Context, bool) ([32]byte, error) { return [32]byte{}, locked })}, Flags{})
		_, err := m.identityCenter(t.Context(), &profile.Profile{SSO: &profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: p.login.StartURL, AccountID: "123456789012", RoleName: "dev"}})
		return err
	}
	p.plain(time.Hour)
	if err := get(); err != nil {
		t.Error(err)
	}
	if err := os.Remove(p.saved[SSO]); err != nil {
		t.Fatal(err)
	}
	if err := get(); !errors.Is(err, locked) || errors.As(err, new(*tokens.SignInError)) {
		t.Errorf("got %v", err)
	}
}
