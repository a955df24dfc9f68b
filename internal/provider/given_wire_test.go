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

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/profile"
)

// givenFrom has credentials of kind retrieved from a service at url.
func givenFrom(t *testing.T, kind Kind, url string) (aws.Credentials, error) {
	t.Helper()
	home := t.TempDir()
	env := map[string]string{}
	p := &profile.Profile{Name: "x"}
	switch kind {
	case Container:
		env["AWS_CONTAINER_CREDENTIALS_FULL_URI"], env["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = url+"/get", "S3CR3TMARKERtoken"
	case Instance:
		env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = url
	case WebIdentity:
		p.WebIdentityTokenFile, p.RoleARN = filepath.Join(home, "token"), "arn:aws:iam::123456789012:role/pod"
		write(t, p.WebIdentityTokenFile, "S3CR3TMARKERtoken")
	case SSO:
		p.SSO = &profile.SSO{Session: "s", Region: "eu-west-1", StartURL: "https://x.example/start", AccountID: "123456789012", RoleName: "dev"}
		login := awstest.Login{Session: "s", AccessToken: "S3CR3TMARKERtoken", Expires: time.Now().Add(time.Hour)}
		if _, err := login.Save(home); err != nil {
			t.Fatal(err)
		}
	}
	m := newMaker(Parts{
		Env: func(name string) string { return env[name] }, Home: home, Now: time.Now, Events: &recorder{},
		Client: awsapi.Client{Region: "eu-west-1", Endpoint: url, SSOEndpoint: url},
	}, Flags{})
	m.selected = p
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

// The metadata service is asked as the selected profile says, also for the role of
// another profile.
func TestInstanceSettings(t *testing.T) {
	issue := func() (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "ASIAIOSFODNN7MACHINE", SecretAccessKey: secret, SessionToken: secret, Expires: time.Now().Add(time.Hour)}, nil
	}
	service, err := awstest.StartIMDS("web", issue)
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	for _, tt := range []struct {
		name     string
		settings profile.MetadataService
		env      map[string]string
		want     string // of the error
	}{
		{"profile", profile.MetadataService{Endpoint: service.URL()}, nil, ""},
		{"environment", profile.MetadataService{Endpoint: "http://127.0.0.1:1"}, map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.URL()}, ""},
		{"patience", profile.MetadataService{Endpoint: service.URL(), Timeout: "2", Attempts: "1"}, nil, ""},
		{"mode that is none", profile.MetadataService{Mode: "x"}, nil, "must be IPv4 or IPv6"},
		{"disabled", profile.MetadataService{Endpoint: service.URL()}, map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "AWS_EC2_METADATA_DISABLED is true"},
	} {
		m := newMaker(Parts{Env: func(name string) string { return tt.env[name] }, Now: time.Now, Events: &recorder{}}, Flags{})
		m.selected = &profile.Profile{Name: "selected", Metadata: tt.settings}
		source := &profile.Profile{Name: "source", CredentialSource: "Ec2InstanceMetadata", Metadata: profile.MetadataService{Endpoint: "http://127.0.0.1:1"}}
		c, err := m.given(&Plan{Kind: Instance, Profile: source}).Retrieve(t.Context())
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
			}
		} else if err != nil || c.AccessKeyID != "ASIAIOSFODNN7MACHINE" {
			t.Errorf("%s: got %s, %v", tt.name, c.AccessKeyID, err)
		}
	}
}

// A service that fails is asked as often as botocore's setting says, and one that knows
// no tokens is not asked without one if version 1 is disabled.
func TestInstanceLimits(t *testing.T) {
	for _, tt := range []struct {
		name     string
		status   int
		settings profile.MetadataService
		want     int32 // requests
	}{
		{"version 1 disabled", http.StatusNotFound, profile.MetadataService{V1Disabled: "true"}, 1},
		{"one attempt", http.StatusInternalServerError, profile.MetadataService{V1Disabled: "true", Attempts: "1"}, 1},
		{"two attempts", http.StatusInternalServerError, profile.MetadataService{V1Disabled: "true", Attempts: "2"}, 2},
	} {
		var requests atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.WriteHeader(tt.status)
		}))
		m := newMaker(Parts{Env: func(string) string { return "" }, Now: time.Now, Events: &recorder{}}, Flags{})
		m.selected = &profile.Profile{Name: "x", Metadata: tt.settings}
		m.selected.Metadata.Endpoint = server.URL
		_, err := m.instance(t.Context())
		server.Close()
		if err == nil || requests.Load() != tt.want {
			t.Errorf("%s: %d requests, %v", tt.name, requests.Load(), err)
		}
	}
}
