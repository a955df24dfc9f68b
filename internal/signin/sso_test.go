package signin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/tokens"
)

// stage is a service, somebody who signs in there, and a clock that only sleeping
// moves.
type stage struct {
	SSO
	t   *testing.T
	sso *awstest.SSO

	visits []DeviceCode            // what was shown
	act    func(page string) error // what the person does
	pages  sync.WaitGroup

	mu    sync.Mutex
	clock time.Time
	slept []time.Duration
}

func newStage(t *testing.T) *stage {
	t.Helper()
	sso, err := awstest.StartSSO(map[awstest.SSORole]awstest.Issue{{AccountID: "123456789012", RoleName: "dev"}: func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: loginMarker, SessionToken: loginMarker, Expires: time.Now().Add(time.Hour)}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sso.Close)
	s := &stage{t: t, sso: sso, clock: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	const startURL = "https://x.example/start"
	sso.OIDC = awstest.OIDC{StartURL: startURL, Now: s.now, Interval: 5 * time.Second}
	s.SSO = SSO{
		Session: "corp", StartURL: startURL, Region: "eu-west-1",
		Client: awsapi.Client{Region: "eu-west-1", SSOEndpoint: sso.URL(), SSOOIDCEndpoint: sso.URL()},
		Cache:  cache.New(t.TempDir(), func(context.Context, bool) ([32]byte, error) { return [32]byte{1}, nil }),
		Person: s, Now: s.now, Sleep: s.sleep,
		Debug: func(format string, args ...any) {
			for _, a := range args {
				if err, ok := a.(error); ok && strings.Contains(err.Error(), loginMarker) {
					t.Errorf("debug output holds a secret: "+format, args...)
				}
			}
		},
	}
	s.act = func(page string) error { s.visit(page); return nil }
	return s
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *stage) sleep(ctx context.Context, d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock, s.slept = s.clock.Add(d), append(s.slept, d)
	return context.Cause(ctx)
}

// Browse implements SSOPerson.
func (s *stage) Browse(_ context.Context, page string) error {
	s.visits = append(s.visits, DeviceCode{Page: page})
	return s.act(page)
}

// ShowCode implements SSOPerson.
func (s *stage) ShowCode(_ context.Context, d DeviceCode) error {
	s.visits = append(s.visits, d)
	return s.act(d.Page)
}

// visit has a browser open a page, and returns what it shows then.
func (s *stage) visit(page string) <-chan string {
	shown := make(chan string, 1)
	s.pages.Go(func() { shown <- s.get(page) })
	return shown
}

// get opens a page and returns what it shows. Nobody need answer any more.
func (s *stage) get(page string) string {
	answer, err := http.Get(page)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return answer.Status + "\n" + string(text)
}

// redirected returns where the service sends a browser back to.
func (s *stage) redirected(page string) *url.URL {
	s.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(page)
	if err != nil {
		s.t.Fatal(err)
	}
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		s.t.Fatal(err)
	}
	return back
}

// works fails the test unless the portal takes a token, and the refresh token gives the
// next one.
func (s *stage) works(token tokens.SSO) {
	s.t.Helper()
	if _, err := s.Client.RoleCredentials(s.t.Context(), "eu-west-1", token.AccessToken, "123456789012", "dev"); err != nil {
		s.t.Error(err)
	}
	if token.RefreshToken == "" {
		return
	}
	if _, err := s.Client.RenewSSO(s.t.Context(), "eu-west-1", token.ClientID, token.ClientSecret, token.RefreshToken); err != nil {
		s.t.Error(err)
	}
}

func TestSSO(t *testing.T) {
	s := newStage(t)
	var shown <-chan string
	s.act = func(page string) error { shown = s.visit(page); return nil }
	token, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.works(token)
	if !token.ExpiresAt.Equal(s.now().Add(time.Hour)) || !token.RegistrationEnds.Equal(s.now().Add(90*24*time.Hour)) || token.RefreshToken == "" {
		t.Errorf("until %v, %v", token.ExpiresAt, token.RegistrationEnds)
	}
	if page := <-shown; !strings.HasPrefix(page, "200") || !strings.Contains(page, "Back to the terminal") || strings.Contains(page, loginMarker) {
		t.Errorf("the browser shows %q", page)
	}
	v := s.visits[0]
	page, err := url.Parse(v.Page)
	if err != nil || page.Query().Get("scopes") != "sso:account:access" || strings.Contains(v.Page, loginMarker) {
		t.Errorf("shown: %+v, %v", v, err)
	}
	// The port is closed, and the registration is used again.
	if _, err := http.Get(page.Query().Get("redirect_uri")); err == nil {
		t.Error("somebody still waits for a browser")
	}
	s.mu.Lock()
	s.clock = s.clock.Add(88 * 24 * time.Hour)
	s.mu.Unlock()
	if _, err := s.Run(t.Context()); err != nil || s.sso.Clients() != 1 {
		t.Errorf("%d registrations, %v", s.sso.Clients(), err)
	}
	// One that is about to end is not.
	s.mu.Lock()
	s.clock = s.clock.Add(36 * time.Hour)
	s.mu.Unlock()
	if _, err := s.Run(t.Context()); err != nil || s.sso.Clients() != 2 {
		t.Errorf("%d registrations, %v", s.sso.Clients(), err)
	}
	s.Scopes = []string{"sso:account:access", "codewhisperer:completions"}
	if _, err := s.Run(t.Context()); err != nil || s.sso.Clients() != 3 {
		t.Errorf("%d registrations, %v", s.sso.Clients(), err)
	}
	s.pages.Wait()
}

// A code that somebody else has is of no use without the verifier, and one that was used
// is an error.
func TestSSOStolenCode(t *testing.T) {
	s := newStage(t)
	var other string
	s.act = func(page string) error {
		if other == "" { // the code of this sign-in goes to the next one
			other = s.redirected(page).Query().Get("code")
			return errors.New("no more")
		}
		back := s.redirected(page)
		q := back.Query()
		q.Set("code", other)
		back.RawQuery = q.Encode()
		s.visit(back.String())
		return nil
	}
	if _, err := s.Run(t.Context()); err == nil || err.Error() != "no more" {
		t.Error(err)
	}
	if _, err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "InvalidGrantException") || strings.Contains(err.Error(), loginMarker) || s.sso.SignIns() != 0 {
		t.Errorf("%d tokens, %v", s.sso.SignIns(), err)
	}
	s.pages.Wait()
}

// What is wrong ends the sign-in at once, with the cause.
func TestSSOEnds(t *testing.T) {
	late := errors.New("no answer in time")
	for _, tt := range []struct {
		name   string
		remote bool
		refuse string
		change func(*url.URL, url.Values) // what becomes of the way back; nil if nobody comes back
		want   func(error) bool
	}{
		{"refused", false, "access_denied", func(*url.URL, url.Values) {}, func(err error) bool {
			denied, ok := errors.AsType[*LoginDeniedError](err)
			return ok && strings.HasPrefix(denied.Reason, "access_denied: the <user> said no")
		}},
		{"wrong state", false, "", func(_ *url.URL, q url.Values) { q.Set("state", "x") }, func(err error) bool { return errors.Is(err, ErrLoginState) }},
		{"browser closed", false, "", nil, func(err error) bool { return errors.Is(err, late) }},
		{"stray request", false, "", func(u *url.URL, _ url.Values) { u.Path = "/favicon.ico" }, func(err error) bool { return errors.Is(err, late) }},
		{"nobody enters the code", true, "", nil, func(err error) bool { return errors.Is(err, late) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t)
			s.Remote = tt.remote
			s.sso.Refuse(tt.refuse)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			s.act = func(page string) error {
				if tt.change != nil {
					back := s.redirected(page)
					query := back.Query()
					tt.change(back, query)
					back.RawQuery = query.Encode()
					page := s.get(back.String())
					if !strings.HasPrefix(page, "404") {
						return nil
					}
				}
				cancel(late)
				return nil
			}
			if _, err := s.Run(ctx); !tt.want(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// On a device the token is asked for as often as the service wants, and not more.
func TestSSODevice(t *testing.T) {
	s := newStage(t)
	s.Remote = true
	asked := 0
	s.Sleep = func(ctx context.Context, d time.Duration) error {
		if asked++; asked == 2 { // too soon, once
			d = time.Second
		}
		if asked == 4 {
			s.get(s.visits[0].Page)
		}
		return s.sleep(ctx, d)
	}
	s.act = func(page string) error {
		if v := s.visits[0]; v.Code == "" || !strings.HasSuffix(page, v.Code) || v.Plain == page || strings.Contains(page+v.Code, loginMarker) {
			t.Errorf("shown: %+v", v)
		}
		return nil
	}
	token, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.works(token)
	if want := []time.Duration{5 * time.Second, time.Second, 10 * time.Second, 10 * time.Second}; len(s.slept) != len(want) || s.slept[2] != want[2] || s.slept[3] != want[3] {
		t.Errorf("slept %v, want %v", s.slept, want)
	}
	if n := calls(s.sso, "/token"); n != 5 { // with the one that renews
		t.Errorf("asked %d times", n)
	}
}

// calls returns how many requests there were for a path.
func calls(sso *awstest.SSO, path string) (n int) {
	for _, c := range sso.Calls() {
		if c.Path == path {
			n++
		}
	}
	return n
}

// A code that nobody enters expires, and somebody may say no.
func TestSSODeviceEnds(t *testing.T) {
	s := newStage(t)
	s.Remote = true
	s.act = func(string) error { return nil }
	_, err := s.Run(t.Context())
	if !errors.Is(err, ErrDeviceExpired) || len(s.slept) > 121 {
		t.Errorf("after %d questions: %v", len(s.slept), err)
	}
	s.act = func(string) error { s.sso.Deny(); return nil }
	const want = "the sign-in was refused in the browser: access_denied: Invalid access_denied"
	if _, err = s.Run(t.Context()); err == nil || err.Error() != want {
		t.Errorf("denied: %v", err)
	}
}

// The legacy form knows device codes alone, and gets no refresh token.
func TestSSOLegacy(t *testing.T) {
	s := newStage(t)
	s.Session, s.Scopes = "", []string{"sso:account:access"}
	s.act = func(page string) error { s.get(page); return nil }
	token, err := s.Run(t.Context())
	if err != nil || token.RefreshToken != "" || s.visits[0].Code == "" {
		t.Errorf("%+v, %v", s.visits, err)
	}
	s.works(token)
}

// A registration that the service has forgotten is made anew: at once where that shows,
// else after the sign-in that failed.
func TestSSOForgottenClient(t *testing.T) {
	s := newStage(t)
	s.Remote = true
	s.act = func(page string) error { s.get(page); return nil }
	for range 2 {
		if _, err := s.Run(t.Context()); err != nil || s.sso.Clients() != 1 {
			t.Errorf("%d registrations, %v", s.sso.Clients(), err)
		}
		s.sso.ForgetClients()
	}
	s.Remote, s.act = false, func(page string) error { s.visit(page); return nil }
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.pages.Wait()
	s.sso.ForgetClients()
	ctx, cancel := context.WithCancel(t.Context())
	s.act = func(page string) error {
		if page := s.get(page); !strings.HasPrefix(page, "400") {
			t.Errorf("the browser shows %s", page)
		}
		cancel()
		return nil
	}
	if _, err := s.Run(ctx); err == nil {
		t.Error("signed in with a client that is not known")
	}
	s.act = func(page string) error { s.visit(page); return nil }
	if _, err := s.Run(t.Context()); err != nil {
		t.Error(err)
	}
	s.pages.Wait()
}

// A sign-in goes on although AWS is out of reach for a moment, but not for ever.
func TestSSODeviceWithoutNetwork(t *testing.T) {
	s := newStage(t)
	s.Remote = true
	s.act = func(string) error { s.sso.Close(); return nil }
	_, err := s.Run(t.Context())
	if !errors.As(err, new(*awsapi.WireError)) || len(s.slept) != maxFailures {
		t.Errorf("after %d questions: %v", len(s.slept), err)
	}
}

// Where the clock of this machine is wrong, tokens and registration last by that clock
// as long as AWS says.
func TestSSOWithWrongClock(t *testing.T) {
	for _, ahead := range []time.Duration{100 * 24 * time.Hour, -100 * 24 * time.Hour} {
		s := newStage(t)
		s.sso.OIDC.Now = func() time.Time { return s.now().Add(-ahead) }
		for range 2 {
			token, err := s.Run(t.Context())
			if err != nil || s.sso.Clients() != 1 {
				t.Fatalf("ahead by %v: %d registrations, %v", ahead, s.sso.Clients(), err)
			}
			if state := token.State(); !state.ValidAt(s.now()) || state.CannotRenew(s.now()) != nil || state.ValidAt(s.now().Add(time.Hour)) {
				t.Errorf("ahead by %v: %+v", ahead, state)
			}
		}
		s.pages.Wait()
	}
}
