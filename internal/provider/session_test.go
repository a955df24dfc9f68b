package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const (
	aliceID = "AKIAIOSFODNN7ALICE01"
	secret  = "S3CR3TMARKER/wJalrXUtnFEMI/K7MDENGbPxRfi"
	device  = "arn:aws:iam::123456789012:mfa/alice"
)

var seed = []byte("12345678901234567890")

func startSTS(t *testing.T) *ststest.Server {
	t.Helper()
	server, err := ststest.Start(ststest.Config{Users: []ststest.User{{
		Account: "123456789012", Name: "alice", AccessKeyID: aliceID, SecretAccessKey: secret, MFASerial: device, MFASecret: seed,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// memory is a keystore without a keyring.
type memory map[string]aws.Credentials

func (m memory) Get(_ context.Context, name string) (aws.Credentials, error) {
	if c, ok := m[name]; ok {
		return c, nil
	}
	return aws.Credentials{}, fmt.Errorf("key %q: %w", name, keystore.ErrNotFound)
}

func (m memory) KeyID(ctx context.Context, name string) (string, error) {
	c, err := m.Get(ctx, name)
	return c.AccessKeyID, err
}

func (m memory) List(context.Context) map[string]bool {
	names := map[string]bool{}
	for name := range m {
		names[name] = true
	}
	return names
}

// helper is a Helper made of two functions.
type helper struct {
	code    func(ctx context.Context, r TokenRequest) (TokenCode, error)
	process func(ctx context.Context, command string, path []string) (aws.Credentials, error)
}

func (h *helper) TokenCode(ctx context.Context, r TokenRequest) (TokenCode, error) {
	return h.code(ctx, r)
}

func (h *helper) Process(ctx context.Context, command string, path []string) (aws.Credentials, error) {
	return h.process(ctx, command, path)
}

// world is what a test gives to New.
type world struct {
	Parts
	Flags
}

func noCode(context.Context, TokenRequest) (TokenCode, error) {
	return TokenCode{}, errors.New("asked for a code")
}

// options returns a world in which alice's key is stored as "work".
func options(t *testing.T, server *ststest.Server) world {
	return world{Parts: Parts{
		Env:    func(name string) string { return map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}[name] },
		Keys:   memory{"work": {AccessKeyID: aliceID, SecretAccessKey: secret}},
		Cache:  newTestCache(t.TempDir()),
		Client: awsapi.Client{Endpoint: server.URL(), IAMEndpoint: server.URL(), Region: "eu-west-1", AppID: "awsexec-test"},
		Helper: &helper{code: noCode},
		Now:    time.Now,
		Events: &recorder{},
	}}
}

func retrieve(t *testing.T, p *profile.Profile, o world) (aws.Credentials, error) {
	t.Helper()
	from, err := New(t.Context(), p, o.Parts, o.Flags)
	if err != nil {
		return aws.Credentials{}, err
	}
	return from.Retrieve(t.Context())
}

func TestSession(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	first, err := retrieve(t, &profile.Profile{Name: "work"}, o)
	if err != nil {
		t.Fatal(err)
	}
	left := time.Until(first.Expires)
	if !strings.HasPrefix(first.AccessKeyID, "ASIA") || first.SessionToken == "" || !first.CanExpire || left < 59*time.Minute || left > time.Hour {
		t.Errorf("got %s, which expires in %v", first.AccessKeyID, left)
	}
	again, err := retrieve(t, &profile.Profile{Name: "work"}, o)
	if err != nil || again.AccessKeyID != first.AccessKeyID {
		t.Errorf("the session was not used again: %v", err)
	}
	id, err := o.Client.WhoAmI(t.Context(), first)
	if err != nil || id.ARN != "arn:aws:iam::123456789012:user/alice" || id.Account != "123456789012" || id.UserID == "" {
		t.Errorf("AWS takes us for %+v, %v", id, err)
	}
	if n := server.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d calls", n)
	}
	r := server.Requests()[0]
	if r.Region != "eu-west-1" || r.AccessKeyID != aliceID || !strings.Contains(r.UserAgent, "app/awsexec-test") {
		t.Errorf("the call was %+v", r)
	}
}

func TestDuration(t *testing.T) {
	server := startSTS(t)
	withCode := func(context.Context, TokenRequest) (TokenCode, error) {
		return TokenCode{ststest.TOTP(seed, time.Now()), FromHuman}, nil
	}
	for _, tt := range []struct {
		name    string
		profile profile.Profile
		flag    time.Duration
		seconds string
	}{
		{"default", profile.Profile{}, 0, "3600"},
		{"default with MFA", profile.Profile{MFASerial: device}, 0, "43200"},
		{"profile", profile.Profile{Duration: 2 * time.Hour}, 0, "7200"},
		{"flag over profile", profile.Profile{Duration: 2 * time.Hour}, 36 * time.Hour, "129600"},
		{"shortest", profile.Profile{}, 15 * time.Minute, "900"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, server)
			o.Helper = &helper{code: withCode}
			o.Duration = tt.flag
			tt.profile.Name = "work"
			if _, err := retrieve(t, &tt.profile, o); err != nil {
				t.Fatal(err)
			}
			requests := server.Requests()
			if got := requests[len(requests)-1].Params.Get("DurationSeconds"); got != tt.seconds {
				t.Errorf("asked for %s seconds, want %s", got, tt.seconds)
			}
		})
	}
	before := server.Calls("GetSessionToken")
	for _, d := range []time.Duration{899 * time.Second, 129601 * time.Second} {
		o := options(t, server)
		o.Duration = d
		_, err := retrieve(t, &profile.Profile{Name: "work"}, o)
		var out *DurationError
		if !errors.As(err, &out) || !strings.Contains(err.Error(), "900 to 129600 seconds (15m to 36h)") {
			t.Errorf("%v: got %v", d, err)
		}
	}
	if server.Calls("GetSessionToken") != before {
		t.Error("a duration out of range was sent")
	}
}

// codes answers requests for a code from a list, and notes why it was asked again.
type codes struct {
	answers []TokenCode
	again   []error
}

func (c *codes) get(_ context.Context, r TokenRequest) (TokenCode, error) {
	c.again = append(c.again, r.Again)
	if len(c.answers) == 0 {
		return TokenCode{}, ErrNoHuman
	}
	a := c.answers[0]
	c.answers = c.answers[1:]
	return a, nil
}

func TestTokenCodes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		origin  TokenOrigin
		answers []string // "ok" stands for a right code
		again   []error
		calls   int
		err     error
	}{
		{"right", FromHuman, []string{"ok"}, []error{nil}, 1, nil},
		{"as authenticators show it", FromHuman, []string{" 000 000\u00a0", "000\t000", "ok"}, []error{nil, ErrCodeWrong, ErrCodeUsed}, 2, nil},
		{"malformed, then right", FromHuman, []string{"", "12345", "1234567", "12345a", "１２３４５６", "ok"},
			[]error{nil, ErrCodeFormat, ErrCodeFormat, ErrCodeFormat, ErrCodeFormat, ErrCodeFormat}, 1, nil},
		{"wrong, then right", FromHuman, []string{"000000", "000001", "ok"}, []error{nil, ErrCodeWrong, ErrCodeWrong}, 3, nil},
		{"wrong three times", FromHuman, []string{"000000", "000001", "000002", "ok"}, []error{nil, ErrCodeWrong, ErrCodeWrong}, 3, ErrCodeWrong},
		{"the same wrong one is not sent again", FromHuman, []string{"000000", "000000", "ok"}, []error{nil, ErrCodeWrong, ErrCodeUsed}, 2, nil},
		{"malformed for ever", FromHuman, slices.Repeat([]string{"x"}, 20), append([]error{nil}, slices.Repeat([]error{ErrCodeFormat}, 9)...), 0, ErrCodeFormat},
		{"given and wrong", FromFixed, []string{"000000", "ok"}, []error{nil}, 1, ErrCodeWrong},
		{"given and malformed", FromFixed, []string{"0", "ok"}, []error{nil}, 0, ErrCodeFormat},
		{"a program's wrong one", FromProgram, []string{"000000", "ok"}, []error{nil}, 1, ErrCodeWrong},
		{"nobody there", FromHuman, nil, []error{nil}, 0, ErrNoHuman},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := startSTS(t)
			o := options(t, server)
			c := &codes{}
			for _, a := range tt.answers {
				if a == "ok" {
					a = ststest.TOTP(seed, time.Now())
				}
				c.answers = append(c.answers, TokenCode{a, tt.origin})
			}
			o.Helper = &helper{code: c.get}
			got, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o)
			if !errors.Is(err, tt.err) || (err == nil) != got.HasKeys() {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if !slices.Equal(c.again, tt.again) {
				t.Errorf("asked for %v, want %v", c.again, tt.again)
			}
			if n := server.Calls("GetSessionToken"); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

// A code that STS took is not sent again within its time, for whatever session it is wanted.
func TestUsedCode(t *testing.T) {
	server := startSTS(t)
	code := ststest.TOTP(seed, time.Now())
	for _, origin := range []TokenOrigin{FromHuman, FromFixed} {
		o := options(t, server)
		o.Helper = &helper{code: (&codes{answers: []TokenCode{{code, origin}}}).get}
		if origin == FromHuman {
			if _, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o); err != nil {
				t.Fatal(err)
			}
		} else if err := o.Cache.RememberCode(t.Context(), device, code, time.Now()); err != nil {
			t.Fatal(err)
		}
		before := server.Calls("GetSessionToken")
		o.Duration = 20 * time.Minute // another session
		c := &codes{answers: []TokenCode{{code, origin}}}
		o.Helper = &helper{code: c.get}
		_, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o)
		want := map[TokenOrigin]error{FromHuman: ErrNoHuman, FromFixed: ErrCodeUsed}[origin]
		if !errors.Is(err, want) || server.Calls("GetSessionToken") != before {
			t.Errorf("got %v, want %v; %d calls more", err, want, server.Calls("GetSessionToken")-before)
		}
		if origin == FromHuman && !slices.Equal(c.again, []error{nil, ErrCodeUsed}) {
			t.Errorf("asked for %v", c.again)
		}
	}
}

// A program that gives a used code is asked again when the next 30 seconds have begun.
func TestProgramIsAskedAgainInTheNextWindow(t *testing.T) {
	server := startSTS(t)
	events := &recorder{}
	o := options(t, server)
	o.Events = events
	o.Now = func() time.Time { return time.Now().Truncate(window).Add(window - time.Millisecond) }
	if err := o.Cache.RememberCode(t.Context(), device, "111111", o.Now()); err != nil {
		t.Fatal(err)
	}
	o.Helper = &helper{code: (&codes{answers: []TokenCode{{"111111", FromProgram}, {ststest.TOTP(seed, time.Now()), FromProgram}}}).get}
	if _, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(events.waits, "for the next MFA code") {
		t.Errorf("waited %q", events.waits)
	}
}

func TestSessionsWithAndWithoutMFAAreApart(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err != nil {
		t.Fatal(err)
	}
	if _, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o); err == nil {
		t.Error("a session made without MFA served a profile with MFA")
	}
}

func TestErrorsOfAWS(t *testing.T) {
	server := startSTS(t)
	for _, tt := range []struct {
		fault ststest.Fault
		calls int
		text  string
	}{
		{ststest.InvalidClientTokenID(), 1, "get session token with " + aliceID + ": InvalidClientTokenId: The security token included in the request is invalid. (request id "},
		{ststest.ExpiredToken(), 1, "ExpiredToken: The security token included in the request is expired"},
		{ststest.SignatureDoesNotMatch(), 1, "SignatureDoesNotMatch: "},
		{ststest.RegionDisabledException(), 1, "RegionDisabledException: "},
		{ststest.ValidationError("bad"), 1, "ValidationError: bad"},
		{ststest.AccessDenied("no"), 1, "AccessDenied: no"},
		{ststest.Throttling(), 3, "Throttling: Rate exceeded"},
		{ststest.InternalFailure(), 3, "InternalFailure: "},
		{ststest.ConnectionDropped(), 3, strings.TrimPrefix(server.URL(), "http://") + " closed the connection without an answer"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			before := server.Calls("GetSessionToken")
			server.Fail("GetSessionToken", tt.calls, tt.fault)
			_, err := retrieve(t, &profile.Profile{Name: "work"}, options(t, server))
			if err == nil || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("got %v, want %q in it", err, tt.text)
			}
			if n := server.Calls("GetSessionToken") - before; n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestKeyOfProfile(t *testing.T) {
	server := startSTS(t)
	static := &profile.StaticKeys{Credentials: aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}, SecretAccessKey: awsini.Pos{File: "credentials", Line: 3}}

	events := &recorder{}
	o := options(t, server)
	o.Events = events
	if _, err := retrieve(t, &profile.Profile{Name: "plain", Static: static}, o); err != nil {
		t.Errorf("a key in the files: %v", err)
	}
	if want := []string{`profile "plain": its access key is in plaintext at credentials:3`}; !slices.Equal(events.warnings, want) {
		t.Errorf("warned %q, want %q", events.warnings, want)
	}

	other := *static
	other.Credentials.AccessKeyID = "AKIAIOSFODNN7OTHER01"
	if _, err := retrieve(t, &profile.Profile{Name: "work", Static: &other}, options(t, server)); err != nil {
		t.Errorf("the key of the keystore does not win: %v", err)
	}

	var noKey *NoKeyError
	if _, err := retrieve(t, &profile.Profile{Name: "none"}, options(t, server)); !errors.As(err, &noKey) {
		t.Errorf("no key at all: %v", err)
	}
}

func TestCABundle(t *testing.T) {
	server := startSTS(t)
	for path, want := range map[string]string{
		t.TempDir() + "/none": "read CA bundle",
		"session_test.go":     "CA bundle session_test.go holds no certificate",
	} {
		o := options(t, server)
		o.Client.CABundle = path
		if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
}
