package ststest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func tags(n int) []types.Tag {
	list := make([]types.Tag, n)
	for i := range list {
		list[i] = types.Tag{Key: aws.String(fmt.Sprintf("k%d", i)), Value: aws.String("a value")}
	}
	return list
}

func TestAssumeRole(t *testing.T) {
	const chaining = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
	const denied = "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/"
	text := aws.String
	long := func(n int) *string { return text(strings.Repeat("x", n)) }
	code := func() *string { return text(TOTP(mfaSeed, epoch)) }
	nextCode := TOTP(mfaSeed, epoch.Add(30*time.Second))

	direct := func(*testing.T, *Server) aws.Credentials { return me }
	rootKey := func(*testing.T, *Server) aws.Credentials { return root }
	foreign := func(*testing.T, *Server) aws.Credentials { return other }
	userSession := func(t *testing.T, s *Server) aws.Credentials { return sessionOf(t, s, me, "") }
	rootSession := func(t *testing.T, s *Server) aws.Credentials { return sessionOf(t, s, root, "") }
	mfaSession := func(t *testing.T, s *Server) aws.Credentials { return sessionOf(t, s, me, nextCode) }
	roleSession := func(t *testing.T, s *Server) aws.Credentials {
		return assume(t, s, me, &sts.AssumeRoleInput{RoleArn: text(role("short")), SourceIdentity: text("alice"),
			Tags: tags(2), TransitiveTagKeys: []string{"k1"}})
	}
	mfaRoleSession := func(t *testing.T, s *Server) aws.Credentials {
		return assume(t, s, me, &sts.AssumeRoleInput{RoleArn: text(role("mfa")), SerialNumber: text(mfaSerial), TokenCode: &nextCode})
	}

	for _, test := range []struct {
		name    string
		as      func(*testing.T, *Server) aws.Credentials
		role    string
		in      sts.AssumeRoleInput
		code    string // of the error; "" means success
		message string
		life    time.Duration // 0: one hour
	}{
		{name: "default", as: direct, role: role("short")},
		{name: "least", as: direct, role: role("short"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(900)}, life: 15 * time.Minute},
		{name: "most", as: direct, role: role("path/to/long"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(43200)}, life: 12 * time.Hour},
		{name: "under the range", as: direct, role: role("short"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(899)}, code: "ValidationError", message: "equal to 900"},
		{name: "over the range", as: direct, role: role("path/to/long"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(43201)}, code: "ValidationError", message: "equal to 43200"},
		{name: "over the role", as: direct, role: role("short"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(3601)}, code: "ValidationError",
			message: "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."},

		{name: "user session", as: userSession, role: role("path/to/long"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(3600)}},
		{name: "user session chained", as: userSession, role: role("path/to/long"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(3601)}, code: "ValidationError", message: chaining},
		{name: "role session", as: roleSession, role: role("path/to/long")},
		{name: "role session chained", as: roleSession, role: role("path/to/long"), in: sts.AssumeRoleInput{DurationSeconds: aws.Int32(3601)}, code: "ValidationError", message: chaining},
		{name: "root", as: rootKey, role: role("short"), code: "AccessDenied", message: "Roles may not be assumed by root accounts."},
		{name: "root session", as: rootSession, role: role("short"), code: "AccessDenied", message: "Roles may not be assumed by root accounts."},

		{name: "missing role", as: direct, role: role("nobody"), code: "AccessDenied", message: "User: " + meARN + " " + denied + "nobody"},
		{name: "not trusted", as: foreign, role: role("short"), code: "AccessDenied", message: denied + "short"},
		{name: "only web identities", as: direct, role: role("web"), code: "AccessDenied", message: denied},
		{name: "without a role", as: direct, role: "arn:aws:s3:::bucket/key", code: "ValidationError", message: "is invalid"},
		{name: "short ARN", as: direct, role: "arn:aws:iam::1", code: "ValidationError", message: "'roleArn'"},
		{name: "external ID", as: direct, role: role("external"), in: sts.AssumeRoleInput{ExternalId: text("an:external/id")}},
		{name: "external ID missing", as: direct, role: role("external"), code: "AccessDenied", message: denied},
		{name: "external ID wrong", as: direct, role: role("external"), in: sts.AssumeRoleInput{ExternalId: text("an:external/id2")}, code: "AccessDenied", message: denied},
		{name: "external ID not required", as: direct, role: role("short"), in: sts.AssumeRoleInput{ExternalId: text("anything")}},
		{name: "external ID short", as: direct, role: role("external"), in: sts.AssumeRoleInput{ExternalId: text("x")}, code: "ValidationError", message: "'externalId'"},
		{name: "external ID long", as: direct, role: role("external"), in: sts.AssumeRoleInput{ExternalId: long(1225)}, code: "ValidationError", message: "'externalId'"},
		{name: "external ID characters", as: direct, role: role("external"), in: sts.AssumeRoleInput{ExternalId: text("a b")}, code: "ValidationError", message: "'externalId'"},

		{name: "mfa", as: direct, role: role("mfa"), in: sts.AssumeRoleInput{SerialNumber: text(mfaSerial), TokenCode: code()}},
		{name: "mfa missing", as: direct, role: role("mfa"), code: "AccessDenied", message: denied},
		{name: "mfa wrong", as: direct, role: role("mfa"), in: sts.AssumeRoleInput{SerialNumber: text(mfaSerial), TokenCode: text("12345x")}, code: "ValidationError", message: "'tokenCode'"},
		{name: "mfa session", as: mfaSession, role: role("mfa")},
		{name: "session without mfa", as: userSession, role: role("mfa"), code: "AccessDenied", message: denied},
		{name: "role session without mfa", as: roleSession, role: role("mfa"), code: "AccessDenied", message: denied},
		{name: "role session of mfa", as: mfaRoleSession, role: role("mfa"), code: "AccessDenied", message: denied},
		{name: "mfa from a session", as: userSession, role: role("mfa"), in: sts.AssumeRoleInput{SerialNumber: text(mfaSerial), TokenCode: code()}, code: "AccessDenied", message: wrongSerial},

		{name: "name short", as: direct, role: role("short"), in: sts.AssumeRoleInput{RoleSessionName: text("x")}, code: "ValidationError", message: "'roleSessionName'"},
		{name: "name long", as: direct, role: role("short"), in: sts.AssumeRoleInput{RoleSessionName: long(65)}, code: "ValidationError", message: "'roleSessionName'"},
		{name: "name longest", as: direct, role: role("short"), in: sts.AssumeRoleInput{RoleSessionName: long(64)}},
		{name: "name characters", as: direct, role: role("short"), in: sts.AssumeRoleInput{RoleSessionName: text("a:b")}, code: "ValidationError", message: "'roleSessionName'"},
		{name: "source identity", as: direct, role: role("short"), in: sts.AssumeRoleInput{SourceIdentity: text("alice@example")}},
		{name: "source identity short", as: direct, role: role("short"), in: sts.AssumeRoleInput{SourceIdentity: text("a")}, code: "ValidationError", message: "'sourceIdentity'"},
		{name: "source identity of aws", as: direct, role: role("short"), in: sts.AssumeRoleInput{SourceIdentity: text("aws:x")}, code: "ValidationError", message: "'sourceIdentity'"},
		{name: "source identity changed", as: roleSession, role: role("path/to/long"), in: sts.AssumeRoleInput{SourceIdentity: text("mallory")}, code: "AccessDenied", message: "sts:SetSourceIdentity"},
		{name: "source identity kept", as: roleSession, role: role("path/to/long"), in: sts.AssumeRoleInput{SourceIdentity: text("alice")}},

		{name: "tags", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: tags(50), TransitiveTagKeys: []string{"k0", "k49"}}},
		{name: "many tags", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: tags(51)}, code: "ValidationError", message: "'tags'"},
		{name: "tag key empty", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: []types.Tag{{Key: text(""), Value: text("")}}}, code: "ValidationError", message: "Key'"},
		{name: "tag key long", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: []types.Tag{{Key: long(129), Value: text("")}}}, code: "ValidationError", message: "equal to 128"},
		{name: "tag value long", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: []types.Tag{{Key: text("k"), Value: long(257)}}}, code: "ValidationError", message: "equal to 256"},
		{name: "tag value characters", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: []types.Tag{{Key: text("k"), Value: text("a;b")}}}, code: "ValidationError", message: "Value'"},
		{name: "tag value empty, not ASCII key", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: []types.Tag{{Key: text("clé à"), Value: text("")}}}},
		{name: "tag twice", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: append(tags(1), types.Tag{Key: text("K0"), Value: text("")})}, code: "InvalidParameterValue", message: "Duplicate"},
		{name: "transitive key without tag", as: direct, role: role("short"), in: sts.AssumeRoleInput{Tags: tags(1), TransitiveTagKeys: []string{"k1"}}, code: "InvalidParameterValue", message: "must be included"},
		{name: "many transitive keys", as: direct, role: role("short"), in: sts.AssumeRoleInput{TransitiveTagKeys: make([]string, 51)}, code: "ValidationError", message: "'transitiveTagKeys'"},
		{name: "transitive tag set again", as: roleSession, role: role("path/to/long"), in: sts.AssumeRoleInput{Tags: tags(2)}, code: "InvalidParameterValue", message: "conflicts"},
		{name: "plain tag set again", as: roleSession, role: role("path/to/long"), in: sts.AssumeRoleInput{Tags: tags(1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			in := test.in
			in.RoleArn = &test.role
			if in.RoleSessionName == nil {
				in.RoleSessionName = text("s1")
			}
			out, err := client(s, test.as(t, s)).AssumeRole(t.Context(), &in)
			status := 400
			if test.code == "AccessDenied" {
				status = 403
			}
			wantError(t, err, test.code, status, test.message)
			if err != nil {
				return
			}
			life := test.life
			if life == 0 {
				life = time.Hour
			}
			if !out.Credentials.Expiration.Equal(epoch.Add(life)) {
				t.Errorf("life %v, want %v", out.Credentials.Expiration.Sub(epoch), life)
			}
			if aws.ToString(in.SourceIdentity) != "" && aws.ToString(out.SourceIdentity) != *in.SourceIdentity {
				t.Errorf("source identity %q", aws.ToString(out.SourceIdentity))
			}
			arn, err := whoami(t, s, credentialsOf(out.Credentials))
			if err != nil || arn != *out.AssumedRoleUser.Arn || !strings.HasSuffix(arn, "/"+*in.RoleSessionName) {
				t.Errorf("session is %s, %v; assumed %s", arn, err, *out.AssumedRoleUser.Arn)
			}
		})
	}
}

func TestChainKeepsSourceIdentityAndTags(t *testing.T) {
	s := start(t)
	first := assume(t, s, me, &sts.AssumeRoleInput{RoleArn: aws.String(role("short")), SourceIdentity: aws.String("alice"),
		Tags: tags(1), TransitiveTagKeys: []string{"k0"}})
	if err := s.AddRole(Role{ARN: role("third"), Trust: []string{role("path/to/long")}}); err != nil {
		t.Fatal(err)
	}
	second := assume(t, s, first, &sts.AssumeRoleInput{RoleArn: aws.String(role("path/to/long"))})
	in := &sts.AssumeRoleInput{RoleArn: aws.String(role("third")), RoleSessionName: aws.String("s3")}
	out, err := client(s, second).AssumeRole(t.Context(), in)
	if err != nil || aws.ToString(out.SourceIdentity) != "alice" {
		t.Fatalf("source identity not kept: %v", err)
	}
	in.Tags = tags(1)
	_, err = client(s, second).AssumeRole(t.Context(), in)
	wantError(t, err, "InvalidParameterValue", 400, "conflicts")
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	for _, test := range []struct {
		name, token, role string
		seconds           int32
		code              string
		status            int
		message           string
	}{
		{name: "good", token: "S3CR3TMARKERgood", role: role("web"), seconds: 900},
		{name: "unknown", token: "S3CR3TMARKERbad", role: role("web"), seconds: 900, code: "InvalidIdentityToken", status: 400},
		{name: "expired", token: "S3CR3TMARKERlate", role: role("web"), seconds: 900, code: "ExpiredTokenException", status: 400, message: "Token expired"},
		{name: "foreign provider", token: "S3CR3TMARKERforeign", role: role("web"), seconds: 900, code: "AccessDenied", status: 403},
		{name: "role for users", token: "S3CR3TMARKERgood", role: role("short"), seconds: 900, code: "AccessDenied", status: 403},
		{name: "too long", token: "S3CR3TMARKERgood", role: role("web"), seconds: 3601, code: "ValidationError", status: 400, message: "MaxSessionDuration"},
		{name: "out of range", token: "S3CR3TMARKERgood", role: role("web"), seconds: 43201, code: "ValidationError", status: 400, message: "43200"},
		{name: "token too short", token: "S3C", role: role("web"), seconds: 900, code: "ValidationError", status: 400, message: "Value *** at"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			out, err := client(s, aws.Credentials{}).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
				RoleArn: &test.role, RoleSessionName: aws.String("job"), WebIdentityToken: &test.token, DurationSeconds: &test.seconds,
			})
			wantError(t, err, test.code, test.status, test.message)
			if err != nil {
				return
			}
			if *out.SubjectFromWebIdentityToken != "job-1" || *out.Provider != oidc || *out.Audience != "sts.amazonaws.com" {
				t.Errorf("subject %s, provider %s, audience %s", *out.SubjectFromWebIdentityToken, *out.Provider, *out.Audience)
			}
			if arn, err := whoami(t, s, credentialsOf(out.Credentials)); arn != "arn:aws:sts::123456789012:assumed-role/web/job" {
				t.Errorf("session is %q, %v", arn, err)
			}
		})
	}
}
