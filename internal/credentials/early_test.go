package credentials

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Early leaves SDKs time to refresh, and never returns an expiry in the past.
func TestEarly(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for left, want := range map[time.Duration]time.Duration{
		time.Hour:         59 * time.Minute,
		16 * time.Minute:  15 * time.Minute,
		61 * time.Second:  45*time.Second + 750*time.Millisecond,
		8 * time.Second:   6 * time.Second,
		0:                 0,
		-10 * time.Second: -10 * time.Second,
	} {
		if got := Early(aws.Credentials{CanExpire: true, Expires: now.Add(left)}, now).Expires.Sub(now); got != want {
			t.Errorf("credentials that expire in %v are reported to expire in %v, want %v", left, got, want)
		}
	}
	if c := Early(aws.Credentials{}, now); !c.Expires.IsZero() {
		t.Errorf("credentials that do not expire are reported to expire at %v", c.Expires)
	}
}
