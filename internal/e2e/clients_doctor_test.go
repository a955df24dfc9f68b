//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// problem is a problem that doctor finds, with a command that fixes it.
type problem struct {
	name        string
	config      []string // in addition to the valid profile work
	credentials string
	env         []string
	args        []string
	check       string
	at          string // the end of the finding's place
	edits       string // what the user does to a line that the fix shows in the editor: a command of sed, by default d
}

var problems = []problem{
	{name: "section without the word profile", config: []string{"[dev]", "region = eu-west-1", "credential_process = awsexec -p work"}, args: []string{"-p", "dev"},
		check: "profile", at: "config:4", edits: "s/.*/[profile dev]/"},
	{name: "section without the word profile, of a profile whose key is stored", config: []string{"[mfa]", "# mine", "region = eu-west-1", "credential_process = BIN/awsexec -p mfa"},
		args: []string{"-p", "mfa"}, check: "ambiguous", at: "config:4", edits: "s/.*/[profile mfa]/"},
	{name: "role without a source", config: []string{"[profile a]", "region = eu-west-1", "role_arn = " + roleOne}, args: []string{"-p", "a"}, check: "profile", at: "config:6 (role_arn)",
		edits: `s/$/\nsource_profile = work/`},
	{name: "misspelt AWS_PROFILE", env: []string{"AWS_PROFILE=wrok"}, check: "profile", at: "AWS_PROFILE"},
	{name: "unknown setting", config: []string{"[profile a]", "region = eu-west-1", "role_arn = " + roleOne, "source_profile = work", "duration_seconds = long"},
		args: []string{"-p", "a"}, check: "ignored", at: "config:8 (duration_seconds)"},
	{name: "circle", config: []string{"[profile a]", "region = eu-west-1", "role_arn = " + roleOne, "source_profile = b", "[profile b]", "role_arn = " + roleTwo, "source_profile = a"},
		args: []string{"-p", "a"}, check: "profile", at: "config:10 (source_profile)", edits: "s/= a/= work/"},
	{name: "unreadable", config: []string{"[profile a]", "nonsense"}, args: []string{"-p", "work"}, check: "unreadable", at: "config:5"},
	{name: "quotes", config: []string{"[profile a]", `region = "eu-west-1"`}, args: []string{"-p", "work"}, check: "ambiguous", at: "config:5 (region)", edits: `s/"//g`},
	{name: "comment after a value", config: []string{"[profile a]", "region = eu-west-1 # home"}, args: []string{"-p", "work"}, check: "ambiguous", at: "config:5 (region)",
		edits: "s/ #.*//"},
	{name: "session in the credentials file", credentials: "[work]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = S3CR3TMARKER\naws_session_token = S3CR3TMARKER\n",
		args: []string{"-p", "work"}, check: "shadowed", at: "credentials:2 (aws_access_key_id)", edits: "d;3d;4d"},
	{name: "key in plaintext", credentials: "[work]\naws_access_key_id = " + aliceKey + "\naws_secret_access_key = " + aliceSecret + "\n", args: []string{"-p", "work"},
		check: "shadowed", at: "credentials:2 (aws_access_key_id)"},
	{name: "another key in plaintext", credentials: "[work]\naws_access_key_id = " + aliceKey2 + "\naws_secret_access_key = " + aliceSecret2 + "\n", args: []string{"-p", "work"},
		check: "shadowed", at: "credentials:2 (aws_access_key_id)", edits: "d;3d"},
	{name: "role beside credential_process", config: []string{"role_arn = " + roleOne}, args: []string{"-p", "work"}, check: "rejected", at: "config:4 (role_arn)"},
	{name: "IAM Identity Center beside credential_process", config: ssoLegacyProfile[1:], args: []string{"-p", "work"}, check: "shadowed", at: "config:4 (sso_account_id)",
		edits: "d;5d;6d;7d"},
	{name: "login session beside credential_process", config: []string{"login_session = arn:aws:iam::123456789012:user/me"}, args: []string{"-p", "work"},
		check: "shadowed", at: "config:4 (login_session)"},
	{name: "another tool's credential_process", config: []string{"[profile mfa]", "region = eu-west-1", "credential_process = /bin/tool"}, args: []string{"-p", "mfa"},
		check: "shadowed", at: "config:6 (credential_process)"},
	{name: "shell around awsexec", config: []string{"[profile mfa]", "region = eu-west-1", "credential_process = sh -c 'awsexec -p mfa'"}, args: []string{"-p", "mfa"},
		check: "shadowed", at: "config:6 (credential_process)"},
	{name: "awsexec for another profile", config: []string{"[profile mfa]", "region = eu-west-1", "credential_process = awsexec -p work"}, args: []string{"-p", "mfa"},
		check: "shadowed", at: "config:6 (credential_process)"},
	{name: "profile without credential_process", config: []string{"[profile mfa]", "region = eu-west-1"}, args: []string{"-p", "mfa"}, check: "not-used", at: "config"},
	{name: "profile only in the keystore", args: []string{"-p", "mfa"}, env: []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}, check: "not-used", at: "config"},
	{name: "role whose source has no credential_process", config: []string{"[profile mfa]", "[profile a]", "region = eu-west-1", "role_arn = " + roleOne, "source_profile = mfa"},
		args: []string{"-p", "a"}, check: "not-used", at: "config"},
	{name: "role whose source is only in the keystore", config: []string{"[profile a]", "region = eu-west-1", "role_arn = " + roleOne, "source_profile = mfa"},
		args: []string{"-p", "a"}, env: []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1"}, check: "not-used", at: "config"},
	{name: "missing awsexec", config: []string{"[profile mfa]", "region = eu-west-1", "credential_process = /nowhere/awsexec -p mfa"}, args: []string{"-p", "mfa"},
		check: "process", at: "config:6 (credential_process)"},
	{name: "role with MFA", config: []string{"[profile mfa]", "region = eu-west-1", "credential_process = BIN/awsexec -p mfa",
		"[profile a]", "region = eu-west-1", "role_arn = " + roleMFA, "source_profile = mfa", "mfa_serial = " + bobMFA},
		args: []string{"-p", "a"}, check: "rejected", at: "config:11 (mfa_serial)", edits: `s/.*mfa_serial.*//`},
	{name: "keys in the environment", env: []string{"AWS_PROFILE=work", "AWS_ACCESS_KEY_ID=" + aliceKey2, "AWS_SECRET_ACCESS_KEY=S3CR3TMARKER"}, check: "environment", at: "AWS_PROFILE"},
	{name: "half a key in the environment", env: []string{"AWS_PROFILE=work", "AWS_ACCESS_KEY_ID=" + aliceKey2}, check: "environment", at: "AWS_ACCESS_KEY_ID"},
	{name: "token left in the environment", env: []string{"AWS_PROFILE=work", "AWS_SESSION_TOKEN=S3CR3TMARKER"}, check: "environment", at: "AWS_SESSION_TOKEN"},
	{name: "expired credentials in the environment", env: []string{"AWS_PROFILE=work", "AWS_ACCESS_KEY_ID=ASIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=S3CR3TMARKER",
		"AWS_SESSION_TOKEN=S3CR3TMARKER", "AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z"}, check: "environment", at: "AWS_CREDENTIAL_EXPIRATION"},
	{name: "empty AWS_PROFILE", config: []string{"[default]", "region = eu-west-1", "credential_process = BIN/awsexec -p default"}, env: []string{"AWS_PROFILE="},
		check: "environment", at: "AWS_PROFILE"},
	{name: "two profiles", env: []string{"AWS_PROFILE=work", "AWS_DEFAULT_PROFILE=other"}, check: "environment", at: "AWS_DEFAULT_PROFILE"},
	{name: "web identity left in the environment", env: []string{"AWS_PROFILE=work", "AWS_WEB_IDENTITY_TOKEN_FILE=/gone", "AWS_ROLE_ARN=" + roleWeb}, check: "environment",
		at: "AWS_WEB_IDENTITY_TOKEN_FILE"},
	{name: "older names of the Go SDK", env: []string{"AWS_PROFILE=work", "AWS_ACCESS_KEY=" + aliceKey2, "AWS_SECRET_KEY=S3CR3TMARKER"}, check: "shadowed", at: "AWS_ACCESS_KEY"},
	{name: "two regions", args: []string{"-p", "work"}, env: []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2"}, check: "region", at: "AWS_DEFAULT_REGION"},
	{name: "a region that not all SDKs read", config: []string{"[profile mfa]", "credential_process = BIN/awsexec -p mfa"}, args: []string{"-p", "mfa"}, env: []string{"AWS_REGION=eu-west-1"},
		check: "region"},
	{name: "variable that names a missing file", args: []string{"-p", "work"}, env: []string{"AWS_SHARED_CREDENTIALS_FILE=/nowhere/credentials"}, check: "file", at: "AWS_SHARED_CREDENTIALS_FILE"},
}

// The fix that doctor shows for a finding is run in a shell, with a scripted
// editor. The finding is gone then, and there are no new ones.
func TestDoctorFixes(t *testing.T) {
	t.Parallel()
	shared := newKeyringHome(t, "http://127.0.0.1:1")
	for _, name := range []string{"work", "mfa", "default"} {
		shared.add(name, aliceKey, aliceSecret)
	}
	aws := requireProgram(t, "aws", isAWSCLIv2)
	for _, a := range problems {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			w := machine{shared}.newWorld(t)
			w.program("aws", aws)
			w.script("editor", `sed -i "${1#+}${EDITS-d}" "$2"`)
			w.set("EDITOR=editor", "AWSEXEC_NO_PROMPT=1")
			if a.edits != "" {
				w.set("EDITS=" + a.edits)
			}
			config := append([]string{"[profile work]", "region = eu-west-1", "credential_process = BIN/awsexec --profile work"}, a.config...)
			w.config(strings.Split(strings.ReplaceAll(strings.Join(config, "\n"), "BIN", bin), "\n")...)
			if a.credentials != "" {
				w.write(a.credentials, ".aws", "credentials")
			} else if !strings.Contains(strings.Join(a.env, " "), "AWS_SHARED_CREDENTIALS_FILE") {
				w.set("AWS_SHARED_CREDENTIALS_FILE") // its default file is missing too, which is valid
			}
			w.set(a.env...)
			first := w.doctor("", a.args...)
			fix, ok := first.fixOf(a.check, a.at)
			if !ok || fix == "" {
				t.Fatalf("no finding %q at %q with a fix:\n%+v", a.check, a.at, first.Findings)
			}
			again := w.doctor(fix, a.args...)
			if _, still := again.fixOf(a.check, a.at); still || !again.OK {
				config, _ := os.ReadFile(w.path(".aws", "config"))
				t.Errorf("after\n%s\nthere is still\n%+v\nand the config file is\n%s", fix, again.Findings, config)
			}
		})
	}
}

// doctorReport is the part of doctor's JSON that these tests check.
type doctorReport struct {
	OK       bool
	Findings []struct{ Severity, Check, Text, At, Fix string }
}

func (r doctorReport) fixOf(check, at string) (fix string, ok bool) {
	for _, f := range r.Findings {
		if f.Check == check && strings.HasSuffix(f.At, at) {
			return f.Fix, true
		}
	}
	return "", false
}

// doctor runs commands in a shell and then doctor in the same shell.
func (w *world) doctor(commands string, args ...string) doctorReport {
	w.t.Helper()
	script := fmt.Sprintf("set -e\nexec 3>&1 >&2\n%s\nexec awsexec doctor --json %s >&3 3>&-", commands, quoted(args...))
	r := w.start(command{name: "/bin/sh", args: []string{"-c", script}}).wait()
	var got doctorReport
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		w.t.Fatalf("exit code %d, %v\n%s%s", r.code, err, r.stdout, r.stderr)
	}
	if got.OK != (r.code == 0) {
		w.t.Errorf("exit code %d, OK is %v", r.code, got.OK)
	}
	noMarker(w.t, "the output of doctor", r.stdout+r.stderr)
	return got
}
