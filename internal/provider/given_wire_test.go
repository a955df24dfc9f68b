package provider

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
)

// givenFrom has credentials of kind retrieved from a service at url.
func givenFrom(t *testing.T, kind Kind, url string) (aws.Credentials, error) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	env := map[string]string{}
	p := &profile.Profile{Name: "x"}
	files := profile.Files{}
	switch kind {
	case Container:
		env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = url+"/get", "S3CR3TMARKERtoken"
	case Instance:
		t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
		t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", url)
	case WebIdentity:
		p.WebIdentityTokenFile, p.RoleARN = filepath.Join(home, "token"), "arn:aws:iam::123456789012:role/pod"
		write(t, p.WebIdentityTokenFile, "S3CR3TMARKERtoken")
	case SSO:
		t.Setenv("AWS_ENDPOINT_URL_SSO", url)
		files.Config = filepath.Join(home, "config")
		write(t, files.Config, "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.example/start\n"+
			"[profile x]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = dev\n")
		config, err := profile.ReadFiles(files)
		if err == nil {
			p, err = config.Profile("x")
		}
		if err != nil {
			t.Fatal(err)
		}
		file, err := ssocreds.StandardCachedTokenFilepath("s")
		if err != nil {
			t.Fatal(err)
		}
		token, _ := json.Marshal(map[string]string{"accessToken": "S3CR3TMARKERtoken", "expiresAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, file, string(token))
	}
	m := newMaker(Parts{
		Env: func(name string) string { return env[name] }, Now: time.Now, Client: awsapi.Client{Region: "eu-west-1", Endpoint: url}, Events: &recorder{},
	}, Flags{})
	return m.given(&Plan{Kind: kind, Profile: p}).Retrieve(t.Context())
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Answers of the services that make temporary credentials are bounded in time and
// size, and errors do not quote them, as with STS.
func TestAnswersToGiven(t *testing.T) {
	const page = "<html>S3CR3TMARKER</html>"
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	otherHost, _, _ := strings.Cut(strings.TrimPrefix(other.URL, "http://"), ":")
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    string // HOST is the service's
		kinds   []Kind
	}{
		{"captive portal", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) },
			"the answer of HOST (200 OK) is a web page, not AWS: a proxy or a captive portal?", []Kind{Container, Instance, SSO, WebIdentity}},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
			"HOST answered 307 Temporary Redirect, a redirect to " + otherHost + ", which is not followed", []Kind{Container, Instance, SSO, WebIdentity}},
		{"without end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, strings.Repeat(" ", 64<<10))
			}
		}, "the answer of HOST (200 OK) is longer than 1 MiB", []Kind{Container, Instance, SSO, WebIdentity}},
		{"503", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "S3CR3TMARKER", http.StatusServiceUnavailable)
		}, "HOST answered 503 Service Unavailable", []Kind{SSO, WebIdentity}},
		{"503 without words", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, "HOST answered 503 Service Unavailable", []Kind{Container, SSO, WebIdentity}},
		{"line of text", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the pod has no role", http.StatusForbidden)
		}, "403 Forbidden: the pod has no role", []Kind{Container}},
		{"403 page", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, page)
		}, "HOST answered 403 Forbidden", []Kind{Container, Instance, SSO, WebIdentity}},
		{"404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, "HOST answered 404 Not Found", []Kind{Container, Instance, SSO, WebIdentity}},
		{"empty", func(http.ResponseWriter, *http.Request) {}, "the answer of HOST (200 OK) is empty", []Kind{Container, SSO, WebIdentity}},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"SecretAccessKey":"S3CR3TMARKER`)
		},
			"the answer of HOST (200 OK) cannot be read: cut off, or not AWS's", []Kind{Container, SSO, WebIdentity}},
		{"long token", func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(map[string]string{"AccessKeyId": "ASIA", "SecretAccessKey": "S3CR3TMARKER", "Token": strings.Repeat("t", 65<<10), "Expiration": "2126-01-02T12:00:00Z"})
		}, "the session token in the answer has 66560 bytes, more than the 65536 that are taken", []Kind{Container}},
	} {
		for _, kind := range tt.kinds {
			t.Run(tt.name+" "+string(kind), func(t *testing.T) {
				server := httptest.NewServer(tt.handler)
				defer server.Close()
				_, err := givenFrom(t, kind, server.URL)
				want := strings.ReplaceAll(tt.want, "HOST", strings.TrimPrefix(server.URL, "http://"))
				prefix := `profile "x": credentials of ` + string(kind) + ": "
				if err == nil || err.Error() != prefix+want {
					t.Errorf("got  %v\nwant %s", err, prefix+want)
				}
			})
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("%d requests, with what they carry, were sent elsewhere", elsewhere.Load())
	}
}

// TestInstanceOfVersion1: an instance whose metadata service knows no tokens
// says so by a page with a status; the SDK then asks without.
func TestInstanceOfVersion1(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden, http.StatusMethodNotAllowed} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			const roles = "/latest/meta-data/iam/security-credentials/"
			switch r.URL.Path {
			case roles:
				_, _ = io.WriteString(w, "web")
			case roles + "web":
				_ = json.NewEncoder(w).Encode(map[string]string{"Code": "Success", "AccessKeyId": "ASIA", "SecretAccessKey": "S3CR3TMARKER",
					"Token": "S3CR3TMARKERtoken", "Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
			default:
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, "<?xml version=\"1.0\"?><!DOCTYPE html><html></html>")
			}
		}))
		c, err := givenFrom(t, Instance, server.URL)
		server.Close()
		if err != nil || c.AccessKeyID != "ASIA" {
			t.Errorf("%d: %v", status, err)
		}
	}
}
