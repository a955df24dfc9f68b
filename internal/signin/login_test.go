package signin

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	sdk "github.com/aws/aws-sdk-go-v2/service/signin"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/tokens"
)

const (
	loginMarker = "S3CR3TMARKER"
	session     = "arn:aws:sts::123456789012:assumed-role/console/alice"
)

func startLogin(t *testing.T) (*awstest.Signin, Login) {
	t.Helper()
	service, err := awstest.StartSignin(func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXAMPLE", SecretAccessKey: loginMarker + "secret", SessionToken: loginMarker + "token"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	service.SignInAs(session)
	return service, Login{Client: awsapi.Client{Region: "eu-west-1", SigninEndpoint: service.URL()}, Now: time.Now}
}

// visitor is one whose browser goes where it is sent.
type visitor struct {
	t      *testing.T
	change func(url.Values) // what becomes of the way back
	typed  []string         // what is typed before the right code
	broken error            // of the browser
	wrong  []error
}

func (p *visitor) Browse(_ context.Context, page string) error {
	if p.broken != nil {
		return p.broken
	}
	client := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if p.change != nil && r.URL.Path == loginCallback {
			q := r.URL.Query()
			p.change(q)
			r.URL.RawQuery = q.Encode()
		}
		return nil
	}}
	go func() { _, _ = fetchPage(client, page) }()
	return nil
}

func (p *visitor) Show(_ context.Context, page string) error {
	text, err := fetchPage(http.DefaultClient, page)
	if err != nil {
		return err
	}
	if found := regexp.MustCompile(`<pre>(.*)</pre>`).FindStringSubmatch(text); found != nil {
		p.typed = append(p.typed, found[1])
	}
	return nil
}

func (p *visitor) Ask(context.Context, string) (string, error) {
	if len(p.typed) == 0 {
		return "", io.EOF
	}
	text := p.typed[0]
	p.typed = p.typed[1:]
	return text, nil
}

func (p *visitor) Wrong(err error) { p.wrong = append(p.wrong, err) }

func fetchPage(client *http.Client, page string) (string, error) {
	answer, err := client.Get(page)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return answer.Request.URL.String() + " " + string(data), err
}

func TestLogin(t *testing.T) {
	for _, remote := range []bool{false, true} {
		service, l := startLogin(t)
		p := &visitor{t: t}
		l.Person, l.Remote = p, remote
		made, who, err := l.Run(t.Context())
		if err != nil || who != session || made.AccountID != "123456789012" || made.AccessKeyID != "ASIAIOSFODNN7EXAMPLE" {
			t.Fatalf("remote %v: %s, %s, %v", remote, who, made.AccessKeyID, err)
		}
		if left := time.Until(made.ExpiresAt); left < 14*time.Minute || left > 15*time.Minute {
			t.Errorf("remote %v: expires in %v", remote, left)
		}
		key, ok := made.Key()
		if !ok || len(p.wrong) > 0 {
			t.Fatalf("remote %v: no key; %v", remote, p.wrong)
		}
		// The refresh token works for this key, and rotates.
		grant, err := l.Client.RenewLogin(t.Context(), made.ClientID, made.RefreshToken, key, time.Now)
		if err != nil || grant.RefreshToken == made.RefreshToken || service.Renewed() != 1 {
			t.Errorf("remote %v: renew: %v", remote, err)
		}
		if _, err := l.Client.RenewLogin(t.Context(), made.ClientID, made.RefreshToken, key, time.Now); !awsapi.SignInRefused(err) {
			t.Errorf("remote %v: renew again: %v", remote, err)
		}
	}
}

// The last page of the browser is not the one with the code.
func TestLoginLastPage(t *testing.T) {
	_, l := startLogin(t)
	redirect, err := newLoginRedirect("state")
	if err != nil {
		t.Fatal(err)
	}
	request, err := l.Client.NewLoginRequest(t.Context(), redirect.URL(), "state")
	if err != nil {
		t.Fatal(err)
	}
	last := make(chan string, 1)
	go func() {
		text, _ := fetchPage(http.DefaultClient, request.Page)
		last <- text
	}()
	code, err := redirect.Wait(t.Context())
	if err != nil || !strings.HasPrefix(code, loginMarker) {
		t.Errorf("the code is %q, %v", code, err)
	}
	redirect.Close()
	if text := <-last; !strings.HasPrefix(text, "http://"+redirect.server.Host+loginDone+" ") || strings.Contains(text, code) || !strings.Contains(text, "Back to the terminal") {
		t.Errorf("the last page: %s", text)
	}
}

// A sign-in that goes wrong ends by itself, with the cause.
func TestLoginEnds(t *testing.T) {
	forged := base64.StdEncoding.EncodeToString([]byte("state=other&code=abc"))
	errBroken := errors.New("no browser")
	for name, tt := range map[string]struct {
		person  visitor
		remote  bool
		prepare func(*awstest.Signin, *Login)
		want    string
		is      error
	}{
		"wrong state":   {person: visitor{change: func(q url.Values) { q.Set("state", "other") }}, is: ErrLoginState},
		"no state":      {person: visitor{change: func(q url.Values) { q.Del("state") }}, is: ErrLoginState},
		"another code":  {person: visitor{change: func(q url.Values) { q.Set("code", "other") }}, want: "redeem the code of the sign-in: AccessDeniedException: authcode_expired"},
		"refused":       {prepare: func(s *awstest.Signin, _ *Login) { s.Refuse("access_denied") }, want: "the sign-in was refused in the browser: access_denied"},
		"refused there": {remote: true, prepare: func(s *awstest.Signin, _ *Login) { s.Refuse("access_denied") }, want: "the sign-in was refused in the browser: access_denied"},
		"no browser":    {person: visitor{broken: errBroken}, is: errBroken},
		"forged code":   {person: visitor{typed: []string{forged, forged, forged}}, remote: true, is: ErrLoginState},
		"no code":       {person: visitor{typed: []string{"x", "", "!"}}, remote: true, is: ErrLoginCode},
		"clock ahead": {prepare: func(s *awstest.Signin, _ *Login) { s.SetClock(-time.Hour) },
			want: "redeem the code of the sign-in: ValidationException: invalid_request; this machine's clock is 1h0m0s ahead of AWS's"},
		"clock behind": {prepare: func(s *awstest.Signin, _ *Login) { s.SetClock(time.Hour) },
			want: "redeem the code of the sign-in: ValidationException: invalid_request; this machine's clock is 1h0m0s behind AWS's"},
		"nobody":   {prepare: func(s *awstest.Signin, _ *Login) { s.SignInAs("somebody") }, want: "redeem the code of the sign-in: the sign-in service answered without the identity of who has signed in"},
		"no place": {prepare: func(_ *awstest.Signin, l *Login) { l.Client.SigninEndpoint = "ftp://x" }, want: `the endpoint "ftp://x" is not a URL to call`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service, l := startLogin(t)
			p := tt.person
			p.t = t
			l.Person, l.Remote = &p, tt.remote
			if tt.prepare != nil {
				tt.prepare(service, &l)
			}
			_, _, err := l.Run(t.Context())
			switch {
			case err == nil, tt.is != nil && !errors.Is(err, tt.is), tt.want != "" && err.Error() != tt.want:
				t.Errorf("got %v, want %s%v", err, tt.want, tt.is)
			}
		})
	}
}

// Nobody has to wait for a browser that does not come back.
func TestLoginInterrupted(t *testing.T) {
	_, l := startLogin(t)
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	l.Person = leaver{func() { cancel(why) }}
	began := time.Now()
	if _, _, err := l.Run(ctx); !errors.Is(err, why) || time.Since(began) > lastPagePatience {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

// leaver is a person who goes away.
type leaver struct{ leave func() }

func (p leaver) Browse(context.Context, string) error        { p.leave(); return nil }
func (p leaver) Show(context.Context, string) error          { return nil }
func (p leaver) Ask(context.Context, string) (string, error) { return "", io.EOF }
func (p leaver) Wrong(error)                                 {}

func TestLoginCode(t *testing.T) {
	const query = "state=s&code=a%2Fb%3F%3F%3E~~" // whose base64 has + or /
	text := base64.StdEncoding.EncodeToString([]byte(query))
	for _, typed := range []string{text, " " + text + "\r\n", strings.TrimRight(text, "="), text[:20] + "\n  " + text[20:], base64.URLEncoding.EncodeToString([]byte(query))} {
		if code, err := readCode(typed, "s"); err != nil || code != "a/b??>~~" {
			t.Errorf("%q: %q, %v", typed, code, err)
		}
	}
	for _, typed := range []string{"", "a/b", text[:12], base64.StdEncoding.EncodeToString([]byte("state=s")), base64.StdEncoding.EncodeToString([]byte("code=%zz&state=s"))} {
		if code, err := readCode(typed, "s"); !errors.Is(err, ErrLoginCode) || code != "" {
			t.Errorf("%q: %q, %v", typed, code, err)
		}
	}
}

// What is asked of the browser is what the AWS CLI asks of it, for each partition at the
// address that the SDK calls.
func TestLoginPage(t *testing.T) {
	for region, host := range map[string]string{
		"": "us-east-1.signin.aws.amazon.com", "eu-west-1": "eu-west-1.signin.aws.amazon.com", "cn-north-1": "cn-north-1.signin.amazonaws.cn",
		"us-gov-west-1": "us-gov-west-1.signin.amazonaws-us-gov.com", "aws-global": "us-east-1.signin.aws.amazon.com", "eusc-de-east-1": "eusc-de-east-1.signin.amazonaws-eusc.eu",
	} {
		request, err := awsapi.Client{Region: region}.NewLoginRequest(t.Context(), "", "s")
		if err != nil {
			t.Errorf("%s: %v", region, err)
			continue
		}
		u, err := url.Parse(request.Page)
		if err != nil || u.Scheme != "https" || u.Host != host || u.Path != "/v1/authorize" {
			t.Errorf("%s: %s, %v", region, request.Page, err)
		}
		q := u.Query()
		if q.Get("redirect_uri") != "https://"+host+"/v1/sessions/confirmation" || q.Get("client_id") != "arn:aws:signin:::devtools/cross-device" ||
			q.Get("code_challenge_method") != "SHA-256" || len(q.Get("code_challenge")) != 43 || q.Get("scope") != "openid" || q.Get("response_type") != "code" || q.Get("state") != "s" {
			t.Errorf("%s: %v", region, q)
		}
	}
}

// Only a browser of this machine that comes to the right place counts.
func TestLoginRedirectRefuses(t *testing.T) {
	r, err := newLoginRedirect("s")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	base := "http://" + r.server.Host
	ask := func(method, address, host, purpose string) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			request.Host = host
		}
		request.Header.Set("Sec-Purpose", purpose)
		answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	const right = loginCallback + "?state=s&code=c"
	for _, tt := range []struct {
		method, address, host, purpose string
		want                           int
	}{
		{"GET", "/", "", "", 404}, {"GET", "/favicon.ico", "", "", 404}, {"GET", right, "evil.example", "", 404},
		{"POST", right, "", "", 405}, {"HEAD", right, "", "", 405}, {"GET", right, "", "prefetch", 503}, {"GET", loginCallback, "", "", 400},
		{"GET", loginCallback + "?state=s", "", "", 400}, {"GET", loginDone, "", "", 200}, {"GET", right, "", "", 303}, {"GET", right, "", "", 410}, {"GET", loginDone, "", "", 200},
	} {
		if got := ask(tt.method, base+tt.address, tt.host, tt.purpose); got != tt.want {
			t.Errorf("%s %s %s %s: %d, want %d", tt.method, tt.address, tt.host, tt.purpose, got, tt.want)
		}
	}
	if code, err := r.Wait(t.Context()); code != "c" || err != nil {
		t.Errorf("got %q, %v", code, err)
	}
}

// Of two that come at once one is heard.
func TestLoginRedirectAtOnce(t *testing.T) {
	r, err := newLoginRedirect("s")
	if err != nil {
		t.Fatal(err)
	}
	var statuses []int
	answers := make(chan int, 8)
	for range cap(answers) {
		go func() {
			answer, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Get(r.URL() + "?state=s&code=c")
			if err != nil {
				answers <- 0
				return
			}
			answer.Body.Close()
			answers <- answer.StatusCode
		}()
	}
	for range cap(answers) {
		statuses = append(statuses, <-answers)
	}
	slices.Sort(statuses)
	if statuses[0] != 303 || statuses[1] != 410 {
		t.Errorf("answers %v", statuses)
	}
	go func() { _, _ = http.Get("http://" + r.server.Host + loginDone) }()
	r.Close()
}

// The Go SDK hands out the same credentials from a copy of the tokens, and renews them
// with their key. What it leaves is good for awsexec.
func TestLoginCopyInSDK(t *testing.T) {
	service, l := startLogin(t)
	l.Person = &visitor{t: t}
	made, who, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := tokens.NewLoginFile("", dir, who)
	path, err := logincreds.StandardCachedTokenFilepath(who, dir)
	if err != nil {
		t.Fatal(err)
	}
	api := sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(service.URL())})
	retrieve := func(copied tokens.Login) aws.Credentials {
		t.Helper()
		if err := file.Put(copied); err != nil {
			t.Fatal(err)
		}
		c, err := logincreds.New(api, path).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.Source = made.Credentials().Source
		return c
	}
	if got := retrieve(made); got != made.Credentials() || service.Renewed() != 0 {
		t.Errorf("the SDK has %s until %v of account %s", got.AccessKeyID, got.Expires, got.AccountID)
	}
	expired := made
	expired.ExpiresAt = time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	got := retrieve(expired)
	renewed, err := file.Load(t.Context())
	if err != nil || service.Renewed() != 1 || renewed.RefreshToken == made.RefreshToken || renewed.AccessKeyID != got.AccessKeyID || !renewed.ExpiresAt.After(time.Now()) {
		t.Fatalf("%d renewals, %v", service.Renewed(), err)
	}
	key, ok := renewed.Key()
	if _, err := l.Client.RenewLogin(t.Context(), renewed.ClientID, renewed.RefreshToken, key, time.Now); !ok || err != nil {
		t.Errorf("after the SDK: %v", err)
	}
}
