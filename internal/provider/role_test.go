package provider

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	roleOne = "arn:aws:iam::123456789012:role/one"
	roleTwo = "arn:aws:iam::999999999999:role/two"
)

// roles starts a stand-in with two roles: one that alice may assume for up to 12 hours, and one in another account that role one may.
func roles(t *testing.T) (*ststest.Server, world) {
	t.Helper()
	server := startSTS(t)
	for _, r := range []ststest.Role{
		{ARN: roleOne, Trust: []string{"arn:aws:iam::123456789012:user/alice"}, MaxSessionDuration: 12 * time.Hour},
		{ARN: roleTwo, Trust: []string{roleOne}, ExternalID: "ext"},
	} {
		if err := server.AddRole(r); err != nil {
			t.Fatal(err)
		}
	}
	o := options(t, server)
	return server, o
}

func work() *profile.Profile { return &profile.Profile{Name: "work"} }

func one() *profile.Profile {
	return &profile.Profile{Name: "one", RoleARN: roleOne, SourceProfile: "work", Source: work()}
}

func two() *profile.Profile {
	return &profile.Profile{Name: "two", RoleARN: roleTwo, ExternalID: "ext", SourceProfile: "one", Source: one()}
}

func calls(t *testing.T, server *ststest.Server, getSessionToken, assumeRole int) {
	t.Helper()
	if g, a := server.Calls("GetSessionToken"), server.Calls("AssumeRole"); g != getSessionToken || a != assumeRole {
		t.Errorf("%d calls of GetSessionToken and %d of AssumeRole, want %d and %d", g, a, getSessionToken, assumeRole)
	}
}

func TestRole(t *testing.T) {
	server, o := roles(t)
	first, err := retrieve(t, one(), o)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := o.Client.WhoAmI(t.Context(), first); err != nil || id.ARN != "arn:aws:sts::123456789012:assumed-role/one/awsexec" {
		t.Errorf("AWS takes us for %v, %v", id, err)
	}
	if first.AccountID != "123456789012" {
		t.Errorf("the account is %q", first.AccountID)
	}
	calls(t, server, 1, 1)
	if again, err := retrieve(t, one(), o); err != nil || again.AccessKeyID != first.AccessKeyID {
		t.Errorf("the role's session was not used again: %v", err)
	}
	calls(t, server, 1, 1)

	third, err := retrieve(t, two(), o)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := o.Client.WhoAmI(t.Context(), third); err != nil || id.ARN != "arn:aws:sts::999999999999:assumed-role/two/awsexec" {
		t.Errorf("AWS takes us for %v, %v", id, err)
	}
	calls(t, server, 1, 2) // both sessions of the chain are those made before
}

func TestRoleParameters(t *testing.T) {
	server, o := roles(t)
	p := one()
	p.RoleSessionName = "me@example.com"
	p.SourceIdentity = "me"
	p.SessionTags = []profile.SessionTag{{Key: "team", Value: "x"}, {Key: "env", Value: ""}}
	p.TransitiveSessionTags = []string{"team"}
	p.Duration = 30 * time.Minute
	if _, err := retrieve(t, p, o); err != nil {
		t.Fatal(err)
	}
	requests := server.Requests()
	got := requests[len(requests)-1].Params
	for name, want := range map[string]string{
		"RoleArn": roleOne, "RoleSessionName": "me@example.com", "SourceIdentity": "me", "DurationSeconds": "1800",
		"Tags.member.1.Key": "team", "Tags.member.1.Value": "x", "Tags.member.2.Key": "env", "TransitiveTagKeys.member.1": "team",
	} {
		if got.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, got.Get(name), want)
		}
	}
}

// Whatever is changed about a role, no session made for it as it was is handed out.
func TestRoleSessionsAreToldApart(t *testing.T) {
	_, o := roles(t)
	first, err := retrieve(t, one(), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*profile.Profile){
		"session name":    func(p *profile.Profile) { p.RoleSessionName = "other" },
		"external id":     func(p *profile.Profile) { p.ExternalID = "other" },
		"source identity": func(p *profile.Profile) { p.SourceIdentity = "other" },
		"tags":            func(p *profile.Profile) { p.SessionTags = []profile.SessionTag{{Key: "a", Value: "b"}} },
		"duration":        func(p *profile.Profile) { p.Duration = 20 * time.Minute },
		"role":            func(p *profile.Profile) { p.RoleARN += "x" },
	} {
		p := one()
		change(p)
		got, err := retrieve(t, p, o)
		if err == nil && got.AccessKeyID == first.AccessKeyID {
			t.Errorf("another %s: got the session made before", name)
		}
		if err != nil && name != "role" {
			t.Errorf("another %s: %v", name, err)
		}
	}
}

// What makes no difference to AWS makes none to the identity of a session.
func TestRoleSessionsOfOneKind(t *testing.T) {
	server, o := roles(t)
	p := one()
	p.SessionTags = []profile.SessionTag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}
	p.TransitiveSessionTags = []string{"a", "b"}
	same := one()
	same.RoleSessionName = "awsexec"
	same.SessionTags = []profile.SessionTag{{Key: "b", Value: "2"}, {Key: "a", Value: "1"}}
	same.TransitiveSessionTags = []string{"b", "a", "b"}
	same.Duration = time.Hour
	for _, p := range []*profile.Profile{p, same} {
		if _, err := retrieve(t, p, o); err != nil {
			t.Fatal(err)
		}
	}
	calls(t, server, 1, 1)
}

// One code serves the key's session, and with it every role of that key, on whichever profile the device is named.
func TestOneCodeServesAllRoles(t *testing.T) {
	server, o := roles(t)
	asked := 0
	o.Helper = &helper{code: func(_ context.Context, r TokenRequest) (TokenCode, error) {
		asked++
		if r.Serial != device || r.Profile != "work" {
			t.Errorf("asked for a code of %s for profile %s", r.Serial, r.Profile)
		}
		return TokenCode{ststest.TOTP(seed, time.Now()), FromHuman}, nil
	}}
	onSource := one()
	onSource.Source.MFASerial = device
	onRole := one()
	onRole.MFASerial = device
	onLast := two()
	onLast.MFASerial = device
	onLast.Source.RoleSessionName = "chain"
	for _, p := range []*profile.Profile{onSource, onRole, onLast} {
		if _, err := retrieve(t, p, o); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	calls(t, server, 1, 3)
}

func TestLongRoleIsAssumedWithTheKeyItself(t *testing.T) {
	server, o := roles(t)
	p := one()
	p.Duration = 8 * time.Hour
	p.MFASerial = device
	o.Helper = &helper{code: func(context.Context, TokenRequest) (TokenCode, error) {
		return TokenCode{ststest.TOTP(seed, time.Now()), FromHuman}, nil
	}}
	c, err := retrieve(t, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(c.Expires); left < 7*time.Hour+59*time.Minute {
		t.Errorf("the session lives for %v", left)
	}
	r := server.Requests()[0]
	if r.Action != "AssumeRole" || r.AccessKeyID != aliceID || r.Params.Get("SerialNumber") != device {
		t.Errorf("the call was %+v", r)
	}
	calls(t, server, 0, 1)
	if again, err := retrieve(t, p, o); err != nil || again.AccessKeyID != c.AccessKeyID {
		t.Errorf("the session was not used again: %v", err)
	}
}

func TestChainedRoleIsCapped(t *testing.T) {
	server, o := roles(t)
	events := &recorder{}
	o.Events = events
	p := two()
	p.Duration = 2 * time.Hour
	p.Origin = map[string]awsini.Pos{"duration_seconds": {File: "config", Line: 7}}
	c, err := retrieve(t, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(c.Expires); left > time.Hour {
		t.Errorf("the session lives for %v", left)
	}
	if len(events.warnings) != 1 || !strings.HasPrefix(events.warnings[0], "config:7: role "+roleTwo) {
		t.Errorf("warned %q", events.warnings)
	}
	o.Duration = 2 * time.Hour
	before := server.Calls("AssumeRole")
	var out *DurationError
	if _, err := retrieve(t, p, o); !errors.As(err, &out) || !strings.Contains(err.Error(), "role chaining") {
		t.Errorf("--duration 2h: got %v", err)
	}
	o.Duration = 13 * time.Hour
	if _, err := retrieve(t, one(), o); !errors.As(err, &out) {
		t.Errorf("--duration 13h: got %v", err)
	}
	if server.Calls("AssumeRole") != before {
		t.Error("a duration that AWS refuses was sent")
	}
}

func TestNoSession(t *testing.T) {
	server, o := roles(t)
	o.NoSession = true
	events := &recorder{}
	o.Events = events
	c, err := retrieve(t, work(), o)
	if err != nil || c.AccessKeyID != aliceID || c.SessionToken != "" {
		t.Errorf("got %s, %v", c.AccessKeyID, err)
	}
	if len(events.warnings) != 1 || !strings.Contains(events.warnings[0], "long-term key "+aliceID) {
		t.Errorf("warned %q", events.warnings)
	}
	if _, err := retrieve(t, one(), o); err != nil {
		t.Error(err)
	}
	calls(t, server, 0, 1)
}
