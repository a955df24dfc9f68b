package ststest

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestGetCallerIdentity(t *testing.T) {
	s := start(t)
	session := assume(t, s, me, &sts.AssumeRoleInput{RoleArn: aws.String(role("path/to/long")), RoleSessionName: aws.String("night")})
	for _, test := range []struct {
		name            string
		credentials     aws.Credentials
		arn, id, number string
	}{
		{"user", me, meARN, "AIDA", account},
		{"root", root, rootARN, account, account},
		{"other account", other, "arn:aws:iam::210987654321:user/other", "AIDA", "210987654321"},
		{"user session", sessionOf(t, s, me, ""), meARN, "AIDA", account},
		{"root session", sessionOf(t, s, root, ""), rootARN, account, account},
		{"role session", session, "arn:aws:sts::123456789012:assumed-role/long/night", "AROA", account},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := client(s, test.credentials).GetCallerIdentity(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if *out.Arn != test.arn || !strings.HasPrefix(*out.UserId, test.id) || *out.Account != test.number {
				t.Errorf("%s %s %s, want %s %s… %s", *out.Arn, *out.UserId, *out.Account, test.arn, test.id, test.number)
			}
			if strings.HasPrefix(*out.UserId, "AROA") && !strings.HasSuffix(*out.UserId, ":night") {
				t.Errorf("user ID %s lacks the session name", *out.UserId)
			}
		})
	}
}

func TestGetSessionToken(t *testing.T) {
	for _, test := range []struct {
		name        string
		credentials aws.Credentials
		in          sts.GetSessionTokenInput
		life        time.Duration
		code        string
		message     string
	}{
		{name: "default", credentials: me, life: 12 * time.Hour},
		{name: "least", credentials: me, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)}, life: 15 * time.Minute},
		{name: "most", credentials: me, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(129600)}, life: 36 * time.Hour},
		{name: "root default", credentials: root, life: time.Hour},
		{name: "root long", credentials: root, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(7200)}, life: time.Hour},
		{name: "root short", credentials: root, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)}, life: 15 * time.Minute},
		{name: "too short", credentials: me, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(899)},
			code: "ValidationError", message: "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{name: "too long", credentials: me, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(129601)},
			code: "ValidationError", message: "less than or equal to 129600"},
		{name: "serial too short", credentials: me, in: sts.GetSessionTokenInput{SerialNumber: aws.String("12345678"), TokenCode: aws.String("123456")},
			code: "ValidationError", message: "'serialNumber' failed to satisfy constraint: Member must have length greater than or equal to 9"},
		{name: "serial characters", credentials: me, in: sts.GetSessionTokenInput{SerialNumber: aws.String("123456789 "), TokenCode: aws.String("123456")},
			code: "ValidationError", message: "regular expression"},
		{name: "serial too long", credentials: me, in: sts.GetSessionTokenInput{SerialNumber: aws.String(strings.Repeat("1", 257)), TokenCode: aws.String("123456")},
			code: "ValidationError", message: "less than or equal to 256"},
		{name: "code too short", credentials: me, in: sts.GetSessionTokenInput{SerialNumber: aws.String(mfaSerial), TokenCode: aws.String("12345")},
			code: "ValidationError", message: "'tokenCode'"},
		{name: "code not digits", credentials: me, in: sts.GetSessionTokenInput{SerialNumber: aws.String(mfaSerial), TokenCode: aws.String("12345x")},
			code: "ValidationError", message: "'tokenCode'"},
		{name: "two problems", credentials: me, in: sts.GetSessionTokenInput{DurationSeconds: aws.Int32(1), SerialNumber: aws.String(mfaSerial), TokenCode: aws.String("1234567")},
			code: "ValidationError", message: "2 validation errors detected: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t)
			out, err := client(s, test.credentials).GetSessionToken(t.Context(), &test.in)
			wantError(t, err, test.code, 400, test.message)
			if err == nil && !out.Credentials.Expiration.Equal(epoch.Add(test.life)) {
				t.Errorf("life %v, want %v", out.Credentials.Expiration.Sub(epoch), test.life)
			}
		})
	}
}

func TestGetSessionTokenWithSession(t *testing.T) {
	s := start(t)
	for name, credentials := range map[string]aws.Credentials{
		"user session": sessionOf(t, s, me, ""),
		"role session": assume(t, s, me, &sts.AssumeRoleInput{RoleArn: aws.String(role("short"))}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := client(s, credentials).GetSessionToken(t.Context(), nil)
			wantError(t, err, "AccessDenied", 403, "Cannot call GetSessionToken with session credentials")
		})
	}
}

func TestMintedCredentials(t *testing.T) {
	s := start(t, func(c *Config) { c.TokenSize = 8 << 10 })
	seen := make(map[string]bool)
	for range 20 {
		c := sessionOf(t, s, me, "")
		if !strings.HasPrefix(c.AccessKeyID, "ASIA") || len(c.AccessKeyID) != 20 {
			t.Errorf("access key ID %q", c.AccessKeyID)
		}
		if !strings.HasPrefix(c.SecretAccessKey, Marker) || len(c.SecretAccessKey) != 40 {
			t.Errorf("secret of %d characters", len(c.SecretAccessKey))
		}
		if !strings.HasPrefix(c.SessionToken, Marker) || len(c.SessionToken) != 8<<10 {
			t.Errorf("token of %d characters", len(c.SessionToken))
		}
		for _, part := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
			if seen[part] {
				t.Error("two sessions share a part")
			}
			seen[part] = true
		}
		if arn, err := whoami(t, s, c); err != nil || arn != meARN {
			t.Errorf("%s, %v", arn, err)
		}
	}
}

func TestMaxSession(t *testing.T) {
	s := start(t, func(c *Config) { c.MaxSession = 5 * time.Second })
	c := sessionOf(t, s, me, "")
	if want := epoch.Add(5 * time.Second); !c.Expires.Equal(want) {
		t.Fatalf("expires %v, want %v", c.Expires, want)
	}
	s.SetClockOffset(5*time.Second - time.Nanosecond)
	_, err := whoami(t, s, c)
	wantError(t, err, "", 0, "")
	s.SetClockOffset(5 * time.Second)
	_, err = whoami(t, s, c)
	wantError(t, err, "ExpiredToken", 403, "The security token included in the request is expired")
}
