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

func policyArns(arns ...string) []types.PolicyDescriptorType {
	list := make([]types.PolicyDescriptorType, len(arns))
	for i, a := range arns {
		list[i].Arn = aws.String(a)
	}
	return list
}

func TestGetFederationToken(t *testing.T) {
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprintf("arn:aws:iam::%s:policy/p%d", account, i)
	}
	seconds := func(n int32) *int32 { return &n }
	for _, test := range []struct {
		name        string
		credentials aws.Credentials
		user        string // "" for "alice"
		in          sts.GetFederationTokenInput
		life        time.Duration
		code        string
		message     string
	}{
		{name: "default", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns(admin)}, life: 12 * time.Hour},
		{name: "own policy", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns(many[:10]...)}, life: 12 * time.Hour},
		{name: "inline policy", credentials: me, in: sts.GetFederationTokenInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[]}`)}, life: 12 * time.Hour},
		{name: "least", credentials: me, in: sts.GetFederationTokenInput{DurationSeconds: seconds(900)}, life: 15 * time.Minute},
		{name: "most", credentials: me, in: sts.GetFederationTokenInput{DurationSeconds: seconds(129600)}, life: 36 * time.Hour},
		{name: "root", credentials: root, in: sts.GetFederationTokenInput{DurationSeconds: seconds(7200)}, life: time.Hour},
		{name: "longest name", credentials: me, user: strings.Repeat("x", 32), life: 12 * time.Hour},
		{name: "too short", credentials: me, in: sts.GetFederationTokenInput{DurationSeconds: seconds(899)}, code: "ValidationError", message: "equal to 900"},
		{name: "too long", credentials: me, in: sts.GetFederationTokenInput{DurationSeconds: seconds(129601)}, code: "ValidationError", message: "equal to 129600"},
		{name: "name too short", credentials: me, user: "x", code: "ValidationError", message: "'name' failed to satisfy constraint: Member must have length greater than or equal to 2"},
		{name: "name too long", credentials: me, user: strings.Repeat("x", 33), code: "ValidationError", message: "equal to 32"},
		{name: "name with a slash", credentials: me, user: "a/b", code: "ValidationError", message: "regular expression"},
		{name: "policy too long", credentials: me, in: sts.GetFederationTokenInput{Policy: aws.String(`"` + strings.Repeat("x", 2047) + `"`)}, code: "ValidationError", message: "equal to 2048"},
		{name: "policy is not JSON", credentials: me, in: sts.GetFederationTokenInput{Policy: aws.String("{")}, code: "MalformedPolicyDocument"},
		{name: "too many policies", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns(many...)}, code: "ValidationError", message: "equal to 10"},
		{name: "another account's policy", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns("arn:aws:iam::210987654321:policy/p")}, code: "MalformedPolicyDocument"},
		{name: "another partition's policy", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns("arn:aws-cn:iam::aws:policy/AdministratorAccess")}, code: "MalformedPolicyDocument"},
		{name: "not a policy", credentials: me, in: sts.GetFederationTokenInput{PolicyArns: policyArns("AdministratorAccess-policy")}, code: "MalformedPolicyDocument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			if test.user == "" {
				test.user = "alice"
			}
			test.in.Name = &test.user
			out, err := client(s, test.credentials).GetFederationToken(t.Context(), &test.in)
			wantError(t, err, test.code, 400, test.message)
			if err != nil {
				return
			}
			want := "arn:aws:sts::" + account + ":federated-user/" + test.user
			if !out.Credentials.Expiration.Equal(epoch.Add(test.life)) || *out.FederatedUser.Arn != want || *out.FederatedUser.FederatedUserId != account+":"+test.user {
				t.Errorf("until %v, %s, %s", out.Credentials.Expiration, *out.FederatedUser.Arn, *out.FederatedUser.FederatedUserId)
			}
			if got, err := whoami(t, s, credentialsOf(out.Credentials)); err != nil || got != want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// What sessions may not do with federation, and federated users with anything else.
func TestFederatedUserIsLimited(t *testing.T) {
	s := start(t)
	name := aws.String("alice")
	for _, c := range []aws.Credentials{sessionOf(t, s, me, ""), assume(t, s, me, &sts.AssumeRoleInput{RoleArn: aws.String(role("short"))})} {
		_, err := client(s, c).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: name})
		wantError(t, err, "AccessDenied", 403, "Cannot call GetFederationToken with session credentials")
	}
	out, err := client(s, me).GetFederationToken(t.Context(), &sts.GetFederationTokenInput{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	federated := credentialsOf(out.Credentials)
	_, err = client(s, federated).GetSessionToken(t.Context(), nil)
	wantError(t, err, "AccessDenied", 403, "Cannot call GetSessionToken with session credentials")
	_, err = client(s, federated).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(role("short")), RoleSessionName: aws.String("s1")})
	wantError(t, err, "AccessDenied", 403, "is not authorized to perform: sts:AssumeRole")
}

func TestForConsole(t *testing.T) {
	s := start(t)
	federate := func(in sts.GetFederationTokenInput) aws.Credentials {
		in.Name = aws.String("alice")
		out, err := client(s, me).GetFederationToken(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		return credentialsOf(out.Credentials)
	}
	direct := assume(t, s, me, &sts.AssumeRoleInput{RoleArn: aws.String(role("short"))})
	user := sessionOf(t, s, me, "")
	for name, test := range map[string]struct {
		c    aws.Credentials
		want ConsoleSession
	}{
		"user session": {user, ConsoleSession{User: true, Allowed: true}},
		"role":         {direct, ConsoleSession{Allowed: true}},
		"chained role": {assume(t, s, user, &sts.AssumeRoleInput{RoleArn: aws.String(role("short"))}), ConsoleSession{Chained: true, Allowed: true}},
		"federated":    {federate(sts.GetFederationTokenInput{}), ConsoleSession{Federated: true}},
		"with policy":  {federate(sts.GetFederationTokenInput{PolicyArns: policyArns("arn:aws:iam::aws:policy/ReadOnlyAccess")}), ConsoleSession{Federated: true, Allowed: true}},
	} {
		got, err := s.ForConsole(test.c)
		if arn, _ := whoami(t, s, test.c); err != nil || got.ARN != arn || !got.Expires.Equal(test.c.Expires) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		got.ARN, got.Expires = "", time.Time{}
		if got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
	other := direct
	other.SessionToken = user.SessionToken
	for name, c := range map[string]aws.Credentials{"long-term key": me, "another token": other} {
		if _, err := s.ForConsole(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s.SetClockOffset(time.Hour)
	if _, err := s.ForConsole(direct); err == nil {
		t.Error("an expired session is known")
	}
}
