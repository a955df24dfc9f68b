package credentials

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// SDKs are told of an end that leaves them time, and never of one that is past already.
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
			t.Errorf("credentials that end in %v are said to end in %v, want %v", left, got, want)
		}
	}
	if c := Early(aws.Credentials{}, now); !c.Expires.IsZero() {
		t.Errorf("credentials without an end are said to end at %v", c.Expires)
	}
}
