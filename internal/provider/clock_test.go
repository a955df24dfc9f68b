package provider

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// If the clock is hours off, a session lives by that clock for as long as was asked,
// is used again until then and no longer, and there is one warning.
func TestWrongClock(t *testing.T) {
	for _, tt := range []struct {
		ahead time.Duration // AWS's clock of ours
		say   string        // "" for nothing
	}{
		{6 * time.Hour, "this machine's clock is 6h behind AWS's"},
		{-6 * time.Hour, "this machine's clock is 6h ahead of AWS's"},
		{72*time.Hour + 30*time.Minute, "this machine's clock is 72h30m behind AWS's"},
		{-20 * time.Minute, "this machine's clock is 20m ahead of AWS's"},
		{7 * time.Minute, "this machine's clock is 7m behind AWS's"},
		{-4 * time.Minute, ""},
		{0, ""},
	} {
		for _, serial := range []string{"", device} {
			t.Run(tt.ahead.String()+" "+serial, func(t *testing.T) {
				server := startSTS(t)
				server.SetClockOffset(tt.ahead)
				o := options(t, server)
				later := time.Duration(0)
				o.Now = func() time.Time { return time.Now().Add(later) }
				asked := 0
				o.Helper = &helper{code: func(context.Context, TokenRequest) (TokenCode, error) {
					asked++
					return TokenCode{ststest.TOTP(seed, time.Now().Add(tt.ahead)), FromFixed}, nil
				}}
				o.Duration = 2 * time.Hour
				p := &profile.Profile{Name: "work", MFASerial: serial}
				began := time.Now()
				first, err := retrieve(t, p, o)
				if err != nil {
					t.Fatal(err)
				}
				if left := first.Expires.Sub(began); left < o.Duration-2*time.Second || left > o.Duration+time.Minute {
					t.Errorf("%v are left, of %v", left, o.Duration)
				}
				later = 100 * time.Minute
				if again, err := retrieve(t, p, o); err != nil || again.AccessKeyID != first.AccessKeyID {
					t.Errorf("not used again: %v", err)
				}
				warnings := o.Events.(*recorder).warnings
				if tt.say == "" && len(warnings) != 0 || tt.say != "" && (len(warnings) != 1 || !strings.HasPrefix(warnings[0], tt.say)) {
					t.Errorf("warnings %q, want %q", warnings, tt.say)
				}
				if want := map[string]int{"": 0, device: 1}[serial]; asked != want {
					t.Errorf("%d codes, want %d", asked, want)
				}
				later = 121 * time.Minute
				server.SetClockOffset(tt.ahead + later)
				if serial == "" {
					if next, err := retrieve(t, p, o); err != nil || next.AccessKeyID == first.AccessKeyID {
						t.Errorf("an expired session was handed out, or none: %v", err)
					}
				}
			})
		}
	}
}

// For a role and the session that assumes it there is one warning.
func TestWrongClockOfChain(t *testing.T) {
	server, o := roles(t)
	server.SetClockOffset(6 * time.Hour)
	source := &profile.Profile{Name: "work"}
	c, err := retrieve(t, &profile.Profile{Name: "one", RoleARN: roleOne, SourceProfile: "work", Source: source}, o)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(c.Expires); left < 59*time.Minute || left > time.Hour {
		t.Errorf("%v are left of an hour", left)
	}
	if warnings := o.Events.(*recorder).warnings; len(warnings) != 1 {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestByLocalClock(t *testing.T) {
	const hour = time.Hour
	for _, tt := range []struct {
		name          string
		expires, date time.Duration // after noon, by AWS's clock; a date of -1 is none
		asked         time.Duration
		want          time.Duration // after noon, by ours; 0 is an error
	}{
		{"clocks agree", hour, 0, hour, hour},
		{"granted less", hour, 0, 12 * hour, hour},
		{"granted more", 3 * hour, 0, hour, hour},
		{"we are behind", 7 * hour, 6 * hour, hour, hour},
		{"we are ahead", -5 * hour, -6 * hour, hour, hour},
		{"ahead, granted less", -5 * hour, -6 * hour, 12 * hour, hour},
		{"no date", hour, -1, hour, hour},
		{"no date, we are behind", 7 * hour, -1, hour, hour},
		{"no date, we are ahead", -5 * hour, -1, hour, hour},
		{"nothing asked for", hour, 0, 0, hour},
		{"nothing asked for, we are ahead", -5 * hour, -6 * hour, 0, hour},
		{"nothing asked for, no date", -5 * hour, -1, 0, -5 * hour},
		{"expired", -hour, 0, hour, 0},
	} {
		made := awsapi.Issued{Credentials: aws.Credentials{CanExpire: true, Expires: noon.Add(tt.expires)}}
		if tt.date != -1 {
			made.Date = noon.Add(tt.date)
		}
		m := testMaker(noon)
		c, err := m.byLocalClock(made, noon.Add(300*time.Millisecond), tt.asked)
		if (err != nil) != (tt.want == 0) || err == nil && !c.Expires.Equal(noon.Add(tt.want)) {
			t.Errorf("%s: %v, %v; want %v", tt.name, c.Expires, err, noon.Add(tt.want))
		}
	}
}

// A session that was issued in the future is not used, even if there is no other.
func TestClockSetBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		back time.Duration
		used bool
	}{
		{"six hours", 6 * time.Hour, false},
		{"six minutes", 6 * time.Minute, false},
		{"what synchronisation does", 2 * time.Minute, true},
	} {
		for _, down := range []bool{false, true} {
			clock, n := noon, 0
			m := testMaker(noon)
			m.Cache = newTestCache(t.TempDir())
			m.Now = func() time.Time { return clock }
			c := &cached{m: m, key: cache.Key{Base: "AKIA"}, lock: "AKIA", issue: func(context.Context) (aws.Credentials, error) {
				if down && n > 0 {
					return aws.Credentials{}, errors.New("connection refused")
				}
				n++
				return minted(n, clock, 12*time.Hour), nil
			}}
			first, err := c.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			clock = clock.Add(-tt.back)
			second, err := c.Retrieve(t.Context())
			switch used := err == nil && second.AccessKeyID == first.AccessKeyID; {
			case used != tt.used, down && !tt.used && err == nil, !down && err != nil:
				t.Errorf("%s, STS down %v: used %v, %v", tt.name, down, used, err)
			}
			if third, err := c.Retrieve(t.Context()); !down && (err != nil || third.AccessKeyID != second.AccessKeyID) {
				t.Errorf("%s: every call makes a session: %v", tt.name, err)
			}
		}
	}
}

// testMaker returns a maker for a test that needs a clock and somebody to warn.
func testMaker(now time.Time) *maker {
	return newMaker(Parts{Now: func() time.Time { return now }, Events: &recorder{}}, Flags{})
}
