//go:build linux

package e2e

import (
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// The roles that the stand-in knows. Some are in another account.
const (
	roleOne   = "arn:aws:iam::123456789012:role/one"
	roleTwo   = "arn:aws:iam::210987654321:role/two"
	roleThree = "arn:aws:iam::333333333333:role/path/three"
	roleMFA   = "arn:aws:iam::123456789012:role/with-mfa"
	roleExt   = "arn:aws:iam::210987654321:role/external"
	roleWeb   = "arn:aws:iam::123456789012:role/pod"
	issuer    = "arn:aws:iam::123456789012:oidc-provider/issuer.example"
)

var rolesOfAWS = []ststest.Role{
	{ARN: roleOne, Trust: []string{account}, MaxSessionDuration: 12 * time.Hour},
	{ARN: roleTwo, Trust: []string{roleOne}},
	{ARN: roleThree, Trust: []string{roleTwo}},
	{ARN: roleMFA, Trust: []string{bobARN}, RequireMFA: true, MaxSessionDuration: 12 * time.Hour},
	{ARN: roleExt, Trust: []string{account}, ExternalID: "partner/42"},
	{ARN: roleWeb, Trust: []string{issuer}},
}

// session returns the ARN of a role's session.
func session(roleARN, name string) string {
	account, role, _ := strings.Cut(strings.TrimPrefix(roleARN, "arn:aws:iam::"), ":role/")
	return "arn:aws:sts::" + account + ":assumed-role/" + role[strings.LastIndex(role, "/")+1:] + "/" + name
}

// ofWork returns a function that writes a profile role with these lines, whose
// source is the profile work.
func ofWork(lines ...string) func(*world) {
	return func(w *world) {
		w.config(slices.Concat([]string{"[profile work]", "region = eu-west-1", "[profile role]", "source_profile = work"}, lines)...)
	}
}

// ofMFA is like ofWork for the profile mfa, without its device.
func ofMFA(lines ...string) func(*world) {
	return func(w *world) {
		w.config(slices.Concat([]string{"[profile mfa]", "[profile role]", "source_profile = mfa"}, lines)...)
		w.set("AWSEXEC_MFA_CODE=" + bobCode())
	}
}

var asRole = []string{"-p", "role"}

// roles are principals with a source_profile that leads to a long-term key.
var roles = []principal{
	{
		name: "role", args: asRole, arrange: ofWork("role_arn = " + roleOne),
		arn: session(roleOne, "awsexec"), sessionTokens: 1, assumeRoles: 1,
	},
	{
		name: "role whose own name has the key",
		arrange: func(w *world) {
			w.config("[profile work]", "role_arn = "+roleOne, "source_profile = nobody", "[profile nobody]", "region = eu-west-1")
		},
		args: []string{"-p", "work"},
		arn:  session(roleOne, "awsexec"), sessionTokens: 1, assumeRoles: 1,
	},
	{
		name: "role whose source is itself",
		arrange: func(w *world) {
			w.config("[profile work]", "role_arn = "+roleOne, "source_profile = work", "credential_process = awsexec -p work")
		},
		args: []string{"-p", "work"},
		arn:  session(roleOne, "awsexec"), sessionTokens: 1, assumeRoles: 1,
	},
	{
		name: "role in another account, with an external ID",
		args: asRole, arrange: ofWork("role_arn = "+roleExt, "external_id = partner/42", "role_session_name = me@example.com"),
		arn: session(roleExt, "me@example.com"), sessionTokens: 1, assumeRoles: 1,
	},
	{
		name: "role with its parameters",
		args: asRole,
		arrange: ofWork("role_arn = "+roleOne, "role_session_name = job", "duration_seconds = 1800", "source_identity = alice",
			"session_tags = team=blue, cost=42", "transitive_session_tags = team"),
		arn: session(roleOne, "job"), sessionTokens: 1, assumeRoles: 1,
		then: func(w *world) {
			for _, param := range [][2]string{
				{"DurationSeconds", "1800"}, {"SourceIdentity", "alice"}, {"TransitiveTagKeys.member.1", "team"},
				{"Tags.member.1.Key", "team"}, {"Tags.member.1.Value", "blue"}, {"Tags.member.2.Key", "cost"}, {"Tags.member.2.Value", "42"},
			} {
				w.sent("AssumeRole", param[0], param[1])
			}
			w.sent("GetSessionToken", "DurationSeconds", "3600")
		},
	},
	{
		name: "chain of three roles through three accounts",
		arrange: func(w *world) {
			w.config("[profile three]", "role_arn = "+roleThree, "source_profile = two",
				"[profile two]", "role_arn = "+roleTwo, "source_profile = one",
				"[profile one]", "role_arn = "+roleOne, "source_profile = work",
				"[profile work]")
		},
		args: []string{"-p", "three"},
		arn:  session(roleThree, "awsexec"), sessionTokens: 1, assumeRoles: 3,
		then: func(w *world) { w.sent("AssumeRole", "RoleArn", roleOne, roleTwo, roleThree) },
	},
	{
		name: "role with the MFA device of its own profile",
		args: asRole, arrange: ofMFA("role_arn = "+roleMFA, "mfa_serial = "+bobMFA),
		arn: session(roleMFA, "awsexec"), sessionTokens: 1, assumeRoles: 1,
		then: func(w *world) { w.sent("GetSessionToken", "SerialNumber", bobMFA) },
	},
	{
		name: "role with the MFA device of its source",
		arrange: func(w *world) {
			w.config("[profile mfa]", "mfa_serial = "+bobMFA, "[profile role]", "role_arn = "+roleMFA, "source_profile = mfa")
			w.set("AWSEXEC_MFA_CODE=" + bobCode())
		},
		args: asRole,
		arn:  session(roleMFA, "awsexec"), sessionTokens: 1, assumeRoles: 1,
		then: func(w *world) { w.sent("AssumeRole", "SerialNumber", "") },
	},
	{
		name: "role for more than an hour",
		args: asRole, arrange: ofWork("role_arn = "+roleOne, "duration_seconds = 43200"),
		arn: session(roleOne, "awsexec"), assumeRoles: 1,
		then: func(w *world) {
			w.sent("AssumeRole", "DurationSeconds", "43200")
			if key := w.srv.Requests()[0].AccessKeyID; key != aliceKey {
				w.t.Errorf("it was assumed with %s, want the long-term key", key)
			}
		},
	},
	{
		name: "role for more than an hour, with MFA",
		args: asRole, arrange: ofMFA("role_arn = "+roleMFA, "mfa_serial = "+bobMFA, "duration_seconds = 7200"),
		arn: session(roleMFA, "awsexec"), assumeRoles: 1,
		then: func(w *world) { w.sent("AssumeRole", "SerialNumber", bobMFA) },
	},
	{
		name: "role with --duration", args: append([]string{"--duration", "2h"}, asRole...), arrange: ofWork("role_arn = " + roleOne),
		arn: session(roleOne, "awsexec"), assumeRoles: 1,
		then: func(w *world) { w.sent("AssumeRole", "DurationSeconds", "7200") },
	},
	{
		name: "second role of a chain for more than an hour",
		arrange: func(w *world) {
			w.config("[profile role]", "role_arn = "+roleTwo, "source_profile = one", "duration_seconds = 7200",
				"[profile one]", "role_arn = "+roleOne, "source_profile = work", "[profile work]")
		},
		args: asRole,
		arn:  session(roleTwo, "awsexec"), sessionTokens: 1, assumeRoles: 2,
		says: []string{".aws/config:4", "1 hour", "duration_seconds"},
		then: func(w *world) { w.sent("AssumeRole", "DurationSeconds", "3600", "3600") },
	},
	{
		name: "role of a long-term key that another tool gives, with the role's MFA device",
		arrange: func(w *world) {
			tool := w.tool(`echo '{"Version":1,"AccessKeyId":"` + bobKey + `","SecretAccessKey":"` + bobSecret + `"}'`)
			w.config("[profile vault]", "credential_process = "+tool,
				"[profile role]", "role_arn = "+roleMFA, "source_profile = vault", "mfa_serial = "+bobMFA)
			w.set("AWSEXEC_MFA_CODE=" + bobCode())
		},
		args: asRole,
		arn:  session(roleMFA, "awsexec"), sessionTokens: 1, assumeRoles: 4, // the tool might return another key next time, so the session is not shared
	},
	{
		name: "role with --no-session", args: append([]string{"--no-session"}, asRole...), arrange: ofWork("role_arn = " + roleOne),
		arn: session(roleOne, "awsexec"), assumeRoles: 1,
	},
}
