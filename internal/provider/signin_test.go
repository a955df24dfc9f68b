package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

const loginSession = "arn:aws:sts::123456789012:assumed-role/console/alice"

// people is somebody who has signed in at both services. The tokens have expired.
type people struct {
	t      *testing.T
	home   string
	sso    *awstest.SSO
	signin *awstest.Signin
	portal string // where IAM Identity Center is asked for credentials
	oidc   string // and where its tokens are renewed
	events *recorder

	signIns Signer        // nil for nobody
	issued  time.Duration // how far AWS's clock is ahead

	login   awstest.Login
	session awstest.LoginSession
	saved   map[Kind]string // the files of the tokens
}

func newPeople(t *testing.T) *people {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := atomic.Int32{}
	p := &people{t: t, home: t.TempDir(), events: &recorder{}, saved: map[Kind]string{}}
	issue := func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: fmt.Sprintf("ASIAIOSFODNN7MADE%03d", n.Add(1)), SecretAccessKey: secret, SessionToken: secret, CanExpire: true,
			Expires: time.Now().Add(p.issued + time.Hour).Truncate(time.Second)}, nil
	}
	var err error
	p.sso, err = awstest.StartSSO(map[awstest.SSORole]awstest.Issue{{AccountID: "123456789012", RoleName: "dev"}: issue})
	must(err)
	t.Cleanup(p.sso.Close)
	p.portal, p.oidc = p.sso.URL(), p.sso.URL()
	p.signin, err = awstest.StartSignin(issue)
	must(err)
	t.Cleanup(p.signin.Close)
	p.login = awstest.Login{Session: "corp", StartURL: "https://x.example/start", Region: "eu-west-1", AccessToken: secret + "1", Expires: time.Now().Add(-time.Hour),
		ClientID: "c", ClientSecret: secret, RefreshToken: secret + "r", RegistrationExpires: time.Now().Add(24 * time.Hour)}
	p.sso.Register(p.login)
	p.saved[SSO], err = p.login.Save(p.home)
	must(err)
	p.session, err = p.signin.SignIn(loginSession, aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXPIRED", SecretAccessKey: secret, SessionToken: secret,
		AccountID: "123456789012", Expires: time.Now().Add(-time.Hour)})
	must(err)
	p.saved[Login], err = p.session.Save(p.home)
	must(err)
	return p
}

// retrieve gets credentials as a process of its own does.
func (p *people) retrieve(kind Kind) (aws.Credentials, error) {
	return p.retrieveIn(p.t.Context(), kind)
}

func (p *people) retrieveIn(ctx context.Context, kind Kind) (aws.Credentials, error) {
	return newMaker(p.parts(), Flags{}).given(&Plan{Kind: kind, Profile: &profile.Profile{
		Name: "x", LoginSession: loginSession,
		SSO: &profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: "https://x.example/start", AccountID: "123456789012", RoleName: "dev"},
	}}).Retrieve(ctx)
}

func (p *people) parts() Parts {
	return Parts{
		Env: func(string) string { return "" }, Home: p.home, Now: time.Now, Cache: newTestCache(filepath.Join(p.home, "cache")), Events: p.events, Signer: p.signIns,
		Client: awsapi.Client{Region: "eu-west-1", SSOEndpoint: p.portal, SSOOIDCEndpoint: p.oidc, SigninEndpoint: p.signin.URL()},
	}
}

// If the clock is hours off, credentials of IAM Identity Center live by that clock for as
// long as AWS says, and there is one warning.
func TestSSOWithWrongClock(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Hour, -2 * time.Hour} { // AWS's clock of ours
		n := newPeople(t)
		n.sso.OIDC.Now = func() time.Time { return time.Now().Add(ahead) }
		n.issued = ahead
		n.sso.SignIn(n.login.AccessToken, time.Now().Add(3*time.Hour))
		n.login.Expires = time.Now().Add(3 * time.Hour)
		if _, err := n.login.Save(n.home); err != nil {
			t.Fatal(err)
		}
		c, err := n.retrieve(SSO)
		if left := time.Until(c.Expires); err != nil || left < 59*time.Minute || left > time.Hour {
			t.Errorf("ahead by %v: %v left, %v", ahead, left, err)
		}
		if w := n.events.warnings; len(w) != 1 || !strings.Contains(w[0], "this machine's clock is 2h") {
			t.Errorf("ahead by %v: %q", ahead, w)
		}
	}
}

// An expired sign-in whose refresh token works once is renewed once, however many
// need it.
func TestOneRenewal(t *testing.T) {
	p := newPeople(t)
	for kind, renewed := range map[Kind]func() int{SSO: p.sso.Renewed, Login: p.signin.Renewed} {
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if c, err := p.retrieve(kind); err != nil || c.SessionToken != secret || c.AccountID != "123456789012" || !c.Expires.After(time.Now()) {
					t.Errorf("%s: %s until %v, %v", kind, c.AccessKeyID, c.Expires, err)
				}
			})
		}
		all.Wait()
		if renewed() != 1 {
			t.Errorf("%s: renewed %d times", kind, renewed())
		}
	}
	if len(p.events.warnings) > 0 {
		t.Errorf("warned: %v", p.events.warnings)
	}
}

// A refresh token that the AWS CLI has used meanwhile is no reason to sign in again.
func TestRenewedElsewhere(t *testing.T) {
	p := newPeople(t)
	accessToken, next, ok := p.sso.Renew(p.login.ClientID, p.login.ClientSecret, p.login.RefreshToken)
	if !ok {
		t.Fatal("the stand-in does not renew")
	}
	target, err := url.Parse(p.sso.URL())
	if err != nil {
		t.Fatal(err)
	}
	service := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" { // awsexec has read the old token; the CLI now writes down the new one
			renewed := p.login
			renewed.AccessToken, renewed.RefreshToken, renewed.Expires = accessToken, next, time.Now().Add(time.Hour)
			if _, err := renewed.Save(p.home); err != nil {
				t.Error(err)
			}
		}
		service.ServeHTTP(w, r)
	}))
	defer front.Close()
	p.oidc = front.URL
	if _, err := p.retrieve(SSO); err != nil || p.sso.Renewed() != 1 {
		t.Errorf("%d renewals, %v", p.sso.Renewed(), err)
	}
}

// A token that the portal refuses is read again, because somebody may have signed in.
func TestSignedInMeanwhile(t *testing.T) {
	p := newPeople(t)
	p.login.Expires = time.Now().Add(time.Hour) // but the portal does not know it
	if _, err := p.login.Save(p.home); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(p.sso.URL())
	if err != nil {
		t.Fatal(err)
	}
	service := httputil.NewSingleHostReverseProxy(target)
	var calls atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == 1 {
			again := p.login
			again.AccessToken = secret + "2"
			p.sso.SignIn(again.AccessToken, again.Expires)
			if _, err := again.Save(p.home); err != nil {
				t.Error(err)
			}
		}
		service.ServeHTTP(w, r)
	}))
	defer front.Close()
	p.portal = front.URL
	if _, err := p.retrieve(SSO); err != nil || calls.Load() != 2 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

// Only what a new sign-in ends is called one.
func TestSignInErrors(t *testing.T) {
	refused := func(p *people) {
		p.sso.Renew(p.login.ClientID, p.login.ClientSecret, p.login.RefreshToken)
		p.session.RefreshToken = secret + "unknown"
		p.saved[Login], _ = p.session.Save(p.home)
	}
	gone := func(p *people) { _, _ = os.Remove(p.saved[SSO]), os.Remove(p.saved[Login]) }
	down := func(p *people) { p.sso.Close(); p.signin.Close() }
	for _, tt := range []struct {
		name   string
		change func(*people)
		kinds  []Kind
		reason tokens.Reason // -1 for another error
		want   string
	}{
		{"refused", refused, []Kind{SSO}, tokens.Refused, "the sign-in is no longer accepted: InvalidGrantException"},
		{"refused", refused, []Kind{Login}, tokens.Refused, "the sign-in is no longer accepted: AccessDeniedException"},
		{"never signed in", gone, []Kind{SSO, Login}, tokens.Missing, "nobody has signed in"},
		{"network down", down, []Kind{SSO, Login}, -1, "cannot be reached"},
		{"signed out at the portal", func(p *people) {
			p.login.Expires = time.Now().Add(time.Hour)
			_, _ = p.login.Save(p.home)
		}, []Kind{SSO}, tokens.Refused, "UnauthorizedException"},
		{"registration has ended", func(p *people) {
			p.login.RegistrationExpires = time.Now().Add(-time.Minute)
			_, _ = p.login.Save(p.home)
		}, []Kind{SSO}, tokens.Expired, "it could be renewed until "},
		{"no refresh token", func(p *people) {
			p.login.RefreshToken = ""
			_, _ = p.login.Save(p.home)
		}, []Kind{SSO}, tokens.Expired, "it cannot be renewed"},
		{"damaged", func(p *people) {
			write(p.t, p.saved[SSO], `{"accessToken":"`+secret)
			write(p.t, p.saved[Login], `{"dpopKey":"`+secret+`"}`)
		}, []Kind{SSO, Login}, tokens.Unreadable, ""},
	} {
		for _, kind := range tt.kinds {
			t.Run(tt.name+" "+string(kind), func(t *testing.T) {
				p := newPeople(t)
				tt.change(p)
				_, err := p.retrieve(kind)
				signIn, ok := errors.AsType[*tokens.SignInError](err)
				if err == nil || ok != (tt.reason >= 0) || ok && signIn.Reason != tt.reason || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
					t.Errorf("got %v, want %s", err, tt.want)
				}
			})
		}
	}
}

// A login session that is about to expire is renewed before a program has it, and used
// for what it is worth if that fails.
func TestEarlyRenewal(t *testing.T) {
	p := newPeople(t)
	p.session.Credentials.Expires = time.Now().Add(2 * time.Minute)
	if _, err := p.session.Save(p.home); err != nil {
		t.Fatal(err)
	}
	if c, err := p.retrieve(Login); err != nil || p.signin.Renewed() != 1 || time.Until(c.Expires) < 10*time.Minute {
		t.Errorf("%d renewals, until %v, %v", p.signin.Renewed(), c.Expires, err)
	}
	if _, err := p.session.Save(p.home); err != nil { // its refresh token is used now
		t.Fatal(err)
	}
	if c, err := p.retrieve(Login); err != nil || c.AccessKeyID != "ASIAIOSFODNN7EXPIRED" {
		t.Errorf("got %s, %v", c.AccessKeyID, err)
	}
}

// The token of a profile without sso_session is not renewed, as in the SDKs.
func TestLegacyToken(t *testing.T) {
	p := newPeople(t)
	p.login.Session = ""
	for _, tt := range []struct {
		life time.Duration
		ok   bool
	}{{time.Hour, true}, {-time.Minute, false}} {
		p.login.Expires = time.Now().Add(tt.life)
		p.sso.SignIn(p.login.AccessToken, p.login.Expires)
		if _, err := p.login.Save(p.home); err != nil {
			t.Fatal(err)
		}
		m := newMaker(Parts{Home: p.home, Now: time.Now, Events: p.events, Client: awsapi.Client{SSOEndpoint: p.sso.URL()}}, Flags{})
		_, err := m.identityCenter(t.Context(), &profile.Profile{SSO: &profile.SSO{Region: "eu-west-1", StartURL: p.login.StartURL, AccountID: "123456789012", RoleName: "dev"}})
		if (err == nil) != tt.ok || p.sso.Renewed() != 0 {
			t.Errorf("life %s: %d renewals, %v", tt.life, p.sso.Renewed(), err)
		}
	}
}

func TestMissingSSOSettings(t *testing.T) {
	whole := profile.SSO{Session: "corp", Region: "eu-west-1", StartURL: "https://x.example/start", AccountID: "123456789012", RoleName: "dev"}
	for want, cut := range map[string]func(*profile.SSO){
		"sso_region missing":                    func(s *profile.SSO) { s.Region = "" },
		"sso_start_url missing":                 func(s *profile.SSO) { s.StartURL = "" },
		"sso_account_id, sso_role_name missing": func(s *profile.SSO) { s.AccountID, s.RoleName = "", "" },
	} {
		s := whole
		cut(&s)
		if err := checkSSO(&s); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := checkSSO(&whole); err != nil {
		t.Error(err)
	}
}

// The SDK gets every setting from awsexec. What it would find by itself, in files or in
// the environment of the process, is never used, and not even looked at where it would
// be an error.
func TestSDKReadsNothing(t *testing.T) {
	var asked atomic.Int32
	poison := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer poison.Close()
	bad := filepath.Join(t.TempDir(), "bad")
	write(t, bad, "[default]\nretry_mode = none\nmax_attempts = many\ndefaults_mode = none\naccount_id_endpoint_mode = none\nrequest_checksum_calculation = none\n"+
		"ec2_metadata_service_endpoint_mode = none\nendpoint_url = "+poison.URL+"\n[profile x]\nretry_mode = none\nendpoint_url = "+poison.URL+"\n")
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": bad, "AWS_SHARED_CREDENTIALS_FILE": bad, "AWS_PROFILE": "x", "AWS_DEFAULT_PROFILE": "x", "HOME": t.TempDir(), "USERPROFILE": t.TempDir(),
		"AWS_MAX_ATTEMPTS": "many", "AWS_RETRY_MODE": "none", "AWS_DEFAULTS_MODE": "none", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "none", "AWS_REQUEST_CHECKSUM_CALCULATION": "none",
		"AWS_USE_FIPS_ENDPOINT": "none", "AWS_USE_DUALSTACK_ENDPOINT": "none", "AWS_CA_BUNDLE": bad + "x", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "none",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_EC2_METADATA_V1_DISABLED": "none", "AWS_EC2_METADATA_SERVICE_ENDPOINT": poison.URL,
		"AWS_ENDPOINT_URL": poison.URL, "AWS_ENDPOINT_URL_STS": poison.URL, "AWS_ENDPOINT_URL_SSO": poison.URL, "AWS_ENDPOINT_URL_SSO_OIDC": poison.URL, "AWS_ENDPOINT_URL_SIGNIN": poison.URL,
		"AWS_REGION": "no region", "AWS_LOGIN_CACHE_DIRECTORY": bad, "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7POISON1", "AWS_SECRET_ACCESS_KEY": secret,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": poison.URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": bad, "AWS_WEB_IDENTITY_TOKEN_FILE": bad, "AWS_ROLE_ARN": "none",
	} {
		t.Setenv(name, value)
	}
	p := newPeople(t)
	for _, kind := range []Kind{SSO, Login} {
		if _, err := p.retrieve(kind); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	issue := func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ASIAIOSFODNN7MACHINE", SecretAccessKey: secret, SessionToken: secret, Expires: time.Now().Add(time.Hour)}, nil
	}
	instance, err := awstest.StartIMDS("web", issue)
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Close()
	container, err := awstest.StartContainer(secret, issue)
	if err != nil {
		t.Fatal(err)
	}
	defer container.Close()
	env := map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": instance.URL(),
		"AWS_CONTAINER_CREDENTIALS_FULL_URI": container.CredentialsURL(), "AWS_CONTAINER_AUTHORIZATION_TOKEN": secret}
	for _, kind := range []Kind{Instance, Container} {
		m := newMaker(Parts{Env: func(name string) string { return env[name] }, Now: time.Now, Events: &recorder{}}, Flags{})
		m.selected = &profile.Profile{Name: "x"}
		if c, err := m.given(&Plan{Kind: kind, Profile: m.selected}).Retrieve(t.Context()); err != nil || c.AccessKeyID != "ASIAIOSFODNN7MACHINE" {
			t.Errorf("%s: %s, %v", kind, c.AccessKeyID, err)
		}
	}
	server := startSTS(t)
	o := options(t, server)
	if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the SDK found %d addresses by itself", n)
	}
}

// A login session is renewed where somebody has signed in, wherever its credentials are
// used.
func TestRenewalRegion(t *testing.T) {
	p := newPeople(t)
	session, err := tokens.NewLoginFile(p.home, "", loginSession).Load(t.Context())
	session.Region, session.ExpiresAt = "us-east-2", session.ExpiresAt.Add(time.Minute) // later than in the file
	own := tokens.NewSealed[tokens.Login](newTestCache(filepath.Join(p.home, "cache")), LoginTokens(loginSession))
	if err := errors.Join(err, own.Put(t.Context(), session, false)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.retrieve(Login); err != nil || p.signin.Renewed() != 1 || !slices.Contains(p.events.waits, "for the sign-in service in us-east-2") {
		t.Errorf("%d renewals, waited %q, %v", p.signin.Renewed(), p.events.waits, err)
	}
}
