package provider

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// lastFederation returns the parameters of the last GetFederationToken.
func lastFederation(t *testing.T, server *ststest.Server) (name, seconds, policy, first string) {
	t.Helper()
	for _, r := range slices.Backward(server.Requests()) {
		if r.Action == "GetFederationToken" {
			return r.Params.Get("Name"), r.Params.Get("DurationSeconds"), r.Params.Get("Policy"), r.Params.Get("PolicyArns.member.1.arn")
		}
	}
	t.Fatal("no call of GetFederationToken")
	return
}

func TestConsoleOfUser(t *testing.T) {
	const admin = "arn:aws:iam::aws:policy/AdministratorAccess"
	for name, test := range map[string]struct {
		p       *profile.Profile
		flags   Flags
		seconds string
		policy  string
		first   string
	}{
		"default":         {p: work(), seconds: "3600", first: admin},
		"duration":        {p: work(), flags: Flags{Duration: 12 * time.Hour}, seconds: "43200", first: admin},
		"profile's":       {p: &profile.Profile{Name: "work", Duration: 2 * time.Hour}, seconds: "7200", first: admin},
		"flag wins":       {p: &profile.Profile{Name: "work", Duration: 2 * time.Hour}, flags: Flags{Duration: time.Hour}, seconds: "3600", first: admin},
		"without session": {p: work(), flags: Flags{NoSession: true}, seconds: "3600", first: admin},
		"managed policy":  {p: work(), flags: Flags{Policies: readOnly}, seconds: "3600", first: "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		"policy":          {p: work(), flags: Flags{Policies: []policy.Request{{Set: policy.Set{Document: `{"Statement":[]}`}}}}, seconds: "3600", policy: `{"Statement":[]}`},
	} {
		server, o := roles(t)
		got, err := ForConsole(t.Context(), test.p, o.Parts, test.flags)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		user, seconds, policy, first := lastFederation(t, server)
		if user != "alice" || seconds != test.seconds || policy != test.policy || first != test.first {
			t.Errorf("%s: name %s, %s seconds, policy %q, %q", name, user, seconds, policy, first)
		}
		known, err := server.ForConsole(got.Credentials)
		if err != nil || !known.Federated || !known.Allowed || got.ARN != known.ARN || got.Life != 0 {
			t.Errorf("%s: %+v for %s, %v, %v", name, known, got.ARN, got.Life, err)
		}
		if len(o.Events.(*recorder).warnings) != 0 {
			t.Errorf("%s: warnings %v", name, o.Events.(*recorder).warnings)
		}
		calls(t, server, 0, 0)
	}

	_, o := roles(t)
	for _, d := range []time.Duration{899 * time.Second, 129601 * time.Second} {
		_, err := ForConsole(t.Context(), work(), o.Parts, Flags{Duration: d})
		if limit, ok := errors.AsType[*DurationError](err); !ok || !limit.Asked || limit.Operation != "GetFederationToken" {
			t.Errorf("%s: %v", d, err)
		}
	}
	if _, err := ForConsole(t.Context(), &profile.Profile{Name: "work", MFASerial: device}, o.Parts, Flags{}); err != nil {
		t.Fatal(err)
	}
	warnings := o.Events.(*recorder).warnings
	if len(warnings) != 1 || !strings.Contains(warnings[0], "policies that demand MFA refuse everything there") {
		t.Errorf("warnings %v", warnings)
	}
}

func TestConsoleOfRole(t *testing.T) {
	for name, test := range map[string]struct {
		p                 *profile.Profile
		flags             Flags
		sessions, assumed int
		life              time.Duration
		chained           bool
		arn               string
	}{
		"role":           {p: one(), sessions: 1, assumed: 1, chained: true, arn: "arn:aws:sts::123456789012:assumed-role/one/awsexec"},
		"an hour":        {p: one(), flags: Flags{Duration: time.Hour}, sessions: 1, assumed: 1, chained: true, arn: "arn:aws:sts::123456789012:assumed-role/one/awsexec"},
		"long":           {p: one(), flags: Flags{Duration: 4 * time.Hour}, assumed: 1, life: 4 * time.Hour, arn: "arn:aws:sts::123456789012:assumed-role/one/awsexec"},
		"role of a role": {p: two(), sessions: 1, assumed: 2, chained: true, arn: "arn:aws:sts::999999999999:assumed-role/two/awsexec"},
	} {
		server, o := roles(t)
		got, err := ForConsole(t.Context(), test.p, o.Parts, test.flags)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		known, err := server.ForConsole(got.Credentials)
		if err != nil || known.Chained != test.chained || got.ARN != test.arn || got.Life != test.life {
			t.Errorf("%s: %+v for %s, %v, %v", name, known, got.ARN, got.Life, err)
		}
		calls(t, server, test.sessions, test.assumed)
	}

	_, o := roles(t)
	if _, err := ForConsole(t.Context(), two(), o.Parts, Flags{Duration: 2 * time.Hour}); err == nil || !strings.Contains(err.Error(), "role chaining") {
		t.Errorf("a long session of a role of a role: %v", err)
	}
	server, o := roles(t)
	narrowed, err := ForConsole(t.Context(), one(), o.Parts, Flags{Policies: readOnly})
	if err != nil || server.Allows(narrowed.AccessKeyID, "s3:PutObject", "*") {
		t.Errorf("a narrowed role: %v", err)
	}
}

// Credentials that others have made.
func TestConsoleOfGiven(t *testing.T) {
	server, o := roles(t)
	user, err := retrieve(t, work(), o)
	if err != nil {
		t.Fatal(err)
	}
	role, err := server.IssueRoleSession(roleOne, "dev", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other := &profile.Profile{Name: "other", CredentialProcess: "tool"}
	key := aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: secret}
	inFile := func(c aws.Credentials) *profile.Profile {
		return &profile.Profile{Name: "file", Static: &profile.StaticKeys{Credentials: c}}
	}
	for name, test := range map[string]struct {
		p       *profile.Profile
		process aws.Credentials
		flags   Flags
		life    time.Duration
		arn     string
		refused bool
	}{
		"role in a file":         {p: inFile(role), arn: "arn:aws:sts::123456789012:assumed-role/one/dev"},
		"with a duration":        {p: inFile(role), flags: Flags{Duration: 8 * time.Hour}, life: 8 * time.Hour, arn: "arn:aws:sts::123456789012:assumed-role/one/dev"},
		"user session in a file": {p: inFile(user), refused: true},
		"process with a role":    {p: other, process: role, arn: "arn:aws:sts::123456789012:assumed-role/one/dev"},
		"process with a session": {p: other, process: user, refused: true},
		"process with a key":     {p: other, process: key, arn: "arn:aws:sts::123456789012:federated-user/alice"},
		"key in a file":          {p: inFile(key), arn: "arn:aws:sts::123456789012:federated-user/alice"},
	} {
		o := options(t, server)
		o.Helper = &helper{code: noCode, process: func(context.Context, string, []string) (aws.Credentials, error) { return test.process, nil }}
		got, err := ForConsole(t.Context(), test.p, o.Parts, test.flags)
		if _, refused := errors.AsType[*UserSessionError](err); refused != test.refused || err != nil && !refused || got.ARN != test.arn || got.Life != test.life {
			t.Errorf("%s: %s, %v, %v", name, got.ARN, got.Life, err)
		}
	}
	for _, d := range []time.Duration{899 * time.Second, 43201 * time.Second} {
		_, err := ForConsole(t.Context(), inFile(role), o.Parts, Flags{Duration: d})
		if limit, ok := errors.AsType[*DurationError](err); !ok || limit.Operation != "the console" {
			t.Errorf("%s: %v", d, err)
		}
	}
}

func TestFederatedName(t *testing.T) {
	for user, want := range map[string]string{
		"arn:aws:iam::123456789012:user/alice":                      "alice",
		"arn:aws:iam::123456789012:user/path/to/a@b.c":              "a@b.c",
		"arn:aws:iam::123456789012:user/x":                          "user-x",
		"arn:aws:iam::123456789012:root":                            "root",
		"arn:aws:iam::123456789012:user/" + strings.Repeat("y", 40): strings.Repeat("y", 32),
	} {
		if got := federatedName(user); got != want {
			t.Errorf("%s: %s, want %s", user, got, want)
		}
	}
}
