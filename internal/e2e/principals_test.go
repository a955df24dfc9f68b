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

// TestProfiles checks every kind of profile. Its parts share one keyring, which
// has alice's key under the names work and default and bob's under mfa. Each
// part has its own home, session cache and stand-in for STS.
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

// machine is a keyring with keys that tests share.
type machine struct{ *home }

// world is what one test uses: a home on the machine, and AWS.
type world struct {
	*home
	srv *ststest.Server

	s3     *awstest.S3             // nil unless started
	stacks *awstest.CloudFormation // nil unless started
}

// newWorld returns a world with the roles of rolesOfAWS. It shares the
// machine's keyring and the index of its keys.
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

// set changes the home's environment. A variable is NAME=value, or NAME alone
// to remove it.
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

// principal is one kind of principal with the expected results, for every way
// to ask for its credentials.
type principal struct {
	name    string
	arrange func(w *world) // files and environment
	args    []string       // awsexec's arguments: the profile and flags
	arn     string         // the identity that the credentials have at AWS

	sessionTokens int      // calls of GetSessionToken in all ways together; 0: never tried
	assumeRoles   int      // calls of AssumeRole; 0: never tried
	longTerm      bool     // returns the long-term key itself
	says          []string // on stderr, each time
	then          func(w *world)
}

// ways are the ways to ask awsexec for credentials. Each returns the identity
// at AWS and the key ID.
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
			w.t.Errorf("whoami printed invalid JSON: %v", err)
		}
		return id.ARN, w.lastCaller(), r
	}},
}

// whose returns the identity that printed credentials have at AWS.
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

// lastCaller returns the key that signed the last GetCallerIdentity.
func (w *world) lastCaller() string {
	for _, r := range slices.Backward(w.srv.Requests()) {
		if r.Action == "GetCallerIdentity" {
			return r.AccessKeyID
		}
	}
	return ""
}

// check asks for credentials in all ways, and then checks the calls that AWS
// received.
func (p *principal) check(w *world) {
	t := w.t
	p.arrange(w)
	for _, way := range ways {
		arn, keyID, r := way.ask(w, p.args)
		if r.code != 0 || arn != p.arn {
			t.Fatalf("%s: exit code %d, is %q, want %s; stderr:\n%s", way.name, r.code, arn, p.arn, r.stderr)
		}
		if strings.HasPrefix(keyID, "ASIA") == p.longTerm {
			t.Errorf("%s: returned key %s", way.name, keyID)
		}
		says := p.says
		if way.name == "print" || way.name == "export" { // a program may read both streams
			says = nil
		}
		for _, want := range says {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s: stderr lacks %q:\n%s", way.name, want, r.stderr)
			}
		}
		if says == nil && r.stderr != "" {
			t.Errorf("%s: stderr is not empty:\n%s", way.name, r.stderr)
		}
		noMarker(t, way.name+" on stderr", r.stderr)
	}
	w.called(p.sessionTokens, p.assumeRoles)
	if p.then != nil {
		p.then(w)
	}
}

// called checks the number of calls for credentials that AWS received, and that
// it refused none.
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
