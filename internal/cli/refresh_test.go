package cli

import (
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/ststest"
)

// wiring returns what runs awsexec args, with the profile that they select, and what it says.
func (w *world) wiring(args ...string) (*wiring, *profile.Profile, *strings.Builder) {
	w.t.Helper()
	said := &strings.Builder{}
	d := deps{stdout: io.Discard, stderr: said, homes: homes{w.home, w.home}, self: self, now: w.now, workFactor: 1}
	for name, value := range w.env {
		d.environ = append(d.environ, name+"="+value)
	}
	grammar := &cli{}
	if _, _, err := parse(grammar, args, d); err != nil {
		w.t.Fatal(err)
	}
	settings, err := newSettings(d, &grammar.flags, false, false)
	if err != nil {
		w.t.Fatal(err)
	}
	a := wire(d, newUI(d), settings, &grammar.flags, args, newMemory(d, newUI(d)))
	p, err := a.session.Selected(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return a, p, said
}

// renewal is what a child of awsexec args would get.
func (w *world) renewal(args ...string) (exec.Renewal, string, error) {
	w.t.Helper()
	a, p, said := w.wiring(args...)
	region, _ := a.session.Variables(p)
	request, err := renewRequest(a.settings, a.flags, p, region)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := lead(w.t.Context(), a.out, request)
	return r, said.String(), err
}

// An encrypted keystore that only a person can open is warned of; one that is unlocked needs nobody.
func TestRefreshOfEncryptedFile(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	delete(w.env, "AWSEXEC_PASSPHRASE")
	a, p, _ := w.wiring("-p", "work")
	if asks, err := checkRenewable(t.Context(), a.settings, a.session, p); err != nil || !asks {
		t.Errorf("asks: %t, %v", asks, err)
	}
}

// Every renewal has the flags that shape the credentials.
func TestRenewalFlags(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\nregion = eu-west-1\n")
	r, said, err := w.renewal("-p", "work", "--duration", "1h", "--region", "eu-west-3", "--keystore", "file", "--no-prompt")
	if err != nil || said != "" || r.Region != "" {
		t.Fatalf("%+v, %v, said %q", r, err, said)
	}
	data, err := os.ReadFile(r.ConfigFile)
	if want := "\n[profile work]\ncredential_process = /opt/bin/awsexec --profile work --duration 1h --region eu-west-3 --keystore file --no-prompt\nregion = eu-west-3\n"; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("%v, the program's config file has not %q but\n%s", err, want, data)
	}
}

// Session policies that the command line asks for are in every renewal, in a form that
// every SDK passes on, and that no file changes.
func TestRenewalPolicies(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\nregion = eu-west-1\n")
	const policy = `{"Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::b/${aws:username}/*"}]}`
	file := w.write("policy.json", strings.ReplaceAll(policy, ":[", ": [\n"))
	for _, test := range []struct {
		args  []string
		flags string
	}{
		{[]string{"--read-only"}, "--read-only"},
		{[]string{"--policy", file, "--policy-arn", "job-function/Billing"}, "--policy base64:" + base64.RawURLEncoding.EncodeToString([]byte(policy)) + " --policy-arn job-function/Billing"},
	} {
		r, said, err := w.renewal(append([]string{"-p", "work"}, test.args...)...)
		if err != nil || said != "" {
			t.Fatalf("%+v, %v, said %q", r, err, said)
		}
		data, err := os.ReadFile(r.ConfigFile)
		if want := "credential_process = /opt/bin/awsexec --profile work " + test.flags + "\n"; err != nil || !strings.Contains(string(data), want) {
			t.Errorf("%v, the program's config file has not %q but\n%s", err, want, data)
		}
	}
}

// A program's own files are stable: the same for a second program, others when the user's change, and there for the first nevertheless.
func TestRenewalFiles(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.write(".aws/config", "[profile work]\nregion = eu-west-1\n")
	first, _, err := w.renewal("-p", "work")
	if err != nil {
		t.Fatal(err)
	}
	if second, _, err := w.renewal("-p", "work"); err != nil || !reflect.DeepEqual(second, first) {
		t.Errorf("%+v, %v; want %+v", second, err, first)
	}
	before, err := os.ReadFile(first.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	w.write(".aws/config", "[profile work]\nregion = eu-west-2\n")
	if changed, _, err := w.renewal("-p", "work"); err != nil || changed.ConfigFile == first.ConfigFile {
		t.Errorf("%+v, %v", changed, err)
	}
	if after, err := os.ReadFile(first.ConfigFile); err != nil || string(after) != string(before) {
		t.Errorf("the first program's file was changed: %v", err)
	}
	now := w.now()
	w.now = func() time.Time { return now.Add(31 * 24 * time.Hour) }
	w.env["AWS_CONFIG_FILE"] = first.ConfigFile // a program that still uses it has it kept
	w.ok("", "-p", "work")
	last, _, err := w.renewal("-p", "work")
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(first.ConfigFile), "*.config"))
	if err != nil || len(left) != 2 || filepath.Dir(last.ConfigFile) != filepath.Dir(first.ConfigFile) {
		t.Errorf("after a month there are %q, %v", left, err)
	}
}

// awsexec, called by a program with files of its own, reads the user's: a role is still a role, and other profiles are what they are now.
func TestInsideRenewal(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	if err := w.server.AddRole(ststest.Role{ARN: "arn:aws:iam::123456789012:role/x", Trust: []string{"123456789012"}}); err != nil {
		t.Fatal(err)
	}
	config := "[profile work]\n[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = work\n"
	w.write(".aws/config", config)
	w.write(".aws/credentials", "[role]\naws_session_token = x\n[plain]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n")
	r, _, err := w.renewal("-p", "role")
	if err != nil {
		t.Fatal(err)
	}
	w.write(".aws/config", config+"[profile later]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = plain\n")
	w.env["AWS_CONFIG_FILE"], w.env["AWS_SHARED_CREDENTIALS_FILE"] = r.ConfigFile, r.CredentialsFile
	w.env["AWS_PROFILE"] = r.Profile
	for _, args := range [][]string{nil, {"-p", "role"}, {"-p", "later"}} {
		if got := w.ok("", append(args, "whoami", "--unmasked")...); !strings.Contains(got.out, "assumed-role/x/") {
			t.Errorf("%q is\n%s", args, got.out)
		}
	}
	if again, _, err := w.renewal("-p", "role"); err != nil || again.Profile != "role" {
		t.Errorf("--refresh inside --refresh: %+v, %v", again, err)
	}
	if got := w.run("", "doctor", "--json", "-p", "role"); strings.Count(got.out, filepath.Base(r.ConfigFile)+":4 (credential_process)") != 5 {
		t.Errorf("doctor does not show what the SDKs read:\n%s", got.out)
	}
	if err := os.Remove(r.ConfigFile); err != nil {
		t.Fatal(err)
	}
	w.refuse(exitFailed, "", []string{"-p", "role"}, "which awsexec --refresh has made, is gone")
}

// A profile whose name not every SDK can read still serves those that can.
func TestRenewalOfOddName(t *testing.T) {
	w := newWorld(t)
	w.add("my own")
	_, said, err := w.renewal("-p", "my own")
	if err != nil || !strings.Contains(said, `JavaScript SDK finds no credentials in profile "my own"`) {
		t.Errorf("%v, said %q", err, said)
	}
}

// A helper that awsexec runs inside --refresh, another tool's credential_process say, reads the user's own files as it does outside.
func TestHelperInsideRenewal(t *testing.T) {
	w := newWorld(t)
	w.write(".aws/config", "[profile tool]\ncredential_process = tool\n")
	r, _, err := w.renewal("-p", "tool")
	if err != nil {
		t.Fatal(err)
	}
	w.env["AWS_CONFIG_FILE"] = r.ConfigFile
	a, _, _ := w.wiring("-p", "tool")
	vars := map[string]string{}
	for _, kv := range a.settings.HelperEnviron(nil) {
		name, value, _ := strings.Cut(kv, "=")
		if _, twice := vars[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		vars[name] = value
	}
	if got, want := vars["AWS_CONFIG_FILE"], filepath.Join(w.home, ".aws", "config"); got != want {
		t.Errorf("AWS_CONFIG_FILE=%s, want %s", got, want)
	}
}
