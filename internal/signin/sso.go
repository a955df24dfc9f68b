package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/tokens"
)

// SSO is a sign-in at IAM Identity Center. All but Session and Scopes must be set.
type SSO struct {
	Client awsapi.Client
	Cache  *cache.Cache // of registrations, sealed
	Person SSOPerson
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error // returns the cause of ctx if that ends first
	Debug  func(format string, args ...any)                 // is never handed a secret

	Session          string // the sso-session; "" in the legacy form, which knows device codes only
	StartURL, Region string
	Scopes           []string // of the sso-session; none means the default
	// Remote means that the browser may be on another machine: the person compares a
	// code.
	Remote bool
}

// SSOPerson is the way to who signs in at IAM Identity Center. Its methods are not
// called at once.
type SSOPerson interface {
	// Browse opens a page in a browser on this machine, and shows its address in case
	// nothing opens.
	Browse(ctx context.Context, page string) error
	// ShowCode shows the address of a page that may be opened in any browser, on any
	// machine, and the code that it shows.
	ShowCode(ctx context.Context, d DeviceCode) error
}

// DeviceCode is what a person signs in with on any machine.
type DeviceCode struct {
	Page  string // shows the code
	Plain string // asks for it
	Code  string
}

// Grants, as registrations name them.
const (
	byCode   = "authorization_code"
	byDevice = "device_code"
)

const (
	defaultScope = "sso:account:access"
	anyRedirect  = "http://127.0.0.1" + loginCallback // AWS lets the port be any

	// registrationMargin is how long a registration must last to be used: tokens are
	// renewed only as long as it does.
	registrationMargin = 24 * time.Hour
)

// ErrDeviceExpired means that nobody has entered a code in time.
var ErrDeviceExpired = errors.New("the code has expired")

// Run has a person sign in, and returns the tokens. The error is a *LoginDeniedError,
// ErrLoginState, ErrDeviceExpired, the cause of a context that ended, or that of a
// call.
func (s SSO) Run(ctx context.Context) (tokens.SSO, error) {
	switch {
	case s.Session == "":
		s.Scopes, s.Remote = nil, true
	case len(s.Scopes) == 0:
		s.Scopes = []string{defaultScope}
	}
	id := tokens.ID{Kind: tokens.KindRegistration, StartURL: s.StartURL, Region: s.Region, Scopes: strings.Join(slices.Sorted(slices.Values(s.Scopes)), ","), Grant: byCode}
	with := s.here
	if s.Remote {
		id.Grant, with = byDevice, s.elsewhere
	}
	kept := tokens.NewSealed[tokens.Registration](s.Cache, id)
	client, fromCache, err := s.registration(ctx, kept)
	if err != nil {
		return tokens.SSO{}, err
	}
	t, err := with(ctx, client)
	if fromCache && awsapi.ClientRefused(err) { // AWS has forgotten it, before there was anything to show
		if client, err = s.register(ctx, kept); err == nil {
			t, err = with(ctx, client)
		}
	}
	if err != nil {
		// In a browser a registration that AWS has forgotten shows only there.
		if dropErr := kept.Remove(); dropErr != nil {
			s.Debug("registration: %v", dropErr)
		}
		return tokens.SSO{}, err
	}
	t.ClientID, t.ClientSecret, t.RegistrationEnds = client.ClientID, client.ClientSecret, client.Ends
	if s.Session == "" {
		t.RefreshToken = "" // no SDK renews this form
	}
	return t, nil
}

// registration returns the client of awsexec, which is registered if need be.
func (s SSO) registration(ctx context.Context, kept tokens.Sealed[tokens.Registration]) (client tokens.Registration, fromCache bool, err error) {
	state, _, err := kept.State()
	if err == nil && state.ValidAt(s.Now().Add(registrationMargin)) {
		if client, err = kept.Load(ctx); err == nil {
			return client, true, nil
		}
	}
	if reason, ok := errors.AsType[*tokens.SignInError](err); err != nil && !(ok && reason.Reason == tokens.Missing) {
		s.Debug("registration: %v", err)
	}
	client, err = s.register(ctx, kept)
	return client, false, err
}

// register makes a new registration and keeps it.
func (s SSO) register(ctx context.Context, kept tokens.Sealed[tokens.Registration]) (tokens.Registration, error) {
	request := awsapi.ClientRequest{Name: strings.TrimSuffix("awsexec-"+s.Session, "-"), Scopes: s.Scopes}
	if !s.Remote {
		request.Redirect, request.StartURL = anyRedirect, s.StartURL
	}
	began := s.Now()
	made, err := s.Client.RegisterClient(ctx, s.Region, request)
	if err != nil {
		return tokens.Registration{}, err
	}
	client := tokens.Registration{ClientID: made.ID, ClientSecret: made.Secret, Ends: began.Add(made.Life).UTC().Truncate(time.Second)}
	kept.Tidy() // in the way of another sign-in at worst, which then keeps no registration
	if err := kept.Put(ctx, client, false); err != nil {
		s.Debug("registration: %v", err) // the next sign-in makes one more
	}
	return client, nil
}

// here signs in with a browser on this machine: an authorization code with PKCE
// (RFC 7636, RFC 8252).
func (s SSO) here(ctx context.Context, client tokens.Registration) (tokens.SSO, error) {
	state, verifier := rand.Text(), rand.Text()+rand.Text()
	redirect, err := newLoginRedirect(state)
	if err != nil {
		return tokens.SSO{}, err
	}
	defer redirect.Close()
	challenge := sha256.Sum256([]byte(verifier))
	page, err := s.Client.AuthorizeURL(ctx, s.Region, client.ClientID, redirect.URL(), state, base64.RawURLEncoding.EncodeToString(challenge[:]), s.Scopes)
	if err != nil {
		return tokens.SSO{}, err
	}
	if err := s.Person.Browse(ctx, page); err != nil {
		return tokens.SSO{}, err
	}
	code, err := redirect.Wait(ctx)
	if err != nil {
		return tokens.SSO{}, err
	}
	began := s.Now()
	grant, err := s.Client.TokenForCode(ctx, s.Region, oidc(client), code, verifier, redirect.URL())
	return granted(grant, began), err
}

// slower is by how much the time between two questions grows when AWS says that they
// come too fast (RFC 8628).
const slower = 5 * time.Second

// maxFailures is how often in a row AWS may be out of reach while a person signs in.
const maxFailures = 3

// elsewhere signs in with a browser on any machine: a device code (RFC 8628).
func (s SSO) elsewhere(ctx context.Context, client tokens.Registration) (tokens.SSO, error) {
	began := s.Now()
	device, err := s.Client.StartDevice(ctx, s.Region, oidc(client), s.StartURL)
	if err != nil {
		return tokens.SSO{}, err
	}
	if err := s.Person.ShowCode(ctx, DeviceCode{Page: device.FullPage, Plain: device.Page, Code: device.UserCode}); err != nil {
		return tokens.SSO{}, err
	}
	failures := 0
	for interval := device.Interval; s.Now().Before(began.Add(device.Life)); {
		if err := s.Sleep(ctx, interval); err != nil {
			return tokens.SSO{}, err
		}
		asked := s.Now()
		grant, err := s.Client.TokenForDevice(ctx, s.Region, oidc(client), device.Code)
		pending, tooFast := awsapi.DevicePending(err)
		if tooFast {
			interval += slower
		}
		failures++
		switch {
		case err == nil:
			return granted(grant, asked), nil
		case pending:
			failures = 0
		case ctx.Err() != nil:
			return tokens.SSO{}, context.Cause(ctx)
		case awsapi.DeviceExpired(err):
			return tokens.SSO{}, ErrDeviceExpired
		case !awsapi.Passing(err) || failures == maxFailures:
			if text, denied := awsapi.DeniedAtDevice(err); denied {
				return tokens.SSO{}, &LoginDeniedError{loginReason("access_denied", text)}
			}
			return tokens.SSO{}, err
		}
		s.Debug("sign-in: %v", err)
	}
	return tokens.SSO{}, ErrDeviceExpired
}

func oidc(r tokens.Registration) awsapi.OIDCClient {
	return awsapi.OIDCClient{ID: r.ClientID, Secret: r.ClientSecret}
}

// granted returns the tokens that AWS was asked for at the given time.
func granted(g awsapi.Grant, asked time.Time) tokens.SSO {
	return tokens.SSO{AccessToken: g.AccessToken, RefreshToken: g.RefreshToken, ExpiresAt: asked.Add(g.Life).UTC().Truncate(time.Second)}
}
