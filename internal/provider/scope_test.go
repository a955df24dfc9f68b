package provider

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// counted gives o a person with alice's device, and returns how often that was
// asked and for what last.
func counted(o *world) (asked *int, last *TokenRequest) {
	asked, last = new(int), new(TokenRequest)
	o.Helper = &helper{code: func(_ context.Context, r TokenRequest) (TokenCode, error) {
		*asked++
		*last = r
		// Each code works once: time passes for the device alone, and AWS accepts
		// the code before and the one after.
		return TokenCode{ststest.TOTP(seed, time.Now().Add(time.Duration(*asked-2)*window)), FromHuman}, nil
	}}
	return asked, last
}

// TestOneSessionForAllRegions: the region in which STS is called changes nothing
// about what a session is good for. Package awsapi tests the same of its hosts.
func TestOneSessionForAllRegions(t *testing.T) {
	server, o := roles(t)
	asked, _ := counted(&o)
	source := func() *profile.Profile { return &profile.Profile{Name: "work", MFASerial: device} }
	second := source()
	second.Name = "second"
	o.Keys = memory{"work": {AccessKeyID: aliceID, SecretAccessKey: secret}, "second": {AccessKeyID: aliceID, SecretAccessKey: secret}}
	role := one()
	role.Source = source()
	ofSecond := one()
	ofSecond.Name, ofSecond.Source = "other", second
	first := map[string]string{}
	for _, region := range []string{"us-east-1", "eu-west-1", "ap-east-1", "", "aws-global"} {
		o.Client.Region = region
		for _, p := range []*profile.Profile{source(), role, second, ofSecond} {
			c, err := retrieve(t, p, o)
			if err != nil {
				t.Fatalf("%s in %q: %v", p.Name, region, err)
			}
			kind := p.RoleARN
			if first[kind] == "" {
				first[kind] = c.AccessKeyID
			}
			if c.AccessKeyID != first[kind] {
				t.Errorf("%s in %q has a session of its own", p.Name, region)
			}
		}
	}
	calls(t, server, 1, 1)
	if *asked != 1 {
		t.Errorf("asked for %d codes", *asked)
	}
}

// TestSessionsOfOtherScopes: another partition, an endpoint of the user's own and
// another device have sessions of their own.
func TestSessionsOfOtherScopes(t *testing.T) {
	server := startSTS(t)
	o := options(t, server)
	seen := map[string]string{}
	for _, tt := range []struct {
		name, region, host, serial string
	}{
		{"aws", "eu-west-1", "", ""},
		{"China", "cn-north-1", "", ""},
		{"GovCloud", "us-gov-west-1", "", ""},
		{"another endpoint", "eu-west-1", "[::ffff:127.0.0.1]", ""},
		{"a device", "eu-west-1", "", device},
	} {
		counted(&o)
		o.Client.Region, o.Client.Endpoint = tt.region, strings.Replace(server.URL(), "127.0.0.1", cmp.Or(tt.host, "127.0.0.1"), 1)
		c, err := retrieve(t, &profile.Profile{Name: "work", MFASerial: tt.serial}, o)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if other, ok := seen[c.AccessKeyID]; ok {
			t.Errorf("%s has the session of %s", tt.name, other)
		}
		seen[c.AccessKeyID] = tt.name
	}
}

// TestRolesShareTheirSession: whatever lives the roles, the source and the user ask
// for, a session at hand serves whom it can serve.
func TestRolesShareTheirSession(t *testing.T) {
	source := func(d time.Duration) *profile.Profile {
		return &profile.Profile{Name: "work", MFASerial: device, Duration: d}
	}
	role := func(own, ofSource time.Duration) *profile.Profile {
		p := one()
		p.Duration, p.Source = own, source(ofSource)
		return p
	}
	type call struct {
		profile *profile.Profile
		flag    time.Duration
	}
	for _, tt := range []struct {
		name  string
		calls []call
		codes int
	}{
		{"two roles and their source", []call{{role(20*time.Minute, 2*time.Hour), 0}, {role(time.Hour, 2*time.Hour), 0}, {source(2 * time.Hour), 0}}, 1},
		{"the source first", []call{{source(2 * time.Hour), 0}, {role(20*time.Minute, 2*time.Hour), 0}, {role(0, 2*time.Hour), 30 * time.Minute}}, 1},
		{"sources of other lives", []call{{role(0, 0), 0}, {role(20*time.Minute, time.Hour), 0}, {source(3 * time.Hour), 0}}, 1},
		{"--duration first, then roles", []call{{source(0), time.Hour}, {role(0, 0), 0}, {role(20*time.Minute, 0), 0}}, 1},
		{"--duration first, then the source", []call{{source(0), time.Hour}, {source(0), 0}, {source(0), time.Hour}}, 1},
		{"--duration as the default", []call{{source(0), 0}, {source(0), 12 * time.Hour}}, 1},
		{"--duration for a role", []call{{role(0, 0), 0}, {role(0, 0), 15 * time.Minute}}, 1},
		{"another --duration", []call{{source(0), 0}, {source(0), time.Hour}, {source(0), 0}, {role(0, 0), 0}}, 2},
		{"a role for more than an hour", []call{{source(0), 0}, {role(2*time.Hour, 0), 0}, {role(3*time.Hour, 0), 0}}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, o := roles(t)
			asked, last := counted(&o)
			for i, c := range tt.calls {
				o.Duration = c.flag
				if _, err := retrieve(t, c.profile, o); err != nil {
					t.Fatalf("call %d: %v", i, err)
				}
			}
			if *asked != tt.codes {
				t.Errorf("asked for %d codes, want %d", *asked, tt.codes)
			}
			if (last.Despite != nil) != (tt.codes > 1) {
				t.Errorf("the last question is in spite of %v", last.Despite)
			}
		})
	}
}

// TestUnfit: whoever is asked for a code in spite of a session, or cannot be asked,
// gets to know why.
func TestUnfit(t *testing.T) {
	_, o := roles(t)
	asked, last := counted(&o)
	base := &profile.Profile{Name: "work", MFASerial: device}
	if _, err := retrieve(t, base, o); err != nil || last.Despite != nil {
		t.Fatalf("%v, in spite of %v", err, last.Despite)
	}
	o.Now = func() time.Time { return time.Now().Add(2 * time.Minute) }
	o.Duration = 30 * time.Minute
	o.Helper = &helper{code: func(_ context.Context, r TokenRequest) (TokenCode, error) {
		*last = r
		return TokenCode{}, ErrNoHuman
	}}
	_, err := retrieve(t, base, o)
	if want := "a session of 30m is a new one, the one at hand has 11h58m left"; err == nil || *asked != 1 || !strings.Contains(last.Despite.String(), want) || !strings.Contains(err.Error(), want) {
		t.Errorf("asked because %q, error %v", last.Despite, err)
	}
	o.Duration = 2 * time.Hour
	role := one()
	role.Source = base
	_, err = retrieve(t, role, o)
	if want := "a role for 2h takes a code of its own, AWS allows 1h with a session"; err == nil || !strings.Contains(last.Despite.String(), want) || !strings.Contains(err.Error(), want) {
		t.Errorf("asked because %q, error %v", last.Despite, err)
	}
}

// TestRenewalInManyRegions: callers in all regions whose session has expired need
// one code and one call.
func TestRenewalInManyRegions(t *testing.T) {
	server, o := roles(t)
	asked, _ := counted(&o)
	source := &profile.Profile{Name: "work", MFASerial: device}
	expired, err := retrieve(t, source, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Now = func() time.Time { return expired.Expires.Add(time.Minute) }
	regions := []string{"us-east-1", "eu-west-1", "ap-east-1", "sa-east-1", ""}
	got := make([]string, 4*len(regions))
	var all sync.WaitGroup
	for i := range got {
		each := o
		each.Client.Region = regions[i%len(regions)]
		p := source
		if i%2 == 1 {
			p = one()
			p.Source = source
		}
		all.Go(func() {
			from, err := New(t.Context(), p, each.Parts, each.Flags)
			if err == nil {
				var c aws.Credentials
				c, err = from.Retrieve(t.Context())
				got[i] = p.Name + " " + c.AccessKeyID
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	slices.Sort(got)
	if kinds := slices.Compact(got); len(kinds) != 2 || *asked != 2 {
		t.Errorf("asked for %d codes, got %q", *asked, kinds)
	}
	calls(t, server, 2, 1)
}

// TestRolesShareTheirSessionWithoutMFA: no role makes another session because of the
// life that its source asks for; the source itself gets the life it asks for.
func TestRolesShareTheirSessionWithoutMFA(t *testing.T) {
	server, o := roles(t)
	for i, life := range []time.Duration{20 * time.Minute, 2 * time.Hour, 0} {
		p := one()
		p.RoleSessionName, p.Source.Duration = fmt.Sprint("call", i), life
		if _, err := retrieve(t, p, o); err != nil {
			t.Fatal(err)
		}
	}
	calls(t, server, 1, 3)
	for _, life := range []time.Duration{2 * time.Hour, 20 * time.Minute, 2 * time.Hour} {
		p := work()
		p.Duration = life
		c, err := retrieve(t, p, o)
		if left := time.Until(c.Expires).Round(time.Minute); err != nil || left != life {
			t.Errorf("%v left, %v, want %v", left, err, life)
		}
	}
	calls(t, server, 2, 3)
}
