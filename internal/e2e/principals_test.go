//go:build linux

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

// TestProfiles holds what is shown of every kind of profile. Its parts share one keyring, which has alice's key under the names work and
// default and bob's under mfa; each has a home, a session cache and a stand-in for STS of its own.
func TestProfiles(t *testing.T) {
	t.Parallel()
	shared := newKeyringHome(t, "http://127.0.0.1:1")
	shared.add("work", aliceKey, aliceSecret)
	shared.add("default", aliceKey, aliceSecret)
	shared.add("mfa", bobKey, bobSecret)
	machine := machine{shared}
	for _, p := range slices.Concat(users, roles, givens, outsiders, environments) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			p.check(machine.newWorld(t))
		})
	}
	t.Run("errors", machine.errors)
	t.Run("one source", machine.oneSource)
	t.Run("recursion", machine.recursion)
	t.Run("regions", machine.regions)
}

// machine is a keyring with keys, shared by tests.
type machine struct{ *home }

// world is what one test has: a home on the machine, and AWS.
type world struct {
	*home
	srv *ststest.Server

	s3     *awstest.S3             // nil if there is none
	stacks *awstest.CloudFormation // likewise
}

// newWorld makes a world with the roles of rolesOfAWS. The keyring and the index of its keys are the machine's.
func (m machine) newWorld(t *testing.T) *world {
	t.Helper()
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	h := newHome(t, srv.URL())
	delete(h.env, "AWSEXEC_PASSPHRASE")
	for _, name := range []string{"AWSEXEC_KEYSTORE", "DBUS_SESSION_BUS_ADDRESS", "XDG_DATA_HOME"} {
		h.env[name] = m.env[name]
	}
	return &world{home: h, srv: srv}
}

// set changes the home's environment, given as NAME=value; NAME alone takes one out.
func (w *world) set(vars ...string) {
	for _, kv := range vars {
		if name, value, ok := strings.Cut(kv, "="); ok {
			w.env[name] = value
		} else {
			delete(w.env, name)
		}
	}
}

// setKey puts credentials into the environment.
func (w *world) setKey(c aws.Credentials) {
	w.set("AWS_ACCESS_KEY_ID="+c.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey)
	if c.SessionToken != "" {
		w.set("AWS_SESSION_TOKEN=" + c.SessionToken)
	}
}

// principal is one kind of principal and what must be seen of it, whichever way its credentials are asked for.
type principal struct {
	name    string
	arrange func(w *world) // files and environment
	args    []string       // of awsexec: the profile and flags
	arn     string         // whom AWS takes the user of the credentials for

	sessionTokens int      // calls of GetSessionToken in all ways together; 0: never attempted
	assumeRoles   int      // calls of AssumeRole, likewise
	longTerm      bool     // the long-term key itself is given
	says          []string // on stderr, each time
	then          func(w *world)
}

// ways are the ways to ask awsexec for credentials. Each returns whom AWS takes the user for, and the key id.
var ways = []struct {
	name string
	ask  func(w *world, args []string) (arn, keyID string, r result)
}{
	{"print", func(w *world, args []string) (string, string, result) {
		r := w.run(args...)
		return w.whose(r, r.stdout)
	}},
	{"exec", func(w *world, args []string) (string, string, result) {
		r := w.run(slices.Concat(args, []string{"--", "probe", "whoami"})...)
		return strings.TrimSpace(r.stdout), w.lastCaller(), r
	}},
	{"export", func(w *world, args []string) (string, string, result) {
		r := w.run(slices.Concat([]string{"export", "--format", "process"}, args)...)
		return w.whose(r, r.stdout)
	}},
	{"whoami", func(w *world, args []string) (string, string, result) {
		r := w.run(slices.Concat([]string{"whoami", "--json", "--unmasked"}, args)...)
		var id struct{ ARN string }
		if err := json.Unmarshal([]byte(r.stdout), &id); err != nil && r.code == 0 {
			w.t.Errorf("whoami prints no JSON: %v", err)
		}
		return id.ARN, w.lastCaller(), r
	}},
}

// whose asks AWS whose the credentials are that awsexec printed.
func (w *world) whose(r result, text string) (arn, keyID string, _ result) {
	w.t.Helper()
	if r.code != 0 {
		return "", "", r
	}
	c, err := processfmt.Decode(strings.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	id, err := awsapi.Client{Region: "eu-west-1", Endpoint: w.srv.URL()}.WhoAmI(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return id.ARN, c.AccessKeyID, r
}

// lastCaller is the key that the last GetCallerIdentity was signed with.
func (w *world) lastCaller() string {
	for _, r := range slices.Backward(w.srv.Requests()) {
		if r.Action == "GetCallerIdentity" {
			return r.AccessKeyID
		}
	}
	return ""
}

// check asks in all ways, and then looks at what AWS was asked.
func (p *principal) check(w *world) {
	t := w.t
	p.arrange(w)
	for _, way := range ways {
		arn, keyID, r := way.ask(w, p.args)
		if r.code != 0 || arn != p.arn {
			t.Fatalf("%s: exit code %d, is %q, want %s; stderr:\n%s", way.name, r.code, arn, p.arn, r.stderr)
		}
		if strings.HasPrefix(keyID, "ASIA") == p.longTerm {
			t.Errorf("%s: gave key %s", way.name, keyID)
		}
		for _, want := range p.says {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s: stderr does not say %q:\n%s", way.name, want, r.stderr)
			}
		}
		if p.says == nil && r.stderr != "" {
			t.Errorf("%s: stderr is not empty:\n%s", way.name, r.stderr)
		}
		noMarker(t, way.name+" on stderr", r.stderr)
	}
	w.called(p.sessionTokens, p.assumeRoles)
	if p.then != nil {
		p.then(w)
	}
}

// called checks how often AWS was asked for credentials, and that it never refused.
func (w *world) called(sessionTokens, assumeRoles int) {
	w.t.Helper()
	if n := w.srv.Calls("GetSessionToken"); n != sessionTokens {
		w.t.Errorf("%d calls of GetSessionToken, want %d", n, sessionTokens)
	}
	if n := w.srv.Calls("AssumeRole"); n != assumeRoles {
		w.t.Errorf("%d calls of AssumeRole, want %d", n, assumeRoles)
	}
	for _, r := range w.srv.Requests() {
		if r.ErrorCode != "" {
			w.t.Errorf("AWS refused %s: %s", r.Action, r.ErrorCode)
		}
	}
}

// params returns a parameter of all calls of action, in order.
func (w *world) params(action, name string) []string {
	var values []string
	for _, r := range w.srv.Requests() {
		if r.Action == action {
			values = append(values, r.Params.Get(name))
		}
	}
	return values
}

// sent checks a parameter of all calls of action.
func (w *world) sent(action, name string, want ...string) {
	w.t.Helper()
	if got := w.params(action, name); !slices.Equal(got, want) {
		w.t.Errorf("%s was called with %s = %q, want %q", action, name, got, want)
	}
}
