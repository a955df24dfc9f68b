package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

func TestAddThenPrint(t *testing.T) {
	w := newWorld(t)
	r := w.ok(aliceID+"\n"+aliceSecret+"\n", "add", "work", "--stdin")
	for _, part := range []string{
		"key AKIA…CE01 belongs to arn:aws:iam::123456789012:user/alice in account 123456789012\n",
		`key AKIA…CE01 is stored as "work" in `,
	} {
		if !strings.Contains(r.err, part) {
			t.Errorf("add said %q, without %q", r.err, part)
		}
	}
	want := "[profile work]\ncredential_process = " + self + " --profile work\n# region = REGION\n# mfa_serial = arn:aws:iam::123456789012:mfa/DEVICE\n"
	if r.out != want {
		t.Errorf("add printed\n%s\nwant\n%s", r.out, want)
	}
	c, err := processfmt.Decode(strings.NewReader(w.ok("", "-p", "work").out))
	if err != nil || !strings.HasPrefix(c.AccessKeyID, "ASIA") {
		t.Errorf("got %s, %v", c.AccessKeyID, err)
	}
}

func TestAddTakesKeysInManyForms(t *testing.T) {
	csv := "\ufeffUser name,Password,Access key ID,Secret access key,Console login link\r\nalice,," + aliceID + "," + aliceSecret + ",https://example.com\r\n"
	for name, tt := range map[string]struct {
		stdin string
		flags []string
	}{
		"two lines, CRLF":   {aliceID + "\r\n" + aliceSecret + "\r\n", []string{"--stdin"}},
		"create-access-key": {`{"AccessKey":{"UserName":"alice","AccessKeyId":"` + aliceID + `","Status":"Active","SecretAccessKey":"` + aliceSecret + `"}}`, []string{"--stdin"}},
		"process":           {`{"Version":1,"AccessKeyId":"` + aliceID + `","SecretAccessKey":"` + aliceSecret + `"}`, []string{"--stdin"}},
		"environment":       {"", []string{"--env"}},
		"csv":               {"", []string{"--csv", "CSV"}},
		"short csv":         {"", []string{"--csv", "SHORT"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = aliceID, aliceSecret
			for i, f := range tt.flags {
				switch f {
				case "CSV":
					tt.flags[i] = w.write("keys.csv", csv)
				case "SHORT":
					tt.flags[i] = w.write("keys.csv", "Access key ID,Secret access key\n"+aliceID+","+aliceSecret)
				}
			}
			w.ok(tt.stdin, append([]string{"add", "work"}, tt.flags...)...)
			if n := w.server.Calls("GetCallerIdentity"); n != 1 {
				t.Errorf("AWS was asked %d times", n)
			}
		})
	}
}

func TestAddRefuses(t *testing.T) {
	w := newWorld(t)
	w.add("taken")
	session := `{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"` + aliceSecret + `","SessionToken":"` + ststest.Marker + `"}`
	stdin := []string{"add", "new", "--stdin"}
	for _, tt := range []struct {
		name  string
		code  int
		stdin string
		args  []string
		parts []string
	}{
		{"nothing", exitFailed, "", stdin, []string{"error: standard input must hold"}},
		{"one line", exitFailed, aliceID, stdin, []string{"error: standard input must hold"}},
		{"three words", exitFailed, aliceID + " " + aliceSecret + " x", stdin, []string{"error: standard input must hold"}},
		{"no JSON", exitFailed, "{" + aliceSecret, stdin, []string{"no valid JSON object"}},
		{"session", exitFailed, session, stdin, []string{"short-lived credentials"}},
		{"session's key", exitFailed, "ASIAIOSFODNN7EXAMPLE\n" + aliceSecret, stdin, []string{"begins with ASIA is short-lived"}},
		{"no key id", exitFailed, "hello\n" + aliceSecret, stdin, []string{"no access key id"}},
		{"no secret", exitFailed, aliceID + "\nS3CR3TMARKER_bad_!", stdin, []string{"no secret access key"}},
		{"unknown key", exitFailed, "AKIAIOSFODNN7UNKNOWN\n" + aliceSecret, stdin, []string{"error: nothing was stored: ", "InvalidClientTokenId", "awsexec add new --force\n"}},
		{"wrong secret", exitFailed, aliceID + "\n" + strings.Repeat("S3CR3TMARKER", 4)[:40], stdin, []string{"nothing was stored", "SignatureDoesNotMatch", "hint: the secret does not belong", "awsexec add new --force\n"}},
		{"nobody to ask", exitFailed, "", []string{"add", "new name"}, []string{"prompts are switched off", "awsexec add \"new name\" --stdin\n"}},
		{"name taken", exitFailed, "", []string{"add", "taken", "--stdin"}, []string{`key "taken" is there already (AKIA…CE01)`, "hint: replace it: awsexec add taken --force"}},
		{"bad name", exitUsage, "", []string{"add", "a[b"}, []string{`name "a[b"`}},
		{"no name", exitUsage, "", []string{"add"}, []string{"error: ", "<name>"}},
		{"two sources", exitUsage, "", []string{"add", "new", "--env", "--stdin"}, []string{"--env", "--stdin"}},
		{"nobody to ask", exitFailed, "", []string{"add", "new"}, []string{"prompts are switched off"}},
		{"no file", exitFailed, "", []string{"add", "new", "--csv", "/no/such.csv"}, []string{"/no/such.csv"}},
		{"empty environment", exitFailed, "", []string{"add", "new", "--env"}, []string{"AWS_ACCESS_KEY_ID is not set"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.t = t
			w.refuse(tt.code, tt.stdin, tt.args, tt.parts...)
		})
	}
	if r := w.ok("", "list"); strings.Contains(r.out, "new") {
		t.Errorf("something was stored:\n%s", r.out)
	}
}

func TestAddRefusesCSV(t *testing.T) {
	w := newWorld(t)
	for content, want := range map[string]string{
		"":                                  "is empty",
		"a,b\n1,2\n":                        `:1: no columns "Access key ID"`,
		"Access key ID,Secret access key\n": "must hold one key",
		"Access key ID,Secret access key\nAKIA\n":                           "must hold one key",
		"Access key ID,Secret access key\nA,S3CR3TMARKER\nA,S3CR3TMARKER\n": "must hold one key",
		"Access key ID,Secret access key\n\"S3CR3TMARKER\nA":                "is no CSV file",
	} {
		w.refuse(exitFailed, "", []string{"add", "new", "--csv", w.write("keys.csv", content)}, want)
	}
}

// A replaced key takes its sessions along.
func TestAddForce(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.ok("", "-p", "work")
	w.ok("", "-p", "work")
	if n := w.server.Calls("GetSessionToken"); n != 1 {
		t.Fatalf("%d calls", n)
	}
	w.ok(aliceID+"\n"+aliceSecret+"\n", "add", "work", "--stdin", "--force")
	w.ok("", "-p", "work")
	if n := w.server.Calls("GetSessionToken"); n != 2 {
		t.Errorf("the session of the replaced key was used: %d calls", n)
	}
}

func TestAddWarnsOfRoot(t *testing.T) {
	w := newWorld(t)
	if r := w.ok("AKIAIOSFODNN7ROOT001\n"+aliceSecret, "add", "root", "--stdin"); !strings.Contains(r.err, "warning: this is a key of the account's root user") {
		t.Errorf("add said %q", r.err)
	}
}

func TestAddWithoutVerification(t *testing.T) {
	w := newWorld(t)
	w.ok("AKIAIOSFODNN7UNKNOWN\n"+aliceSecret, "add", "work", "--stdin", "--no-verify")
	if n := len(w.server.Requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestWriteConfig(t *testing.T) {
	const line = "credential_process = " + self + " --profile work\n"
	for name, tt := range map[string]struct{ before, after string }{
		"no file":       {"", "[profile work]\n" + line},
		"other profile": {"# mine\n[default]\nregion=x\n", "# mine\n[default]\nregion=x\n\n[profile work]\n" + line},
		"no line":       {"[profile work]\nregion = x\n\n[profile b]\n", "[profile work]\nregion = x\n" + line + "\n[profile b]\n"},
		"all there":     {"[profile work]\n" + line, "[profile work]\n" + line},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tt.before != "" {
				w.write(".aws/config", tt.before)
			}
			if r := w.ok(aliceID+"\n"+aliceSecret, "add", "work", "--stdin", "--write-config"); r.out != "" {
				t.Errorf("printed %q", r.out)
			}
			if got := w.read(".aws/config"); got != tt.after {
				t.Errorf("the file is\n%s\nwant\n%s", got, tt.after)
			}
			if tt.before != "" && tt.before != tt.after {
				if got := w.read(".aws/config" + backupSuffix); got != tt.before {
					t.Errorf("the backup is\n%s", got)
				}
			}
		})
	}
	t.Run("conflict", func(t *testing.T) {
		w := newWorld(t)
		const before = "[profile work]\ncredential_process = other\n"
		path := w.write(".aws/config", before)
		w.refuse(exitFailed, aliceID+"\n"+aliceSecret, []string{"add", "work", "--stdin", "--write-config"}, path+":2")
		if got := w.read(".aws/config"); got != before {
			t.Errorf("the file is now\n%s", got)
		}
	})
	t.Run("AWS_CONFIG_FILE", func(t *testing.T) {
		w := newWorld(t)
		w.env["AWS_CONFIG_FILE"] = filepath.Join(w.home, "elsewhere", "conf")
		w.ok(aliceID+"\n"+aliceSecret, "add", "work", "--stdin", "--write-config")
		if got := w.read("elsewhere/conf"); got != "[profile work]\n"+line {
			t.Errorf("the file is\n%s", got)
		}
	})
}
