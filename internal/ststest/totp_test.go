package ststest

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The test vectors of RFC 6238, appendix B, for SHA-1. A 6-digit code is the
// end of the 8-digit one.
func TestTOTP(t *testing.T) {
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471",
		1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := TOTP([]byte("12345678901234567890"), time.Unix(unix, 0)); got != want {
			t.Errorf("TOTP at %d is %s, want %s", unix, got, want)
		}
	}
}

const (
	wrongCode   = "MultiFactorAuthentication failed with invalid MFA one time pass code."
	wrongSerial = "MultiFactorAuthentication failed, unable to validate MFA code."
)

func TestMFA(t *testing.T) {
	code := func(d time.Duration) *string { return aws.String(TOTP(mfaSeed, epoch.Add(d))) }
	type try struct {
		serial, code *string
		want         string // "" means success
	}
	own := aws.String(mfaSerial)
	tests := map[string][]try{
		"current":      {{own, code(0), ""}},
		"step before":  {{own, code(-30 * time.Second), ""}},
		"step after":   {{own, code(30 * time.Second), ""}},
		"too old":      {{own, code(-60 * time.Second), wrongCode}},
		"too early":    {{own, code(60 * time.Second), wrongCode}},
		"reuse":        {{own, code(0), ""}, {own, code(0), wrongCode}, {own, code(30 * time.Second), ""}},
		"other serial": {{aws.String(rootSerial), code(0), wrongSerial}, {own, code(0), ""}},
		"no code":      {{own, nil, "must provide both"}},
		"no serial":    {{nil, code(0), "must provide both"}},
	}
	for name, tries := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			for _, try := range tries {
				_, err := client(s, me).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{SerialNumber: try.serial, TokenCode: try.code})
				if try.want == "" {
					wantError(t, err, "", 0, "")
				} else {
					wantError(t, err, "AccessDenied", 403, try.want)
				}
			}
		})
	}
	t.Run("no device", func(t *testing.T) {
		_, err := client(start(t), other).GetSessionToken(t.Context(), &sts.GetSessionTokenInput{SerialNumber: own, TokenCode: code(0)})
		wantError(t, err, "AccessDenied", 403, wrongSerial)
	})
	t.Run("used by AssumeRole", func(t *testing.T) {
		s := start(t)
		in := &sts.AssumeRoleInput{RoleArn: aws.String(role("mfa")), SerialNumber: own, TokenCode: code(0)}
		assume(t, s, me, in)
		_, err := client(s, me).AssumeRole(t.Context(), in)
		wantError(t, err, "AccessDenied", 403, wrongCode)
	})
}
