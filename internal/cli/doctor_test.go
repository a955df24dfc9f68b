package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/internal/explain"
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
		all := f.Text + "\n" + f.At + "\n" + f.Fix
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

// TestDoctorWords: what a finding says, with its place and the command that puts it right.
func TestDoctorWords(t *testing.T) {
	w, self := newDoctorWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\ncredential_process = "+self+" -p work\n[profile r]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = work\n"+
		"mfa_serial = arn:aws:iam::123456789012:mfa/me\n")
	w.write(".aws/credentials", "[old]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n")
	got := w.doctor("-p", "r")
	f, _ := got.finding("rejected", "Go SDK", "(or run it as awsexec -p r -- COMMAND)")
	fix := "${EDITOR:-vi} +6 " + filepath.Join(w.home, ".aws", "config") + "   # mfa_serial: take it out\naws configure set mfa_serial arn:aws:iam::123456789012:mfa/me --profile work"
	if f.Severity != "warning" || f.Fix != fix || !strings.HasSuffix(f.At, "config:6 (mfa_serial)") {
		t.Errorf("%+v, want it to be fixed by\n%s", f, fix)
	}
	if f, _ := got.finding("key-in-clear", "AKIA…CE01"); f.Fix != "awsexec import old --yes" {
		t.Errorf("%+v", f)
	}
	if row := got.client("Go SDK"); row.Same || row.Why == "" || row.DecidedBy == "" || row.Region != "eu-west-1" {
		t.Errorf("%+v", row)
	}
	if f, _ := w.doctor("-p", "wrok").finding("profile"); f.Severity != "error" || !strings.Contains(f.Fix, "awsexec add wrok") {
		t.Errorf("%+v", f)
	}
}

// TestDoctorRemedies: what can be typed is quoted for a shell.
func TestDoctorRemedies(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are those of PowerShell here")
	}
	w := newWorld(t)
	a, _, _ := w.wiring()
	at := explain.Place{Pos: awsini.Pos{File: "/my files/config", Line: 7}, Key: "region"}
	for want, r := range map[string]doctor.Remedy{
		"unset A B":           doctor.Unset{Variables: []string{"A", "B"}},
		`export A='it'\''s'`:  doctor.Export{Variable: "A", Value: "it's"},
		"awsexec add '$(x)'":  doctor.Awsexec{Args: []string{"add", "$(x)"}},
		`chmod go-rwx "/a b"`: doctor.Restrict{Path: "/a b"},
		`${EDITOR:-vi} +7 "/my files/config"   # region: take it out`: doctor.Edit{At: at, What: "take it out"},
		`${EDITOR:-vi} +7 "/my files/config"   # region: take the key out; or, to use it in place of the stored one (AKIA…CE01): awsexec import "my own" --force`: doctor.Replace{
			At: at, Profile: "my own", Stored: aliceID},
		`aws configure set region eu-west-1 --profile "my own"`:                                             doctor.Configure{Profile: "my own", Setting: "region", Value: "eu-west-1"},
		`aws configure set credential_process "/opt/bin/awsexec --profile work" --profile work`:             doctor.Lead{Profile: "work"},
		"awsexec -p work -- COMMAND":                                                                        doctor.RunWith{Profile: "work"},
		"awsexec import work --yes":                                                                         doctor.Import{Profile: "work"}, // nobody is asked here
		`aws configure set credential_process '/opt/bin/awsexec --profile a" "'\''$'\''b' --profile 'a $b'`: doctor.Lead{Profile: "a $b"},
		"log in again": doctor.Advice{Text: "log in again"},
		"":             doctor.Edit{What: "correct it"},
	} {
		if got := a.adv.remedy(r); got != want {
			t.Errorf("%#v is\n%s, want\n%s", r, got, want)
		}
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
	if f, ok := w.doctor().finding("permissions", path); !ok || f.Fix != "chmod go-rwx "+path {
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
