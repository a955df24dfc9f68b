package provider

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

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

// AWS lets a session call IAM if it was made with MFA.
func TestIAMWithSessions(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	codes := &codes{answers: []TokenCode{{Code: ststest.TOTP(seed, o.Now())}}}
	o.TokenCode = codes.get
	for serial, want := range map[string]string{"": "InvalidClientTokenId", device: ""} {
		// What else the profile has is not about its key.
		p := &profile.Profile{Name: "work", MFASerial: serial, RoleARN: "arn:aws:iam::123456789012:role/r", Duration: 1}
		from, err := KeySession(t.Context(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		session, err := from.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = iamOf(server, session).AccessKeys(t.Context())
		var api smithy.APIError
		if errors.As(err, &api) != (want != "") || want != "" && api.ErrorCode() != want {
			t.Errorf("device %q: %v", serial, err)
		}
	}
	if _, err := KeySession(t.Context(), &profile.Profile{Name: "work", MFASerial: "arn:aws-cn:iam::123456789012:mfa/alice"}, o); err == nil {
		t.Error("an MFA device of another partition was taken")
	}
}

// A key is made once. What else fails on the way is tried again.
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

func TestIAMAnswersThatAreNone(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		want   string
	}{
		{502, "<html>" + ststest.Marker, "502"},
		{408, "<a/>", "408"},
		{200, "<CreateAccessKeyResponse><" + ststest.Marker, "cannot be read"},
		{200, "<CreateAccessKeyResponse></CreateAccessKeyResponse>", "without one"},
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

func TestIAMEndpoint(t *testing.T) {
	for _, tt := range []struct {
		client      Client
		url, region string
	}{
		{Client{}, "https://iam.amazonaws.com", "us-east-1"},
		{Client{Region: "eu-west-1"}, "https://iam.amazonaws.com", "us-east-1"},
		{Client{Region: "eu-west-1", DualStack: aws.DualStackEndpointStateEnabled}, "https://iam.global.api.aws", "us-east-1"},
		{Client{Region: "us-east-2", FIPS: aws.FIPSEndpointStateEnabled}, "https://iam-fips.amazonaws.com", "us-east-1"},
		{Client{Region: "us-east-2", FIPS: aws.FIPSEndpointStateEnabled, DualStack: aws.DualStackEndpointStateEnabled}, "https://iam-fips.global.api.aws", "us-east-1"},
		{Client{Region: "cn-northwest-1"}, "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{Client{Region: "us-gov-east-1"}, "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
		{Client{Region: "eusc-de-east-1"}, "https://iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
		{Client{Region: "cn-north-1", IAMEndpoint: "http://x"}, "http://x", "cn-north-1"},
	} {
		if url, region := tt.client.iamEndpoint(); url != tt.url || region != tt.region {
			t.Errorf("%+v: %s, %s; want %s, %s", tt.client, url, region, tt.url, tt.region)
		}
	}
	for _, p := range partitionPrefixes {
		if _, ok := iamHosts[p.partition]; !ok {
			t.Errorf("no IAM in partition %s", p.partition)
		}
	}
}
