package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// doctorWorld is a world whose awsexec is really there, on the PATH.
type doctorWorld struct{ *world }

func newDoctorWorld(t *testing.T) (w doctorWorld, self string) {
	t.Helper()
	w = doctorWorld{newWorld(t)}
	self = w.executable("bin/awsexec")
	w.env["PATH"] = filepath.Dir(self)
	w.env["AWS_REGION"], w.env["AWS_DEFAULT_REGION"] = "eu-west-1", "eu-west-1"
	return w, self
}

func (w doctorWorld) executable(name string) string {
	w.t.Helper()
	path := w.write(name, "#!/bin/sh\n")
	if err := os.Chmod(path, 0o700); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// text runs doctor.
func (w doctorWorld) text(args ...string) result {
	w.t.Helper()
	var out, errs bytes.Buffer
	environ := []string{}
	for name, value := range w.env {
		environ = append(environ, name+"="+value)
	}
	code := run(w.t.Context(), append([]string{"doctor"}, args...), deps{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errs, environ: environ,
		home: w.home, self: filepath.Join(w.home, "bin", "awsexec"), now: w.now, workFactor: 1,
	})
	return result{code, out.String(), errs.String()}
}

// doctor runs doctor --json and checks its exit code and that no secret is in what it prints.
func (w doctorWorld) doctor(args ...string) doctorReport {
	w.t.Helper()
	r := w.text(append(args, "--json")...)
	if strings.Contains(r.out, aliceSecret) || strings.Contains(r.out, aliceID) {
		w.t.Errorf("a key in full on standard output: %s", r.out)
	}
	var got doctorReport
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		w.t.Fatalf("exit code %d, %v\n%s%s", r.code, err, r.out, r.err)
	}
	if want := map[bool]int{true: 0, false: exitFindings}[got.OK]; r.code != want {
		w.t.Errorf("exit code %d, want %d", r.code, want)
	}
	return got
}

func (r doctorReport) finding(check string, parts ...string) (doctorFinding, bool) {
	for _, f := range r.Findings {
		all := f.Text + "\n" + f.At + "\n" + f.Mend
		ok := f.Check == check
		for _, p := range parts {
			ok = ok && strings.Contains(all, p)
		}
		if ok {
			return f, true
		}
	}
	return doctorFinding{}, false
}

func (r doctorReport) client(name string) doctorClient {
	for _, c := range r.Clients {
		if strings.Contains(c.Client, name) {
			return c
		}
	}
	return doctorClient{}
}

// TestDoctorOfSoundProfile: nothing to say, exit code 0, and the same output every time.
func TestDoctorOfSoundProfile(t *testing.T) {
	w, self := newDoctorWorld(t)
	w.add("base")
	w.write(".aws/config", "[profile base]\ncredential_process = "+self+" --profile base\n"+
		"[profile role]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n")
	r := w.text("-p", "role")
	want := `profile "role", by --profile
  profile "role": role arn:aws:iam::********9012:role/admin, HOME/.aws/config:4 (role_arn)
    profile "base": key in the keystore AKIA…CE01, "base" in HOME/data/awsexec/keystore.age
GetSessionToken applies: one session of the long-term key serves all roles that it assumes, but for roles of more than an hour
session: none cached

CLIENT PROFILE CREDENTIALS DECIDED BY REGION
awsexec role role from key in the keystore AKIA…CE01 HOME/.aws/config:4 (role_arn) eu-west-1
boto3, AWS CLI v1 role role from awsexec, by credential_process HOME/.aws/config:4 (role_arn) eu-west-1
AWS CLI v2 role role from awsexec, by credential_process HOME/.aws/config:4 (role_arn) eu-west-1
Go SDK, Terraform role role from awsexec, by credential_process HOME/.aws/config:4 (role_arn) eu-west-1
JavaScript SDK role role from awsexec, by credential_process HOME/.aws/config:4 (role_arn) eu-west-1
CDK role role from awsexec, by credential_process HOME/.aws/config:4 (role_arn) eu-west-1

nothing is wrong
`
	got := strings.ReplaceAll(r.out, w.home, "HOME")
	got = regexp.MustCompile(` {2,}([^ ])`).ReplaceAllString(strings.ReplaceAll(got, "\n  ", "\n\x00"), " $1")
	got = strings.ReplaceAll(got, "\n\x00", "\n  ")
	if got = strings.ReplaceAll(got, "\n   profile", "\n    profile"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if r.code != 0 || r.err != "" {
		t.Errorf("exit code %d, standard error: %s", r.code, r.err)
	}
}

// TestDoctorNamesWhatShadows: each of the settings that keep SDKs from awsexec is named with its file and line.
func TestDoctorNamesWhatShadows(t *testing.T) {
	keys := "aws_access_key_id = " + aliceID + "\naws_secret_access_key = " + aliceSecret + "\n"
	const role = "role_arn = arn:aws:iam::123456789012:role/x\n"
	tests := []struct {
		name                string
		config, credentials string // what is in the profile beside its credential_process; the first line is line 3, and 2
		env                 map[string]string
		check               string
		at                  string
		clients             []string // that are told of
		silent              []string // that are not
	}{
		{name: "keys in the credentials file", credentials: keys, check: "shadowed", at: "credentials:2", clients: []string{"boto3", "CLI v2", "Go SDK", "JavaScript", "CDK"}},
		{name: "keys in the config file", config: keys, check: "shadowed", at: "config:3", clients: []string{"Go SDK", "JavaScript", "CDK"}, silent: []string{"boto3", "CLI v2"}},
		{name: "role_arn alone", config: role, check: "rejected", at: "config:3", clients: []string{"boto3", "CLI v2"}, silent: []string{"JavaScript", "CDK"}},
		{name: "role_arn on top in the Go SDK", config: role, check: "shadowed", at: "config:3", clients: []string{"Go SDK"}, silent: []string{"boto3"}},
		{name: "source_profile itself, botocore", config: role + "source_profile = work\n", check: "rejected", at: "config:4", clients: []string{"boto3", "CLI v2"}, silent: []string{"CDK"}},
		{name: "source_profile itself, Go SDK", config: role + "source_profile = work\n", check: "rejected", at: "config:2", clients: []string{"Go SDK"}, silent: []string{"boto3"}},
		{name: "source_profile without a role", config: "source_profile = default\n", check: "rejected", at: "config:3", clients: []string{"Go SDK"}, silent: []string{"boto3", "JavaScript"}},
		{name: "IAM Identity Center", config: "sso_account_id = 123456789012\nsso_role_name = x\nsso_start_url = https://sso.invalid\nsso_region = us-east-1\n",
			check: "shadowed", at: "config:3", clients: []string{"boto3", "CLI v2"}, silent: []string{"JavaScript"}},
		{name: "web identity", config: role + "web_identity_token_file = /token\n", check: "shadowed", at: "config:4", clients: []string{"boto3", "JavaScript"}, silent: []string{"Go SDK"}},
		{name: "web identity, Go SDK", config: role + "web_identity_token_file = /token\n", check: "rejected", at: "config:4", clients: []string{"Go SDK"}},
		{name: "login session", config: "login_session = arn:aws:iam::123456789012:user/me\n", check: "shadowed", at: "config:3", clients: []string{"boto3", "Go SDK"}, silent: []string{"JavaScript"}},
		{name: "web identity in the environment", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x"},
			check: "shadowed", at: "AWS_WEB_IDENTITY_TOKEN_FILE", clients: []string{"boto3", "Go SDK"}, silent: []string{"JavaScript", "CDK"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, self := newDoctorWorld(t)
			w.add("work")
			w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n"+test.config+"[default]\n")
			if test.credentials != "" {
				w.write(".aws/credentials", "[work]\n"+test.credentials)
			}
			w.env["AWS_PROFILE"] = "work"
			for name, value := range test.env {
				w.env[name] = value
			}
			got := w.doctor()
			f, ok := got.finding(test.check, test.clients...)
			if !ok {
				f, _ = got.finding(test.check)
				t.Fatalf("no finding %q for %v; %+v", test.check, test.clients, got.Findings)
			}
			if !strings.Contains(f.At, test.at) || f.Mend == "" || got.OK {
				t.Errorf("finding %+v: want one at %q, with a way to mend it", f, test.at)
			}
			for _, c := range test.silent {
				if strings.Contains(f.Text, c) {
					t.Errorf("%s is named too: %s", c, f.Text)
				}
			}
			for _, c := range test.clients {
				if row := got.client(c); row.Same || row.Why == "" || row.DecidedBy == "" {
					t.Errorf("row %+v: want one that differs and says why", row)
				}
			}
		})
	}
}

// TestDoctorFindings: each thing that can be wrong is found, and told with what mends it.
func TestDoctorFindings(t *testing.T) {
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	tests := []struct {
		name        string
		config      string
		credentials string
		env         map[string]string
		args        []string
		check       string
		severity    string
		parts       []string
	}{
		{name: "unknown profile", args: []string{"-p", "wrok"}, check: "profile", severity: "error", parts: []string{`nearest: "work"`, "awsexec add wrok"}},
		{name: "duplicate section", config: "[profile work]\n", check: "unreadable", severity: "error", parts: []string{"config:4", "already on line 1"}},
		{name: "cycle", config: "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n", args: []string{"-p", "a"},
			check: "profile", severity: "error", parts: []string{"a → b → a", "config:9"}},
		{name: "source that is missing", config: "[profile a]\nrole_arn = r\nsource_profile = b\n", args: []string{"-p", "a"}, check: "profile", severity: "error", parts: []string{`"b"`}},
		{name: "role without a source", config: "[profile r]\nrole_arn = r\n", args: []string{"-p", "r"}, check: "profile", severity: "error", parts: []string{"config:5", "source_profile"}},
		{name: "credential_source that is none", config: "[profile r]\nrole_arn = r\ncredential_source = Vault\n", args: []string{"-p", "r"}, check: "profile", severity: "error",
			parts: []string{"config:6 (credential_source)"}},
		{name: "profiles of awsexec in a circle", config: "[profile a]\ncredential_process = awsexec -p b\n[profile b]\ncredential_process = awsexec -p a\n",
			args: []string{"-p", "a"}, check: "profile", severity: "error", parts: []string{"a → b → a", "config:7 (credential_process)"}},
		{name: "section without its word", config: "[dev]\nmfa_serial = x\n", args: []string{"-p", "dev"}, check: "profile", severity: "error", parts: []string{"config:4", "[profile dev]"}},
		{name: "such a section, not used", config: "[dev]\nmfa_serial = x\n", check: "ambiguous", severity: "warning", parts: []string{"[profile dev]", "config:4"}},
		{name: "quotes", config: "[profile q]\nmfa_serial = \"x\"\n", check: "ambiguous", severity: "warning", parts: []string{"quotes", "config:5"}},
		{name: "comment behind a value", config: "[profile q]\nregion = eu-west-1 # home\n", check: "ambiguous", severity: "warning", parts: []string{"comment", "config:5"}},
		{name: "another delimiter", config: "[profile q]\nregion: eu-west-1\n", check: "ambiguous", severity: "warning", parts: []string{"key = value", "config:5"}},
		{name: "key in clear", credentials: "[old]\naws_access_key_id = " + aliceID + "\naws_secret_access_key = " + aliceSecret + "\n",
			check: "key-in-clear", severity: "warning", parts: []string{"AKIA…CE01", "credentials:3", "awsexec import old"}},
		{name: "key in clear beside another stored one", credentials: "[work]\naws_access_key_id = AKIAIOSFODNN7OTHER01\naws_secret_access_key = " + aliceSecret + "\n",
			check: "key-in-clear", severity: "warning", parts: []string{"credentials:3", "take the key out", "stored one (AKIA…CE01)", "awsexec import work --force"}},
		{name: "process not on the PATH", config: "[profile p]\ncredential_process = awsexec.exe -p p\n", check: "process", severity: "error", parts: []string{"PATH", "config:5", "aws configure set"}},
		{name: "process that is not there", config: "[profile p]\ncredential_process = /nowhere/awsexec -p p\n", check: "process", severity: "error", parts: []string{"/nowhere/awsexec", "config:5"}},
		{name: "another awsexec", config: "[profile p]\ncredential_process = OTHER/awsexec -p p\n", check: "process", severity: "warning", parts: []string{"another awsexec", "config:5"}},
		{name: "empty AWS_PROFILE", env: map[string]string{"AWS_PROFILE": ""}, check: "environment", severity: "error", parts: []string{"empty", "unset AWS_PROFILE"}},
		{name: "AWS_PROFILE and keys", env: map[string]string{"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": aliceSecret},
			check: "environment", severity: "warning", parts: []string{"JavaScript", "unset AWS_ACCESS_KEY_ID"}},
		{name: "two profiles", env: map[string]string{"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "q"}, check: "environment", severity: "warning", parts: []string{"differ"}},
		{name: "half a key", env: map[string]string{"AWS_ACCESS_KEY_ID": aliceID}, check: "environment", severity: "warning", parts: []string{"AWS_SECRET_ACCESS_KEY is not"}},
		{name: "token alone", env: map[string]string{"AWS_SESSION_TOKEN": "t"}, check: "environment", severity: "warning", parts: []string{"unset AWS_SESSION_TOKEN"}},
		{name: "session without token", env: map[string]string{"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7ALICE01", "AWS_SECRET_ACCESS_KEY": aliceSecret},
			check: "environment", severity: "error", parts: []string{"AWS_SESSION_TOKEN is not set"}},
		{name: "old token variable", env: map[string]string{"AWS_SECURITY_TOKEN": "t"}, check: "environment", severity: "warning", parts: []string{"unset AWS_SECURITY_TOKEN"}},
		{name: "expired", env: map[string]string{"AWS_CREDENTIAL_EXPIRATION": past}, check: "environment", severity: "error", parts: []string{"expired at " + past}},
		{name: "two regions", env: map[string]string{"AWS_DEFAULT_REGION": "eu-west-9"}, check: "region", severity: "warning", parts: []string{"differ", "eu-west-9"}},
		{name: "no region", env: map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, check: "region", severity: "warning", parts: []string{"no region for", "aws configure set region"}},
		{name: "no region for boto3", env: map[string]string{"AWS_DEFAULT_REGION": "-"}, check: "region", severity: "warning", parts: []string{"no region for boto3, AWS CLI v1:"}},
		{name: "file that is not there", env: map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}, check: "file", severity: "warning", parts: []string{"/nowhere", "unset"}},
		{name: "no process in the profile", args: []string{"-p", "bare"}, check: "not-used", severity: "warning", parts: []string{"no credential_process", "aws configure set credential_process"}},
		{name: "mfa in the Go SDK", config: "[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = work\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n",
			args: []string{"-p", "r"}, check: "rejected", severity: "warning", parts: []string{"Go SDK", "config:7", "awsexec -p r -- COMMAND", "aws configure set mfa_serial arn:aws:iam::123456789012:mfa/me --profile work"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w, self := newDoctorWorld(t)
			w.add("work")
			other := filepath.Dir(w.executable("other/awsexec"))
			w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n[profile bare]\n"+
				strings.ReplaceAll(test.config, "OTHER", other))
			if test.credentials != "" {
				w.write(".aws/credentials", test.credentials)
			}
			if len(test.args) > 0 && test.args[1] == "bare" {
				w.add("bare")
			}
			if test.args == nil && test.env["AWS_PROFILE"] == "" {
				test.args = []string{"-p", "work"}
			}
			for name, value := range test.env {
				w.env[name] = value
				if value == "-" || value == "" && strings.HasSuffix(name, "REGION") {
					delete(w.env, name)
				}
			}
			got := w.doctor(test.args...)
			f, ok := got.finding(test.check, test.parts...)
			if !ok || f.Severity != test.severity {
				t.Errorf("no finding %q of severity %s with %q: %+v", test.check, test.severity, test.parts, got.Findings)
			}
			if got.OK {
				t.Error("OK, although there is something wrong")
			}
			for _, f := range got.Findings {
				if f.Severity != "info" && f.Mend == "" {
					t.Errorf("finding %+v: want one with a way to mend it", f)
				}
			}
		})
	}
}

// TestDoctorReadsNoKey: the encrypted keystore is left alone, damaged or not, and nobody is asked.
func TestDoctorReadsNoKey(t *testing.T) {
	w, self := newDoctorWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n")
	delete(w.env, "AWSEXEC_PASSPHRASE")
	got := w.doctor("-p", "work")
	if f, ok := got.finding("keystore", "passphrase"); !ok || !got.OK {
		t.Errorf("%+v, OK %t: want a notice about the passphrase", f, got.OK)
	}
	if err := os.Remove(filepath.Join(w.home, "data", "awsexec", "keystore.age")); err != nil {
		t.Fatal(err)
	}
	if f, ok := w.doctor("-p", "work").finding("keystore", "is gone"); !ok || f.Severity != "error" {
		t.Errorf("%+v: want an error about a keystore that is gone", f)
	}
	if calls := w.server.Calls("GetSessionToken") + w.server.Calls("GetCallerIdentity"); calls != 1 { // that of add
		t.Errorf("%d calls of STS", calls)
	}
}

// TestDoctorWithoutKeystore: no keyring and no file is an error only where a key is needed.
func TestDoctorWithoutKeystore(t *testing.T) {
	w, self := newDoctorWorld(t)
	w.env["AWSEXEC_KEYSTORE"] = "keyring"
	w.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + filepath.Join(w.home, "no-bus")
	w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n[profile sso]\nsso_account_id = 123456789012\n"+
		"sso_role_name = x\nsso_start_url = https://sso.invalid\nsso_region = us-east-1\n")
	if got := w.doctor("-p", "sso"); !got.OK {
		t.Errorf("findings %+v, want none that matters", got.Findings)
	}
	if got := w.doctor("-p", "work"); got.OK {
		t.Error("nothing is wrong, although there is no key to be had")
	}
}

func TestDoctorPermissions(t *testing.T) {
	w, _ := newDoctorWorld(t)
	path := w.write(".aws/credentials", "[default]\n")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if f, ok := w.doctor().finding("permissions", path); !ok || f.Mend != "chmod go-rwx "+path {
		t.Errorf("%+v: want a finding about %s", f, path)
	}
}

// TestDoctorOnline: the clock, and the identity where a session is cached.
func TestDoctorOnline(t *testing.T) {
	w, self := newDoctorWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n")
	got := w.doctor("-p", "work", "--online")
	if _, ok := got.finding("clock", "agrees"); !ok || !got.OK {
		t.Errorf("findings %+v: want a clock that agrees", got.Findings)
	}
	if _, ok := got.finding("identity", "no session in the cache"); !ok {
		t.Errorf("findings %+v: want to be told that there is no session", got.Findings)
	}
	w.ok("", "-p", "work")
	got = w.doctor("-p", "work", "--online")
	if _, ok := got.finding("identity", "user/alice"); !ok || !strings.HasPrefix(got.Session, "cached until ") {
		t.Errorf("findings %+v, session %q: want alice", got.Findings, got.Session)
	}
	if n := w.server.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions were made, want 1", n)
	}
	w.now = func() time.Time { return time.Now().Add(7 * time.Minute) }
	if f, ok := w.doctor("-p", "work", "--online").finding("clock", "off by 7m"); !ok || f.Severity != "error" {
		t.Errorf("%+v: want a clock that is off", f)
	}
}
