package ststest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

const (
	account    = "123456789012"
	mfaSerial  = "arn:aws:iam::123456789012:mfa/me"
	rootSerial = "arn:aws:iam::123456789012:mfa/root"
	meARN      = "arn:aws:iam::123456789012:user/me"
	rootARN    = "arn:aws:iam::123456789012:root"
	oidc       = "arn:aws:iam::123456789012:oidc-provider/issuer.example"
	region     = "eu-west-1"
)

var (
	me      = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL1", SecretAccessKey: "S3CR3TMARKERme00000000000000000000000001"}
	root    = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL2", SecretAccessKey: "S3CR3TMARKERroot000000000000000000000002"}
	other   = aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPL3", SecretAccessKey: "S3CR3TMARKERother00000000000000000000003"}
	mfaSeed = []byte("12345678901234567890")
)

// epoch is the time of tests whose clock stands still. It is the real time at
// the start, because SDKs sign with the real time.
var epoch = time.Now().Truncate(time.Second)

func role(name string) string { return "arn:aws:iam::123456789012:role/" + name }

func start(t *testing.T, adapt ...func(*Config)) *Server {
	t.Helper()
	c := Config{
		Users: []User{
			{Account: account, Name: "me", AccessKeyID: me.AccessKeyID, SecretAccessKey: me.SecretAccessKey, MFASerial: mfaSerial, MFASecret: mfaSeed},
			{Account: account, Root: true, AccessKeyID: root.AccessKeyID, SecretAccessKey: root.SecretAccessKey, MFASerial: rootSerial, MFASecret: mfaSeed},
			{Account: "210987654321", Name: "other", AccessKeyID: other.AccessKeyID, SecretAccessKey: other.SecretAccessKey},
		},
		Roles: []Role{
			{ARN: role("short"), Trust: []string{rootARN}},
			{ARN: role("path/to/long"), Trust: []string{meARN, role("short")}, MaxSessionDuration: 12 * time.Hour},
			{ARN: role("external"), Trust: []string{account}, ExternalID: "an:external/id"},
			{ARN: role("mfa"), Trust: []string{meARN, role("short"), role("mfa")}, RequireMFA: true},
			{ARN: role("web"), Trust: []string{oidc}},
		},
		WebIdentities: []WebIdentity{
			{Token: "S3CR3TMARKERgood", Provider: oidc, Subject: "job-1", Audience: "sts.amazonaws.com"},
			{Token: "S3CR3TMARKERlate", Provider: oidc, Expires: epoch.Add(-time.Second)},
			{Token: "S3CR3TMARKERforeign", Provider: oidc + "/other"},
		},
		Now: func() time.Time { return epoch },
	}
	for _, f := range adapt {
		f(&c)
	}
	s, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// bodyInMemory sends the SDK's request bodies from memory. The SDK closes its
// body as soon as there is a response. If the transport has not yet read the
// body's end, it breaks the connection, and a long answer with it. Only a
// server on the same machine is fast enough for that.
type bodyInMemory struct{ *http.Client }

func (c bodyInMemory) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return c.Client.Do(r)
}

// client returns the real SDK client, without retries.
func client(s *Server, c aws.Credentials, adapt ...func(*sts.Options)) *sts.Client {
	o := sts.Options{
		Region:       region,
		BaseEndpoint: aws.String(s.URL()),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return c, nil
		}),
		HTTPClient: bodyInMemory{&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}},
		Retryer:    aws.NopRetryer{},
	}
	return sts.New(o, adapt...)
}

func credentialsOf(c *types.Credentials) aws.Credentials {
	return aws.Credentials{
		AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken,
		CanExpire: true, Expires: *c.Expiration,
	}
}

// sessionOf returns a session from GetSessionToken, with MFA if code is not
// empty.
func sessionOf(t *testing.T, s *Server, c aws.Credentials, code string) aws.Credentials {
	t.Helper()
	in := &sts.GetSessionTokenInput{}
	if code != "" {
		in.SerialNumber, in.TokenCode = aws.String(mfaSerial), &code
	}
	out, err := client(s, c).GetSessionToken(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return credentialsOf(out.Credentials)
}

// assume assumes a role, which must succeed.
func assume(t *testing.T, s *Server, c aws.Credentials, in *sts.AssumeRoleInput) aws.Credentials {
	t.Helper()
	if in.RoleSessionName == nil {
		in.RoleSessionName = aws.String("s1")
	}
	out, err := client(s, c).AssumeRole(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return credentialsOf(out.Credentials)
}

// wantError checks an API error: its code, its HTTP status and a part of its
// message.
func wantError(t *testing.T, err error, code string, status int, message string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Fatalf("error %v, want nil", err)
		}
		return
	}
	var api smithy.APIError
	var response *awshttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		t.Fatalf("error %v, want %s", err, code)
	}
	if api.ErrorCode() != code || response.HTTPStatusCode() != status || !strings.Contains(api.ErrorMessage(), message) {
		t.Fatalf("error %s %d %q, want %s %d %q", api.ErrorCode(), response.HTTPStatusCode(), api.ErrorMessage(), code, status, message)
	}
	if response.ServiceRequestID() == "" {
		t.Error("no request ID")
	}
}

func whoami(t *testing.T, s *Server, c aws.Credentials) (string, error) {
	t.Helper()
	out, err := client(s, c).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		return "", err
	}
	return *out.Arn, nil
}
