package ststest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// iamAnswer holds the answer to any of the actions.
type iamAnswer struct {
	Code    string         `xml:"Error>Code"`
	Message string         `xml:"Error>Message"`
	Made    accessKeyXML   `xml:"CreateAccessKeyResult>AccessKey"`
	Keys    []accessKeyXML `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
	Used    string         `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>ServiceName"`
	MFA     []string       `xml:"ListMFADevicesResult>MFADevices>member>SerialNumber"`
	status  int
}

// iam calls an action of IAM. The params are pairs of name and value.
func iam(t *testing.T, s *Server, c aws.Credentials, scope, action string, params ...string) iamAnswer {
	t.Helper()
	query := url.Values{"Action": {action}, "Version": {"2010-05-08"}}
	for pair := range slices.Chunk(params, 2) {
		query.Set(pair[0], pair[1])
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	service, region, _ := strings.Cut(scope, "/")
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(context.Background(), c, r, hex.EncodeToString(empty[:]), service, region, time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := iamAnswer{status: response.StatusCode}
	if err := xml.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

const global = "iam/us-east-1"

func madeKey(a iamAnswer) aws.Credentials {
	return aws.Credentials{AccessKeyID: a.Made.AccessKeyID, SecretAccessKey: a.Made.SecretAccessKey}
}

// A user sees its own devices, with those whose codes do not work here.
func TestMFADevices(t *testing.T) {
	passkey := "arn:aws:iam::123456789012:u2f/user/me/key-1"
	s := start(t, func(c *Config) { c.Users[0].OtherMFA = []string{passkey} })
	if a := iam(t, s, me, global, "ListMFADevices"); !slices.Equal(a.MFA, []string{mfaSerial, passkey}) {
		t.Errorf("listed %q, %s", a.MFA, a.Code)
	}
	if a := iam(t, s, other, global, "ListMFADevices"); a.Code != "" || len(a.MFA) > 0 {
		t.Errorf("listed %q of a user without, %s", a.MFA, a.Code)
	}
	s.Forbid("ListMFADevices", Always)
	if a := iam(t, s, me, global, "ListMFADevices"); a.Code != "AccessDenied" {
		t.Errorf("forbidden, got %q %s", a.MFA, a.Code)
	}
}

// The life of a key, for a user with both of the two allowed keys.
func TestAccessKeys(t *testing.T) {
	s := start(t)
	made := iam(t, s, me, global, "CreateAccessKey")
	fresh := madeKey(made)
	if made.Code != "" || !strings.HasPrefix(fresh.SecretAccessKey, Marker) || len(fresh.SecretAccessKey) != 40 || made.Made.UserName != "me" || made.Made.Status != "Active" {
		t.Fatalf("made %s %s for %q", made.Code, fresh.AccessKeyID, made.Made.UserName)
	}
	if arn, err := whoami(t, s, fresh); arn != meARN {
		t.Errorf("the new key belongs to %q, %v", arn, err)
	}
	if full := iam(t, s, fresh, global, "CreateAccessKey"); full.Code != "LimitExceeded" || full.status != 409 {
		t.Errorf("a third key: %d %s", full.status, full.Code)
	}
	if used := iam(t, s, me, global, "GetAccessKeyLastUsed", "AccessKeyId", fresh.AccessKeyID); used.Used != "iam" {
		t.Errorf("last used with %q", used.Used)
	}
	if a := iam(t, s, fresh, global, "UpdateAccessKey", "AccessKeyId", me.AccessKeyID, "Status", "Inactive"); a.Code != "" {
		t.Error(a.Code, a.Message)
	}
	if a := iam(t, s, me, global, "ListAccessKeys"); a.Code != "InvalidClientTokenId" {
		t.Errorf("an inactive key: %s", a.Code)
	}
	listed := iam(t, s, fresh, global, "ListAccessKeys")
	status := map[string]string{}
	for _, k := range listed.Keys {
		status[k.AccessKeyID] = k.Status
		if k.SecretAccessKey != "" || k.CreateDate == "" {
			t.Errorf("listed %s with a secret or without a date", k.AccessKeyID)
		}
	}
	if want := map[string]string{me.AccessKeyID: "Inactive", fresh.AccessKeyID: "Active"}; !maps.Equal(status, want) {
		t.Errorf("listed %v, want %v", status, want)
	}
	if a := iam(t, s, fresh, global, "DeleteAccessKey", "AccessKeyId", me.AccessKeyID); a.Code != "" {
		t.Error(a.Code, a.Message)
	}
	if keys := s.AccessKeys(meARN); !maps.Equal(keys, map[string]bool{fresh.AccessKeyID: true}) {
		t.Errorf("the keys are %v", keys)
	}
	if unused := iam(t, s, fresh, global, "CreateAccessKey"); iam(t, s, fresh, global, "GetAccessKeyLastUsed", "AccessKeyId", unused.Made.AccessKeyID).Used != "N/A" {
		t.Error("a key that nobody used has a last use")
	}
}

func TestAccessKeysRefused(t *testing.T) {
	s := start(t)
	code := TOTP(mfaSeed, epoch)
	plain, mfa := sessionOf(t, s, me, ""), sessionOf(t, s, me, code)
	roleSession, err := s.IssueRoleSession(role("short"), "job", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s.Forbid("DeleteAccessKey", WithoutMFA)
	s.Forbid("GetAccessKeyLastUsed", Always)
	for _, tt := range []struct {
		name   string
		c      aws.Credentials
		scope  string
		action string
		params []string
		status int
		code   string
		say    string
	}{
		{"session without MFA", plain, global, "ListAccessKeys", nil, 403, "InvalidClientTokenId", "security token"},
		{"session with MFA", mfa, global, "ListAccessKeys", nil, 200, "", ""},
		{"role", roleSession, global, "ListAccessKeys", nil, 400, "ValidationError", "Must specify userName"},
		{"role, for a user", roleSession, global, "ListAccessKeys", []string{"UserName", "me"}, 403, "AccessDenied", "not authorized to perform: iam:ListAccessKeys"},
		{"other service", me, "sts/us-east-1", "ListAccessKeys", nil, 403, "SignatureDoesNotMatch", "correct service: 'iam'"},
		{"other region", me, "iam/eu-west-1", "ListAccessKeys", nil, 403, "SignatureDoesNotMatch", "valid region"},
		{"own name", me, global, "ListAccessKeys", []string{"UserName", "me"}, 200, "", ""},
		{"nobody", me, global, "ListAccessKeys", []string{"UserName", "nobody"}, 404, "NoSuchEntity", "user with name nobody"},
		{"user of another account", me, global, "ListAccessKeys", []string{"UserName", "other"}, 404, "NoSuchEntity", ""},
		{"key of another", me, global, "UpdateAccessKey", []string{"AccessKeyId", other.AccessKeyID, "Status", "Active"}, 404, "NoSuchEntity", "Access Key with id"},
		{"no key", me, global, "UpdateAccessKey", []string{"Status", "Active"}, 400, "ValidationError", "'accessKeyId'"},
		{"odd status", me, global, "UpdateAccessKey", []string{"AccessKeyId", me.AccessKeyID, "Status", "Off"}, 400, "ValidationError", "enum value set"},
		{"forbidden", mfa, global, "GetAccessKeyLastUsed", []string{"AccessKeyId", me.AccessKeyID}, 403, "AccessDenied", "no identity-based policy allows"},
		{"forbidden without MFA", me, global, "DeleteAccessKey", []string{"AccessKeyId", me.AccessKeyID}, 403, "AccessDenied", "with an explicit deny"},
		{"version of STS", me, global, "ListAccessKeys", []string{"Version", "2011-06-15"}, 400, "InvalidAction", ""},
		{"allowed with MFA", mfa, global, "DeleteAccessKey", []string{"AccessKeyId", me.AccessKeyID}, 200, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := iam(t, s, tt.c, tt.scope, tt.action, tt.params...)
			if a.status != tt.status || a.Code != tt.code || !strings.Contains(a.Message, tt.say) {
				t.Errorf("%d %s: %s; want %d %s", a.status, a.Code, a.Message, tt.status, tt.code)
			}
		})
	}
}

func TestPropagation(t *testing.T) {
	s := start(t)
	s.SetPropagation(Propagation{Refused: 2, Delay: time.Minute, Unlisted: 1})
	fresh := madeKey(iam(t, s, me, global, "CreateAccessKey"))
	for i, want := range []int{1, 2} {
		if got := len(iam(t, s, me, global, "ListAccessKeys").Keys); got != want {
			t.Errorf("list %d has %d keys, want %d", i, got, want)
		}
	}
	for range 3 { // two calls too early, and one that the clock does not decide
		_, err := whoami(t, s, fresh)
		wantError(t, err, "InvalidClientTokenId", 403, "")
	}
	s.SetClockOffset(time.Minute)
	if _, err := whoami(t, s, fresh); err != nil {
		t.Error(err)
	}
}

// The real client parses the answers.
func TestBoto3IAM(t *testing.T) {
	t.Parallel()
	python := program(t, "python3", func(string) bool { return true }, "-c", "import boto3")
	s := start(t)
	const script = `
import boto3, sys
iam = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1")
k = iam.create_access_key()["AccessKey"]
print(k["UserName"], k["Status"], k["AccessKeyId"][:4], len(k["SecretAccessKey"]), k["CreateDate"].year > 2000)
try:
    iam.create_access_key()
except iam.exceptions.LimitExceededException as e:
    print(e.response["Error"]["Code"])
iam.update_access_key(AccessKeyId=k["AccessKeyId"], Status="Inactive")
print(sorted(x["Status"] for x in iam.list_access_keys()["AccessKeyMetadata"]))
print(iam.get_access_key_last_used(AccessKeyId=k["AccessKeyId"])["AccessKeyLastUsed"])
iam.delete_access_key(AccessKeyId=k["AccessKeyId"])
try:
    iam.delete_access_key(AccessKeyId=k["AccessKeyId"])
except iam.exceptions.NoSuchEntityException as e:
    print(e.response["Error"]["Code"])
`
	want := fmt.Sprintln("me Active AKIA 40 True") + "LimitExceeded\n['Active', 'Inactive']\n{'ServiceName': 'N/A', 'Region': 'N/A'}\nNoSuchEntity\n"
	if got := string(run(t, python, "-c", script, s.URL())); got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}
