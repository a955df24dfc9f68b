package awsapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	aliceID = "AKIAIOSFODNN7ALICE01"
	secret  = "S3CR3TMARKER/wJalrXUtnFEMI/K7MDENGbPxRfi"
)

func startSTS(t *testing.T) *ststest.Server {
	t.Helper()
	server, err := ststest.Start(ststest.Config{Users: []ststest.User{{
		Account: "123456789012", Name: "alice", AccessKeyID: aliceID, SecretAccessKey: secret,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

func iamOf(server *ststest.Server, creds aws.Credentials) *IAM {
	return Client{Endpoint: server.URL(), IAMEndpoint: server.URL(), Region: "eu-west-1", AppID: "awsexec-test"}.IAM(creds)
}

var aliceKey = aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}

func TestAccessKeys(t *testing.T) {
	server := startSTS(t)
	api := iamOf(server, aliceKey)
	made, err := api.CreateAccessKey(t.Context())
	if err != nil || !strings.HasPrefix(made.AccessKeyID, "AKIA") || made.SecretAccessKey == "" || made.SessionToken != "" {
		t.Fatalf("made %q, %v", made.AccessKeyID, err)
	}
	if used, err := api.AccessKeyLastUsed(t.Context(), made.AccessKeyID); err != nil || used != (KeyUse{}) {
		t.Errorf("a new key was used at %+v, %v", used, err)
	}
	fresh := iamOf(server, made)
	if err := fresh.DeactivateAccessKey(t.Context(), aliceID); err != nil {
		t.Error(err)
	}
	keys, err := fresh.AccessKeys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	for _, k := range keys {
		if k.Active != (k.ID == made.AccessKeyID) || k.Created.IsZero() {
			t.Errorf("listed %+v", k)
		}
	}
	if used, err := fresh.AccessKeyLastUsed(t.Context(), aliceID); err != nil || used.Service != "iam" || used.Region != "us-east-1" || used.Time.IsZero() {
		t.Errorf("used %+v, %v", used, err)
	}
	if err := fresh.DeleteAccessKey(t.Context(), aliceID); err != nil {
		t.Error(err)
	}
	if r := server.Requests()[0]; r.Region != "us-east-1" || !strings.Contains(r.UserAgent, "awsexec-test") {
		t.Errorf("the call was %+v", r)
	}
}

func TestMFADevices(t *testing.T) {
	server := startSTS(t)
	devices := []string{"arn:aws:iam::123456789012:mfa/bob", "GAHT12345678"}
	bob := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7BOBBOB1", SecretAccessKey: secret}
	if err := server.AddUser(ststest.User{
		Account: "123456789012", Name: "bob", AccessKeyID: bob.AccessKeyID, SecretAccessKey: secret,
		MFASerial: devices[0], MFASecret: []byte("seed"), OtherMFA: devices[1:],
	}); err != nil {
		t.Fatal(err)
	}
	if got, err := iamOf(server, bob).MFADevices(t.Context()); err != nil || !slices.Equal(got, devices) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := iamOf(server, aliceKey).MFADevices(t.Context()); err != nil || len(got) > 0 {
		t.Errorf("got %q for a user without, %v", got, err)
	}
	server.Forbid("ListMFADevices", ststest.Always)
	if got, err := iamOf(server, bob).MFADevices(t.Context()); !Refused(err) || len(got) > 0 {
		t.Errorf("forbidden, got %q, %v", got, err)
	}
}

// A key is created once. Other failing calls are repeated.
func TestIAMRetries(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  ststest.Fault
		create int // calls that CreateAccessKey comes to
		list   int
		code   string // of CreateAccessKey's error; "" for none
		lost   bool
	}{
		{"throttled", ststest.Throttling(), 2, 2, "", false},
		{"failure", ststest.InternalFailure(), 1, 2, "InternalFailure", true},
		{"dropped", ststest.ConnectionDropped(), 1, 2, "", true},
		{"answer lost", ststest.AnswerLost(), 1, 2, "", true},
		{"refused", ststest.AccessDenied("no"), 1, 1, "AccessDenied", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := startSTS(t)
			api := iamOf(server, aliceKey)
			server.Fail("CreateAccessKey", 1, tt.fault)
			server.Fail("ListAccessKeys", 1, tt.fault)
			_, err := api.CreateAccessKey(t.Context())
			var got smithy.APIError
			errors.As(err, &got)
			if errors.Is(err, ErrOutcomeUnknown) != tt.lost || tt.code != "" && (got == nil || got.ErrorCode() != tt.code) {
				t.Errorf("got %v", err)
			}
			_, _ = api.AccessKeys(t.Context())
			if create, list := server.Calls("CreateAccessKey"), server.Calls("ListAccessKeys"); create != tt.create || list != tt.list {
				t.Errorf("%d and %d calls, want %d and %d", create, list, tt.create, tt.list)
			}
		})
	}
}

// A key is created although AWS first refused the date of the signature.
func TestIAMWithWrongClock(t *testing.T) {
	for _, offset := range []time.Duration{-6 * time.Hour, 6 * time.Hour} {
		server := startSTS(t)
		server.SetClockOffset(offset)
		if _, err := iamOf(server, aliceKey).CreateAccessKey(t.Context()); err != nil {
			t.Errorf("%v: %v", offset, err)
		}
		if n := len(server.AccessKeys("arn:aws:iam::123456789012:user/alice")); n != 2 {
			t.Errorf("%v: %d keys, want 2", offset, n)
		}
	}
}

func TestIAMInvalidAnswers(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   string
	}{
		{502, "<html>" + ststest.Marker, "502"},
		{408, "<a/>", "408"},
		{200, "<CreateAccessKeyResponse><" + ststest.Marker, "cannot be read"},
		{200, "<CreateAccessKeyResponse></CreateAccessKeyResponse>", "cannot be read"},
		{200, "<CreateAccessKeyResponse><CreateAccessKeyResult/></CreateAccessKeyResponse>", "without one"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(tt.status)
			_, _ = w.Write([]byte(tt.body))
		}))
		_, err := Client{IAMEndpoint: server.URL + "/"}.IAM(aliceKey).CreateAccessKey(t.Context())
		server.Close()
		if !errors.Is(err, ErrOutcomeUnknown) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), ststest.Marker) {
			t.Errorf("%d %s: %v", tt.status, tt.body, err)
		}
	}
}

// IAM is one service for a whole partition, and its requests are signed for one
// region, also with an endpoint of the user's own.
func TestIAMEndpoint(t *testing.T) {
	for _, tt := range []struct {
		client      Client
		url, region string
	}{
		{Client{}, "https://iam.amazonaws.com/", "us-east-1"},
		{Client{Region: "eu-west-1"}, "https://iam.amazonaws.com/", "us-east-1"},
		{Client{Region: "eu-west-1", DualStack: aws.DualStackEndpointStateEnabled}, "https://iam.global.api.aws/", "us-east-1"},
		{Client{Region: "us-east-2", FIPS: aws.FIPSEndpointStateEnabled}, "https://iam-fips.amazonaws.com/", "us-east-1"},
		{Client{Region: "us-east-2", FIPS: aws.FIPSEndpointStateEnabled, DualStack: aws.DualStackEndpointStateEnabled}, "https://iam-fips.global.api.aws/", "us-east-1"},
		{Client{Region: "cn-northwest-1"}, "https://iam.cn-north-1.amazonaws.com.cn/", "cn-north-1"},
		{Client{Region: "us-gov-east-1"}, "https://iam.us-gov.amazonaws.com/", "us-gov-west-1"},
		{Client{Region: "eusc-de-east-1"}, "https://iam.eusc-de-east-1.amazonaws.eu/", "eusc-de-east-1"},
		{Client{Region: "cn-north-1", IAMEndpoint: "http://x"}, "http://x/", "cn-north-1"},
		{Client{Region: "cn-northwest-1", IAMEndpoint: "http://x"}, "http://x/", "cn-north-1"},
		{Client{Region: "eu-west-1", IAMEndpoint: "http://x/y"}, "http://x/y", "us-east-1"},
	} {
		var url, region string
		api, _, err := tt.client.iam(t.Context(), aliceKey)
		if err != nil {
			t.Fatal(err)
		}
		_, err = api.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{}, func(o *iam.Options) {
			o.HTTPClient = smithyhttp.ClientDoFunc(func(r *http.Request) (*http.Response, error) {
				url = r.URL.String()
				_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
				region = strings.Split(scope, "/")[2]
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("<ListAccessKeysResponse><ListAccessKeysResult/></ListAccessKeysResponse>"))}, nil
			})
		})
		if err != nil || url != tt.url || region != tt.region {
			t.Errorf("%+v: %s, %s, %v; want %s, %s", tt.client, url, region, err, tt.url, tt.region)
		}
	}
}
