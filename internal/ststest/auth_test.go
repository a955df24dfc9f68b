package ststest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// tamper changes a request after it was signed.
type tamper func(*http.Request)

func (f tamper) Do(r *http.Request) (*http.Response, error) {
	f(r)
	return http.DefaultClient.Do(r)
}

func TestAuthentication(t *testing.T) {
	const (
		invalid  = "The security token included in the request is invalid."
		mismatch = "The request signature we calculated does not match the signature you provided."
	)
	text := func(from, to string) tamper {
		return func(r *http.Request) {
			header := r.Header.Get("Authorization")
			if !strings.Contains(header, from) {
				panic("nothing to change")
			}
			r.Header.Set("Authorization", strings.Replace(header, from, to, 1))
		}
	}
	none := tamper(func(*http.Request) {})
	with := func(c aws.Credentials, change func(*aws.Credentials)) aws.Credentials {
		change(&c)
		return c
	}
	s := start(t)
	session := sessionOf(t, s, me, "")
	sibling := sessionOf(t, s, me, "")
	for _, test := range []struct {
		name        string
		credentials aws.Credentials
		tamper      tamper
		code        string
		status      int
		message     string
	}{
		{"good", me, none, "", 0, ""},
		{"good session", session, none, "", 0, ""},
		{"unsigned headers added", me, func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") }, "", 0, ""},
		{"unknown key", with(me, func(c *aws.Credentials) { c.AccessKeyID = "AKIAIOSFODNN7NOBODY1" }), none, "InvalidClientTokenId", 403, invalid},
		{"wrong secret", with(me, func(c *aws.Credentials) { c.SecretAccessKey = other.SecretAccessKey }), none, "SignatureDoesNotMatch", 403, mismatch},
		{"long-term key with a token", with(me, func(c *aws.Credentials) { c.SessionToken = session.SessionToken }), none, "InvalidClientTokenId", 403, invalid},
		{"session without token", with(session, func(c *aws.Credentials) { c.SessionToken = "" }), none, "InvalidClientTokenId", 403, invalid},
		{"token of another session", with(session, func(c *aws.Credentials) { c.SessionToken = sibling.SessionToken }), none, "InvalidClientTokenId", 403, invalid},
		{"session with wrong secret", with(session, func(c *aws.Credentials) { c.SecretAccessKey = sibling.SecretAccessKey }), none, "SignatureDoesNotMatch", 403, mismatch},
		{"token not signed", with(session, func(c *aws.Credentials) { c.SessionToken = "" }),
			func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", session.SessionToken) }, "SignatureDoesNotMatch", 403, mismatch},
		{"unsigned", me, func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationToken", 403, "Request is missing Authentication Token"},
		{"other algorithm", me, text("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), "IncompleteSignature", 400, "algorithm"},
		{"no signature", me, text("Signature=", "Sig="), "IncompleteSignature", 400, "'Signature'"},
		{"no date", me, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "IncompleteSignature", 400, "X-Amz-Date"},
		{"other service", me, text("/sts/", "/s3/"), "SignatureDoesNotMatch", 403, "correct service: 'sts'"},
		{"other region", me, text("/eu-west-1/", "/eu-west-2/"), "SignatureDoesNotMatch", 403, mismatch},
		{"no region", me, text("/eu-west-1/", "//"), "SignatureDoesNotMatch", 403, "valid region"},
		{"other terminator", me, text("/aws4_request", "/aws5_request"), "SignatureDoesNotMatch", 403, "terminator"},
		{"other date in scope", me, text("/20", "/19"), "SignatureDoesNotMatch", 403, "Date in Credential scope does not match"},
		{"short scope", me, text("/aws4_request", ""), "IncompleteSignature", 400, "5 slash-delimited"},
		{"date not signed", me, text(";x-amz-date", ""), "SignatureDoesNotMatch", 403, mismatch},
		{"signed header changed", me, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}, "SignatureDoesNotMatch", 403, mismatch},
		{"host changed", me, func(r *http.Request) { r.Host = "sts.amazonaws.com" }, "SignatureDoesNotMatch", 403, mismatch},
		{"query added", me, func(r *http.Request) { r.URL.RawQuery = "x=1" }, "SignatureDoesNotMatch", 403, mismatch},
		{"body changed", me, func(r *http.Request) {
			body := "Version=2011-06-15&Action=GetCallerIdentity" // the same form in other bytes
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}, "SignatureDoesNotMatch", 403, mismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := client(s, test.credentials, func(o *sts.Options) { o.HTTPClient = test.tamper }).GetCallerIdentity(t.Context(), nil)
			wantError(t, err, test.code, test.status, test.message)
		})
	}
}

func TestClockSkew(t *testing.T) {
	for _, test := range []struct {
		offset  time.Duration
		message string
	}{
		{14 * time.Minute, ""},
		{-14 * time.Minute, ""},
		{16 * time.Minute, "Signature expired: "},
		{-16 * time.Minute, "Signature not yet current: "},
	} {
		s := start(t, func(c *Config) { c.Now = nil })
		s.SetClockOffset(test.offset)
		_, err := whoami(t, s, me)
		if test.message == "" {
			wantError(t, err, "", 0, "")
			continue
		}
		wantError(t, err, "SignatureDoesNotMatch", 403, test.message)
		wantError(t, err, "SignatureDoesNotMatch", 403, " 15 min.)")
	}
}

func TestRegion(t *testing.T) {
	s := start(t, func(c *Config) { c.Region = "us-east-1" })
	_, err := whoami(t, s, me)
	wantError(t, err, "SignatureDoesNotMatch", 403, "valid region")
	_, err = client(s, me, func(o *sts.Options) { o.Region = "us-east-1" }).GetCallerIdentity(t.Context(), nil)
	wantError(t, err, "", 0, "")
}

func TestKeys(t *testing.T) {
	s := start(t)
	second := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL9", SecretAccessKey: "S3CR3TMARKERnew0000000000000000000000009"}
	if err := s.AddKey(meARN, second.AccessKeyID, second.SecretAccessKey); err != nil {
		t.Fatal(err)
	}
	for _, c := range []aws.Credentials{me, second} {
		if arn, err := whoami(t, s, c); arn != meARN {
			t.Errorf("%s, %v", arn, err)
		}
	}
	session := sessionOf(t, s, me, "")
	if err := s.SetKeyActive(me.AccessKeyID, false); err != nil {
		t.Fatal(err)
	}
	_, err := whoami(t, s, me)
	wantError(t, err, "InvalidClientTokenId", 403, "")
	if err := s.SetKeyActive(me.AccessKeyID, true); err != nil {
		t.Fatal(err)
	}
	_, err = whoami(t, s, me)
	wantError(t, err, "", 0, "")
	if err := s.RemoveKey(me.AccessKeyID); err != nil {
		t.Fatal(err)
	}
	_, err = whoami(t, s, me)
	wantError(t, err, "InvalidClientTokenId", 403, "")
	for _, c := range []aws.Credentials{second, session} {
		_, err = whoami(t, s, c)
		wantError(t, err, "", 0, "")
	}
	// The same ID with another secret: the server must not remember the old
	// one.
	if err := s.AddKey(meARN, me.AccessKeyID, second.SecretAccessKey); err != nil {
		t.Fatal(err)
	}
	_, err = whoami(t, s, me)
	wantError(t, err, "SignatureDoesNotMatch", 403, "")
	if s.RemoveKey("AKIAIOSFODNN7NOBODY1") == nil || s.SetKeyActive("AKIAIOSFODNN7NOBODY1", true) == nil || s.AddKey("arn", second.AccessKeyID, "x") == nil {
		t.Error("a missing key was changed")
	}
}

// signedGet returns a GET request, signed as by a client that knows no forms.
func signedGet(t *testing.T, s *Server, query string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(context.Background(), me, r, hex.EncodeToString(empty[:]), "sts", region, time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWire(t *testing.T) {
	s := start(t)
	post := func(path, contentType, body string) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		return r
	}
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name    string
		request *http.Request
		status  int
		want    string
	}{
		{"GET", signedGet(t, s, "Action=GetCallerIdentity&Version=2011-06-15"), 200, "<Arn>" + meARN + "</Arn>"},
		{"unsigned", post("/", form, "Action=GetCallerIdentity&Version=2011-06-15"), 403, "<Code>MissingAuthenticationToken</Code>"},
		{"unknown action", post("/", form, "Action=Nonsense&Version=2011-06-15"), 400,
			"<Code>InvalidAction</Code>\n    <Message>Could not find operation Nonsense for version 2011-06-15</Message>"},
		{"other version", post("/", form, "Action=GetCallerIdentity&Version=2011-06-16"), 400, "for version 2011-06-16</Message>"},
		{"no version", post("/", form, "Action=GetCallerIdentity"), 400, "NO_VERSION_SPECIFIED"},
		{"no action", post("/", form, "Version=2011-06-15"), 400, "MissingAction"},
		{"no form", post("/", "application/json", "Action=GetCallerIdentity&Version=2011-06-15"), 400, "MissingAction"},
		{"bad form", post("/", form, "Action=%zz"), 400, "MissingAction"},
		{"other path", post("/x", form, "Action=GetCallerIdentity&Version=2011-06-15"), 404, "UnknownOperationException"},
		{"huge", post("/", form, strings.Repeat("x", maxBody+1)), 413, "RequestEntityTooLarge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, err := http.DefaultClient.Do(test.request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			id := response.Header.Get("x-amzn-RequestId")
			if response.StatusCode != test.status || !strings.Contains(string(body), test.want) {
				t.Errorf("status %d, want %d with %q in\n%s", response.StatusCode, test.status, test.want, body)
			}
			if id == "" || !strings.Contains(string(body), "<RequestId>"+id+"</RequestId>") {
				t.Errorf("request id %q is not in\n%s", id, body)
			}
			if test.status >= 400 && !strings.Contains(string(body), "<Type>Sender</Type>") {
				t.Errorf("no type in\n%s", body)
			}
		})
	}
}

func TestDateHeaderIsTheServersClock(t *testing.T) {
	s := start(t)
	s.SetClockOffset(time.Hour)
	response, err := http.DefaultClient.Do(signedGet(t, s, "Action=GetCallerIdentity&Version=2011-06-15"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got, want := response.Header.Get("Date"), epoch.Add(time.Hour).UTC().Format(http.TimeFormat); got != want {
		t.Errorf("Date %s, want %s", got, want)
	}
}
