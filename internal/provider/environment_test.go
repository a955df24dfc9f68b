package provider

import (
	"errors"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
)

// TestExpiration: AWS_CREDENTIAL_EXPIRATION in the forms that botocore reads.
func TestExpiration(t *testing.T) {
	want := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, text := range []string{
		"2026-03-04T05:06:07Z", "2026-03-04T05:06:07+00:00", "2026-03-04T06:06:07+01:00", "2026-03-04T05:06:07+0000", "2026-03-04 05:06:07+00:00",
		"2026-03-04 05:06:07 +0000", "2026-03-04T05:06:07.000Z", "20260304T050607Z", " 2026-03-04T05:06:07Z ",
		"2026-03-04t05:06:07z", "2026-03-04T05:06:07UTC", "2026-03-04 05:06:07 UTC", "2026-03-04T05:06:07+00", "Wed, 04 Mar 2026 05:06:07 GMT",
	} {
		if got, ok := Expiration(func(string) string { return text }); !ok || !got.Equal(want) {
			t.Errorf("%q: got %v, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "2026-03-04T05:06:07", "2026-03-04", "1772600767", "tomorrow", "2026-13-04T05:06:07Z"} {
		if got, ok := Expiration(func(string) string { return text }); ok {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// TestExpiredEnvironment: what has expired is not passed on, whether it is the
// session of the environment, a key there, or the source of a role.
func TestExpiredEnvironment(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	plain := &profile.Profile{Name: "work"}
	role := &profile.Profile{Name: "work", RoleARN: "arn:aws:iam::123456789012:role/x", CredentialSource: "Environment"}
	for _, tt := range []struct {
		name, token, expires string
		p                    *profile.Profile
		explicit, expired    bool
	}{
		{"session", "t", "2026-03-04T05:06:07Z", plain, false, true},
		{"key", "", "2026-03-04T05:06:06Z", plain, false, true},
		{"source", "t", "2020-01-01T00:00:00+01:00", role, true, true},
		{"time without a zone, past in all", "t", "2026-03-03T17:06:07", plain, false, true},
		{"day", "t", "2026-03-01", plain, false, true},
		{"time without a zone, not past in all", "t", "2026-03-03T17:06:08", plain, false, false},
		{"session for another second", "t", "2026-03-04T05:06:08Z", plain, false, false},
		{"no expiry", "t", "", plain, false, false},
		{"no time", "t", "soon", plain, false, false},
		{"not used", "t", "2020-01-01T00:00:00Z", plain, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": tt.token, "AWS_CREDENTIAL_EXPIRATION": tt.expires}
			_, err := Find(t.Context(), tt.p, func(name string) string { return env[name] }, memory{"work": {AccessKeyID: aliceID}}, Flags{Explicit: tt.explicit, At: now})
			if tt.p == role {
				_, err = Find(t.Context(), tt.p, func(name string) string { return env[name] }, memory{}, Flags{Explicit: tt.explicit, At: now})
			}
			if _, got := errors.AsType[*ExpiredError](err); got != tt.expired || !got && err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
}
