//go:build linux

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/ststest"
)

// refusal is a profile without usable credentials, and the expected error.
type refusal struct {
	name    string
	arrange func(w *world)
	args    []string
	says    []string
	calls   []string // the actions that STS received, in order
}

// noNetwork expects no calls of AWS.
var noNetwork []string

var refusals = []refusal{
	{"key id without secret", func(w *world) { w.set("AWS_ACCESS_KEY_ID=" + aliceKey2) }, nil, []string{"AWS_SECRET_ACCESS_KEY is not"}, noNetwork},
	{"session key without its token", func(w *world) {
		c := w.issued(roleTask, "job")
		c.SessionToken = ""
		w.setKey(c)
	}, nil, []string{"AWS_SESSION_TOKEN is not"}, noNetwork},
	{"credential_source Environment without a key", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleOne, "credential_source = Environment")
	}, asRole, []string{`profile "role"`, "credential_source", "AWS_ACCESS_KEY_ID"}, noNetwork},
	{"credential_source EcsContainer outside one", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleOne, "credential_source = EcsContainer")
	}, asRole, []string{`profile "role"`, "AWS_CONTAINER_CREDENTIALS"}, noNetwork},
	{"unknown credential_source", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleOne, "credential_source = Vault")
	}, asRole, []string{".aws/config:3", `"Vault"`, "Ec2InstanceMetadata"}, noNetwork},
	{"role without a source", func(w *world) { w.config("[profile role]", "role_arn = "+roleOne) }, asRole,
		[]string{".aws/config:2", "source_profile", "credential_source"}, noNetwork},
	{"unknown source_profile", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleOne, "source_profile = wrok", "[profile work]")
	}, asRole, []string{"wrok", "work"}, noNetwork},

	{"SSO, expired login", func(w *world) {
		w.portal("corp")
		w.login("corp", -time.Minute)
		w.config(ssoProfile...)
	}, []string{"-p", "sso"}, []string{`profile "sso"`, "hint: ", "awsexec login sso"}, noNetwork},
	{"SSO, legacy, expired login", func(w *world) {
		w.portal("")
		w.login("", -time.Minute)
		w.config(ssoLegacyProfile...)
	}, []string{"-p", "sso"}, []string{`profile "sso"`, "awsexec login sso"}, noNetwork},
	{"SSO, never signed in", func(w *world) { w.config(ssoProfile...) }, []string{"-p", "sso"}, []string{"awsexec login sso"}, noNetwork},
	{"SSO, signed out elsewhere", func(w *world) {
		w.portal("corp").SignOut(accessToken)
		w.config(ssoProfile...)
	}, []string{"-p", "sso"}, []string{"UnauthorizedException", "awsexec login sso"}, noNetwork},
	{"SSO, role not assigned", func(w *world) {
		w.portal("corp")
		w.config(slices.Concat(ssoProfile[:4], []string{"sso_role_name = Root"}, ssoProfile[5:])...)
	}, []string{"-p", "sso"}, []string{`profile "sso"`, "ForbiddenException"}, noNetwork},
	{"role assumed by SSO, expired login", func(w *world) {
		w.portal("corp")
		w.login("corp", -time.Minute)
		w.config(append([]string{"[profile role]", "role_arn = " + roleOne, "source_profile = sso"}, ssoProfile...)...)
	}, asRole, []string{"awsexec login sso"}, noNetwork},

	{"login session, never signed in", func(w *world) { w.config(loginProfile...) }, []string{"-p", "signed-in"},
		[]string{`profile "signed-in"`, "hint: ", "awsexec login signed-in"}, noNetwork},
	{"login session, expired and not renewable", func(w *world) { w.signIn(-time.Minute); w.config(loginProfile...) }, []string{"-p", "signed-in"},
		[]string{`profile "signed-in"`, "cannot be reached"}, noNetwork},

	{"web identity without its token", func(w *world) {
		w.config("[profile web]", "role_arn = "+roleWeb, "web_identity_token_file = "+w.path("gone"))
	}, []string{"-p", "web"}, []string{`profile "web"`, "gone"}, noNetwork},
	{"web identity that AWS does not know", func(w *world) {
		w.config("[profile web]", "role_arn = "+roleWeb, "web_identity_token_file = "+w.write(ststest.Marker+"forged", "token"))
	}, []string{"-p", "web"}, []string{`profile "web"`, "InvalidIdentityToken"}, []string{"AssumeRoleWithWebIdentity"}},
	{"web identity of the environment without a role", func(w *world) {
		w.headless()
		w.set("AWS_WEB_IDENTITY_TOKEN_FILE=" + w.webIdentity())
	}, nil, []string{"AWS_ROLE_ARN is not"}, noNetwork},

	{"another tool fails", func(w *world) {
		w.config("[profile tool]", "credential_process = "+w.tool("echo the vault is sealed >&2; exit 3"))
	}, []string{"-p", "tool"}, []string{"the vault is sealed", ".aws/config:2", `profile "tool"`, "exit status 3"}, noNetwork},
	{"another tool prints junk", func(w *world) {
		w.config("[profile tool]", "credential_process = "+w.tool("echo secret="+ststest.Marker))
	}, []string{"-p", "tool"}, []string{`profile "tool"`, "not the JSON object"}, noNetwork},
	{"another tool prints half of it", func(w *world) {
		w.config("[profile tool]", "credential_process = "+w.tool(printing(aws.Credentials{SecretAccessKey: aliceSecret2})))
	}, []string{"-p", "tool"}, []string{`profile "tool"`, "AccessKeyId"}, noNetwork},
	{"missing tool", func(w *world) { w.config("[profile tool]", "credential_process = /nowhere/tool") },
		[]string{"-p", "tool"}, []string{`profile "tool"`, "exit status 127"}, noNetwork},

	{"container, wrong token", func(w *world) {
		w.headless()
		w.container()
		w.set("AWS_CONTAINER_AUTHORIZATION_TOKEN=wrong")
	}, nil, []string{"container", "InvalidToken", "the authorization token is not valid"}, noNetwork},
	{"container, no token", func(w *world) {
		w.headless()
		w.container()
		w.set("AWS_CONTAINER_AUTHORIZATION_TOKEN")
	}, nil, []string{"container", "MissingToken"}, noNetwork},
	{"container elsewhere without TLS", func(w *world) {
		w.headless()
		w.set("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://192.0.2.1/credentials")
	}, nil, []string{"192.0.2.1", "TLS"}, noNetwork},
	{"no credentials at all", func(w *world) { w.headless() }, nil, []string{"hint: "}, noNetwork},

	{"--duration too short", func(w *world) { w.config("[profile work]") }, []string{"-p", "work", "--duration", "5m"},
		[]string{"GetSessionToken", "900 to 129600 seconds"}, noNetwork},
	{"--duration too long", func(w *world) { w.config("[profile work]") }, []string{"-p", "work", "--duration", "37h"},
		[]string{"GetSessionToken", "900 to 129600 seconds"}, noNetwork},
	{"--duration too long for a role", ofWork("role_arn = " + roleOne), append([]string{"--duration", "13h"}, asRole...),
		[]string{"AssumeRole", "900 to 43200 seconds"}, noNetwork},
	{"--duration too long for a chain", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleTwo, "source_profile = one", "[profile one]", "role_arn = "+roleOne, "source_profile = work", "[profile work]")
	}, append([]string{"--duration", "2h"}, asRole...), []string{"role chaining", "900 to 3600 seconds"}, noNetwork},
	{"--duration beyond what the role allows", func(w *world) {
		w.must(w.srv.AddRole(ststest.Role{ARN: roleOne, Trust: []string{account}, MaxSessionDuration: time.Hour}))
		ofWork("role_arn = " + roleOne)(w)
	}, append([]string{"--duration", "2h"}, asRole...), []string{"MaxSessionDuration", roleOne}, []string{"AssumeRole"}},
	{"--duration of a session in the environment", func(w *world) { w.setKey(w.issued(roleTask, "job")) }, []string{"--duration", "2h"},
		[]string{"--duration has no effect"}, noNetwork},
	{"--duration of SSO", func(w *world) {
		w.portal("corp")
		w.config(ssoProfile...)
	}, []string{"-p", "sso", "--duration", "2h"}, []string{"--duration has no effect"}, noNetwork},

	{"--duration of a login session", func(w *world) { w.signIn(time.Hour); w.config(loginProfile...) }, []string{"-p", "signed-in", "--duration", "2h"},
		[]string{"--duration has no effect"}, noNetwork},

	{"role of another partition", ofWork("role_arn = arn:aws-cn:iam::123456789012:role/one"), append([]string{"--region", "eu-west-1"}, asRole...),
		[]string{"role_arn", "aws-cn", "eu-west-1"}, noNetwork},
	{"role that lets nobody in", func(w *world) {
		w.config("[profile role]", "role_arn = "+roleMFA, "source_profile = work", "[profile work]")
	}, asRole, []string{`profile "role"`, roleMFA, "AccessDenied"}, []string{"GetSessionToken", "AssumeRole"}},

	{"source profiles in a circle", func(w *world) {
		w.config("[profile a]", "role_arn = "+roleOne, "source_profile = b", "[profile b]", "role_arn = "+roleTwo, "source_profile = c",
			"[profile c]", "role_arn = "+roleThree, "source_profile = a")
	}, []string{"-p", "a"}, []string{"a → b → c → a", ".aws/config:9"}, noNetwork},
	{"profiles of awsexec in a circle", func(w *world) {
		w.config("[profile a]", "credential_process = awsexec -p b", "[profile b]", "credential_process = awsexec -p c",
			"[profile c]", "credential_process = awsexec -p a")
	}, []string{"-p", "a"}, []string{"a → b → c → a"}, noNetwork},
}

// errors checks profiles that cannot work. Each ends with one error that names
// the cause, prints nothing, and makes no call that AWS would refuse.
func (m machine) errors(t *testing.T) {
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := m.newWorld(t)
			tt.arrange(w)
			r := w.run(tt.args...)
			code := 125
			if strings.Contains(tt.name, "--duration too") {
				code = 2 // a duration that AWS never allows is wrong usage
			}
			r.fails(t, code, tt.says...)
			noMarker(t, "stderr", r.stderr)
			if n := strings.Count(r.stderr, "awsexec: error: "); n != 1 {
				t.Errorf("%d errors:\n%s", n, r.stderr)
			}
			var actions []string
			for _, request := range w.srv.Requests() {
				actions = append(actions, request.Action)
			}
			if actions = slices.Compact(actions); !slices.Equal(actions, tt.calls) {
				t.Errorf("AWS received %q, want %q", actions, tt.calls)
			}
		})
	}
	t.Run("another tool hangs", func(t *testing.T) {
		t.Parallel()
		w := m.newWorld(t)
		w.config("[profile tool]", "credential_process = "+w.tool("sleep 3600 & sleep 3600"))
		r := w.run("-p", "tool")
		r.fails(t, 125, `profile "tool"`)
		if r.took > 58*time.Second {
			t.Errorf("it ended after %v: the Go SDK would have killed it", r.took)
		}
		if left := processesOf(t, w.home, "sleep"); len(left) > 0 {
			t.Errorf("left running: %v", left)
		}
	})
}
