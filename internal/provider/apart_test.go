package provider

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// A long-term key in the environment gets a session, as any does.
func TestEnvironmentKeyGetsSession(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	env := map[string]string{"AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": secret}
	o.Env = func(name string) string { return env[name] }
	c, err := retrieve(t, &profile.Profile{Name: "work"}, o)
	if err != nil || c.SessionToken == "" || server.Calls("GetSessionToken") != 1 {
		t.Errorf("got %s, %d calls, %v", c.AccessKeyID, server.Calls("GetSessionToken"), err)
	}
}

// What a credential_process gives that is short-lived already is handed on as it is.
func TestSessionOfProcess(t *testing.T) {
	server := startSTS(t)
	for _, given := range []aws.Credentials{
		{AccessKeyID: "ASIAIOSFODNN7PROCESS", SecretAccessKey: secret},
		{AccessKeyID: aliceID, SecretAccessKey: secret, SessionToken: "S3CR3TMARKERtoken"},
	} {
		o := options(t, server)
		o.Keys = memory{}
		o.Helper = &helper{process: func(context.Context, string, []string) (aws.Credentials, error) { return given, nil }}
		c, err := retrieve(t, &profile.Profile{Name: "other", CredentialProcess: "tool"}, o)
		if err != nil || c != given {
			t.Errorf("%s became %s, %v", given.AccessKeyID, c.AccessKeyID, err)
		}
	}
	if n := server.Calls("GetSessionToken"); n != 0 {
		t.Errorf("AWS was asked for %d sessions", n)
	}
}

func TestContainerEndpoint(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://example.com/x": true, "http://localhost:1/x": true, "http://LocalHost/x": true, "http://127.0.0.1/x": true, "http://127.9.9.9/x": true, "http://[::1]:80/x": true,
		"http://169.254.170.2/x": true, "http://169.254.170.23/x": true, "http://[fd00:ec2::23]/x": true,
		"http://example.com/x": false, "http://169.254.169.254/x": false, "http://localhost.example.com/x": false, "http://10.0.0.1/x": false,
		"ftp://127.0.0.1/x": false, "/x": false, "": false,
	} {
		if err := checkEndpoint(endpoint); (err == nil) != want {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}

// A token file may end with a line break, as an editor leaves it; the header must not.
func TestContainerTokenFile(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "S3CR3TMARKERtoken" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = w.Write([]byte(`{"AccessKeyId":"ASIAIOSFODNN7CONTAIN","SecretAccessKey":"S3CR3TMARKER","Token":"S3CR3TMARKER","Expiration":"2099-01-02T03:04:05Z"}`))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	for _, end := range []string{"", "\n", "\r\n"} {
		write(t, file, "S3CR3TMARKERtoken"+end)
		env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.URL + "/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file}
		m := newMaker(Parts{Env: func(name string) string { return env[name] }, Events: &recorder{}, Now: time.Now}, Flags{})
		c, err := m.given(&Plan{Kind: Container, Profile: &profile.Profile{Name: "x"}}).Retrieve(t.Context())
		if err != nil || c.AccessKeyID != "ASIAIOSFODNN7CONTAIN" {
			t.Errorf("a token file that ends with %q: %v", end, err)
		}
	}
}

// The endpoint and the MFA device are part of what a session is, even if nothing else differs.
func TestSessionsOfEndpointsAndDevicesAreApart(t *testing.T) {
	server, other := startSTS(t), startSTS(t)
	o := options(t, server)
	o.Duration = time.Hour
	if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err != nil {
		t.Fatal(err)
	}
	if _, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: device}, o); err == nil {
		t.Error("a session made without MFA served a profile with MFA")
	}
	o.Client.Endpoint = other.URL()
	if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err != nil || other.Calls("GetSessionToken") != 1 {
		t.Errorf("the other endpoint was asked %d times, %v", other.Calls("GetSessionToken"), err)
	}
}

// A session that is locked away is an error, and no reason to go to the long-term key, which is locked away with it.
func TestLockedCache(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	dir := t.TempDir()
	o.Cache = newTestCache(dir)
	if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); err != nil {
		t.Fatal(err)
	}
	for _, why := range []error{keystore.ErrLocked, keystore.ErrRefused} {
		o.Cache = cache.New(dir, func(context.Context, bool) ([32]byte, error) { return [32]byte{}, why })
		if _, err := retrieve(t, &profile.Profile{Name: "work"}, o); !errors.Is(err, why) || !strings.Contains(err.Error(), why.Error()) {
			t.Errorf("%v: got %v", why, err)
		}
	}
	if n := server.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions were made", n)
	}
}

// --duration is about the role that is asked for; what assumes it lives as it would without, and so can be shared.
func TestDurationIsOfTheLastRole(t *testing.T) {
	server, o := roles(t)
	o.Duration = 15 * time.Minute
	if _, err := retrieve(t, two(), o); err != nil {
		t.Fatal(err)
	}
	var lives []string
	for _, r := range server.Requests() {
		lives = append(lives, r.Action+" "+r.Params.Get("DurationSeconds"))
	}
	if want := []string{"GetSessionToken 3600", "AssumeRole 3600", "AssumeRole 900"}; !slices.Equal(lives, want) {
		t.Errorf("asked for %q, want %q", lives, want)
	}
}
