package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsfiles"

	"github.com/awsexec/awsexec/internal/ststest"
)

const (
	carolID     = "AKIAIOSFODNN7CAROL01"
	carolSecret = ststest.Marker + "/bob/XUtnFEMI/K7MDENGbPxRfi2"
	aliceKeys   = "aws_access_key_id = " + aliceID + "\naws_secret_access_key = " + aliceSecret + "\n"
	bobKeys     = "aws_access_key_id = " + carolID + "\naws_secret_access_key = " + carolSecret + "\n"
)

func newImportWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	err := w.server.AddUser(ststest.User{Account: "123456789012", Name: "carol", AccessKeyID: carolID, SecretAccessKey: carolSecret})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func process(name string) string { return "credential_process = " + self + " --profile " + name + "\n" }

// noSecrets checks that no file of the home has a secret in it, those that hold may.
func (w *world) noSecrets(hold ...string) {
	w.t.Helper()
	err := filepath.WalkDir(w.home, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, name := range hold {
			if path == filepath.Join(w.home, name) {
				return err
			}
		}
		if strings.Contains(string(data), ststest.Marker) {
			w.t.Errorf("%s has a secret in plaintext", path)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// worksAs checks that profile name gets a session with key id.
func (w *world) worksAs(name, id string) {
	w.t.Helper()
	before := len(w.server.Requests())
	w.ok("", "-p", name)
	requests := w.server.Requests()[before:]
	if len(requests) != 1 || requests[0].Action != "GetSessionToken" || requests[0].AccessKeyID != id {
		w.t.Errorf("profile %q made the calls %v, want GetSessionToken with %s", name, requests, id)
	}
}

func TestImport(t *testing.T) {
	for name, tt := range map[string]struct{ config, credentials, configAfter, credentialsAfter string }{
		"credentials file": {
			"", "# mine\n[work] # a\n" + aliceKeys + "region = x\n",
			"[profile work]\n" + process("work"), "# mine\n[work] # a\nregion = x\n"},
		"config file": {
			"[profile work]\nregion = x\n" + aliceKeys + "# end\n", "",
			"[profile work]\nregion = x\n" + process("work") + "# end\n", ""},
		"the same in both": {
			"[profile work]\n" + aliceKeys, "[work]\n" + aliceKeys,
			"[profile work]\n" + process("work"), "[work]\n"},
		"profile that is there, CRLF": {
			"[profile work]\r\nregion = x\r\n\r\n[profile b]\r\n", strings.ReplaceAll("[work]\n"+aliceKeys, "\n", "\r\n"),
			"[profile work]\r\nregion = x\r\n" + strings.TrimSuffix(process("work"), "\n") + "\r\n\r\n[profile b]\r\n", "[work]\r\n"},
		"process that is there": {
			"[profile work]\ncredential_process = awsexec -p work --keystore file\n", "[work]\n" + aliceKeys,
			"[profile work]\ncredential_process = awsexec -p work --keystore file\n", "[work]\n"},
		"process that is there, in the credentials file": {
			"[profile work]\n", "[work]\n" + aliceKeys + "credential_process = awsexec -p work\n",
			"[profile work]\n", "[work]\ncredential_process = awsexec -p work\n"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newImportWorld(t)
			if tt.config != "" {
				w.write(".aws/config", tt.config)
			}
			if tt.credentials != "" {
				w.write(".aws/credentials", tt.credentials)
			}
			r := w.ok("", "import", "--yes")
			for _, part := range []string{"key AKIA…CE01 belongs to arn:aws:iam::123456789012:user/alice", `of profile "work" is in `, "without the secrets, is "} {
				if !strings.Contains(r.err, part) {
					t.Errorf("import said\n%swithout %q", r.err, part)
				}
			}
			if strings.Contains(r.out, ststest.Marker) || strings.Contains(r.out, aliceSecret) {
				t.Errorf("a secret is in the diff:\n%s", r.out)
			}
			if got := w.read(".aws/config"); got != tt.configAfter {
				t.Errorf("config is\n%s\nwant\n%s", got, tt.configAfter)
			}
			if tt.credentials != "" {
				if got := w.read(".aws/credentials"); got != tt.credentialsAfter {
					t.Errorf("credentials is\n%s\nwant\n%s", got, tt.credentialsAfter)
				}
			}
			w.noSecrets()
			w.worksAs("work", aliceID)
			if r := w.ok("", "import", "--yes"); !strings.Contains(r.err, "no access keys") {
				t.Errorf("a second time: %s", r.err)
			}
			if r := w.ok("", "import", "work"); !strings.Contains(r.err, "the keystore has AKIA…CE01") {
				t.Errorf("a second time by name: %s", r.err)
			}
		})
	}
}

// The table and the diff show everything but the secrets, and a dry run changes nothing.
func TestImportShows(t *testing.T) {
	w := newImportWorld(t)
	const session = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\naws_secret_access_key = " + carolSecret + "\naws_session_token = " + ststest.Marker + "\n"
	credentials := w.write(".aws/credentials", "[default]\n"+session+"# old: "+aliceSecret+"\n[minio]\naws_access_key_id = minio\naws_secret_access_key = "+
		ststest.Marker+"\n[work]\n"+aliceKeys)
	config := w.write(".aws/config", "[work]\n"+bobKeys+"[profile bob]\n"+bobKeys)
	want := "PROFILE   KEY           AT" + strings.Repeat(" ", len(credentials)+3) + "CAN BE MOVED\n" +
		"default   ASIA…MPLE     " + credentials + ":2    no: a session, which expires by itself; the tool that made it writes it there\n" +
		"minio     *****         " + credentials + ":7    no: not the key of an IAM user: its id does not look like AKIA…\n" +
		"work      AKIA…CE01     " + credentials + ":10   yes\n" +
		"work      AKIA…OL01     " + config + ":2         no: no SDK reads a profile from section [work]\n" +
		"bob       AKIA…OL01     " + config + ":5         yes\n" +
		"--- " + config + "\n+++ " + config + "\n@@ -2,5 +2,7 @@\n" +
		" aws_access_key_id = " + carolID + "\n aws_secret_access_key = (left out by awsexec)\n [profile bob]\n" +
		"-aws_access_key_id = " + carolID + "\n-aws_secret_access_key = (left out by awsexec)\n" +
		"+" + process("bob") + "+\n+[profile work]\n+" + process("work") +
		"--- " + credentials + "\n+++ " + credentials + "\n@@ -7,5 +7,3 @@\n" +
		" aws_access_key_id = minio\n aws_secret_access_key = (left out by awsexec)\n [work]\n" +
		"-aws_access_key_id = " + aliceID + "\n-aws_secret_access_key = (left out by awsexec)\n"
	before := w.read(".aws/config") + w.read(".aws/credentials")
	r := w.ok("", "import", "--dry-run")
	if strings.Join(strings.Fields(r.out), " ") != strings.Join(strings.Fields(want), " ") {
		t.Errorf("printed\n%s\nwant\n%s", r.out, want)
	}
	if !strings.Contains(r.err, "nothing was changed") {
		t.Errorf("said %q", r.err)
	}
	r = w.run("", "import")
	if r.code != exitFailed || !strings.Contains(r.err, "error: prompts are switched off\n") ||
		!strings.Contains(r.err, "hint: to do it without being asked: awsexec import --yes\n") {
		t.Errorf("exit code %d, said %q", r.code, r.err)
	}
	if w.read(".aws/config")+w.read(".aws/credentials") != before || len(w.server.Requests()) != 0 {
		t.Error("something was done")
	}
	if r := w.ok("", "list"); strings.Contains(r.out, "AKIA") {
		t.Errorf("something was stored:\n%s", r.out)
	}
}

// A key that cannot be moved says why, and keeps the others from nothing.
func TestImportRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, config, credentials string
		args                      []string
		parts                     []string
	}{
		{"role", "[profile bob]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bob\n", "[bob]\n" + bobKeys, nil,
			[]string{`key of profile "bob": /`, "config:2: role_arn: does not go together with credential_process", "hint: give the role a profile of its own, with source_profile = bob"}},
		{"role in the credentials file", "", "[bob]\nsource_profile = bob\n" + bobKeys, nil, []string{"credentials:2: source_profile: does not"}},
		{"another tool's process", "[profile bob]\ncredential_process = other\n", "[bob]\n" + bobKeys, nil, []string{"config:2: credential_process: is already there"}},
		{"process of another profile", "[profile bob]\ncredential_process = awsexec -p work\n", "[bob]\n" + bobKeys, nil, []string{"config:2: credential_process: is already there"}},
		{"id alone", "", "[bob]\naws_access_key_id = " + carolID + "\n", nil, []string{"credentials:2: aws_secret_access_key is missing"}},
		{"two keys", "[profile bob]\n" + aliceKeys, "[bob]\n" + bobKeys, nil, []string{"config:2: another key than at ", "credentials:2"}},
		{"secret of two lines", "", "[bob]\n" + bobKeys + "  more\n", nil, []string{"credentials:2: aws_secret_access_key (line 3) goes on over more than one line"}},
		{"malformed secret", "", "[bob]\naws_access_key_id = " + carolID + "\naws_secret_access_key = x\n", nil, []string{"credentials:2: invalid secret access key"}},
		{"name", "", "[b;b]\n" + bobKeys, nil, []string{`key of profile "b;b": invalid name for the keystore`}},
		{"wrong secret", "", "[bob]\naws_access_key_id = " + carolID + "\naws_secret_access_key = " + aliceSecret + "\n", nil, []string{"nothing was stored: ", "SignatureDoesNotMatch", "awsexec add bob --force"}},
		{"session by name", "", "[bob]\n" + bobKeys + "aws_session_token = x\n", []string{"bob", "work"}, []string{`"bob": a session`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newImportWorld(t)
			w.write(".aws/config", tt.config)
			w.write(".aws/credentials", tt.credentials+"[work]\n"+aliceKeys)
			r := w.run("", append([]string{"import", "--yes"}, tt.args...)...)
			if r.code != exitFailed || !strings.Contains(r.err, "error: 1 of 2 keys cannot be moved\n") {
				t.Errorf("exit code %d\n%s", r.code, r.err)
			}
			for _, p := range tt.parts {
				if !strings.Contains(r.err, p) {
					t.Errorf("said\n%swithout %q", r.err, p)
				}
			}
			if got, want := w.read(".aws/credentials"), tt.credentials+"[work]\n"; got != want {
				t.Errorf("credentials is\n%s\nwant\n%s", got, want)
			}
			if got := w.read(".aws/config"); !strings.HasPrefix(got, tt.config) || !strings.HasSuffix(got, "[profile work]\n"+process("work")) {
				t.Errorf("config is\n%s", got)
			}
			w.worksAs("work", aliceID)
			w.noSecrets(".aws/credentials", ".aws/config")
		})
	}
}

func TestImportByName(t *testing.T) {
	w := newImportWorld(t)
	w.write(".aws/config", "[profile plain]\nregion = x\n")
	w.write(".aws/credentials", "[work]\n"+aliceKeys+"[bob]\n"+bobKeys)
	for args, want := range map[string]string{
		"wrok":  `profile "wrok"`,
		"plain": `profile "plain" has no access key`,
	} {
		w.refuse(exitFailed, "", []string{"import", "--yes", args}, want)
	}
	w.ok("", "import", "bob", "bob", "-y")
	if got, want := w.read(".aws/credentials"), "[work]\n"+aliceKeys+"[bob]\n"; got != want {
		t.Errorf("credentials is\n%s\nwant\n%s", got, want)
	}
	w.worksAs("bob", carolID)
	w.noSecrets(".aws/credentials")
}

// What the keystore has under the name is never replaced unasked; the same key is what an interrupted run has left.
func TestImportMeetsStoredKey(t *testing.T) {
	w := newImportWorld(t)
	w.add("work")
	w.write(".aws/credentials", "[work]\n"+bobKeys)
	r := w.run("", "import", "--yes")
	for _, part := range []string{"another one under this name (AKIA…CE01)", "hint: store the one in the file instead: awsexec import work --force\n", "credentials:2\n"} {
		if r.code != exitFailed || !strings.Contains(r.err, part) {
			t.Errorf("exit code %d\n%swithout %q", r.code, r.err, part)
		}
	}
	w.worksAs("work", aliceID)
	w.ok("", "import", "work", "--yes", "--force")
	w.worksAs("work", carolID)

	w.write(".aws/credentials", "[work]\n"+bobKeys)
	calls := len(w.server.Requests())
	w.ok("", "import", "--yes")
	if n := len(w.server.Requests()); n != calls {
		t.Errorf("AWS was asked about a key that is stored: %d calls", n-calls)
	}
	if got := w.read(".aws/credentials"); got != "[work]\n" {
		t.Errorf("credentials is\n%s", got)
	}
	// The same id with a secret that AWS does not know.
	w.write(".aws/credentials", "[work]\naws_access_key_id = "+carolID+"\naws_secret_access_key = "+aliceSecret+"\n")
	if r := w.run("", "import", "--yes"); r.code != exitFailed || !strings.Contains(r.err, "SignatureDoesNotMatch") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	// AWS is not asked, so that it cannot tell.
	if r := w.run("", "import", "--yes", "--no-verify"); r.code != exitFailed || !strings.Contains(r.err, "another one under this name") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	w.ok("", "clear")
	w.worksAs("work", carolID)
}

func TestImportWithoutVerification(t *testing.T) {
	w := newWorld(t) // which does not know bob
	w.write(".aws/credentials", "[bob]\n"+bobKeys)
	w.ok("", "import", "--yes", "--no-verify")
	if n := len(w.server.Requests()); n != 0 {
		t.Errorf("%d calls", n)
	}
	if got := w.read(".aws/credentials"); got != "[bob]\n" {
		t.Errorf("credentials is\n%s", got)
	}
}

// Nothing is moved that could not be put into the files: modes and links stay, and other places are honoured.
func TestImportKeepsFiles(t *testing.T) {
	w := newImportWorld(t)
	w.env["AWS_CONFIG_FILE"] = "~/conf/aws"
	w.env["AWS_SHARED_CREDENTIALS_FILE"] = filepath.Join(w.home, "link")
	real := w.write("dotfiles/keys", "[work]\n"+aliceKeys)
	if err := os.Symlink(real, filepath.Join(w.home, "link")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := os.Chmod(real, 0o640); err != nil {
		t.Fatal(err)
	}
	w.ok("", "import", "--yes")
	if got := w.read("conf/aws"); got != "[profile work]\n"+process("work") {
		t.Errorf("config is\n%s", got)
	}
	if got := w.read("dotfiles/keys"); got != "[work]\n" {
		t.Errorf("credentials is\n%s", got)
	}
	if fi, err := os.Lstat(filepath.Join(w.home, "link")); err != nil || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", fi, err)
	}
	if fi, err := os.Stat(real); err != nil || fi.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", fi.Mode(), err)
	}
	if got := w.read("link" + awsfiles.BackupSuffix); got != "[work]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = (left out by awsexec)\n" {
		t.Errorf("the backup is\n%s", got)
	}
	w.noSecrets()
}

// The backup is of the files as they were before the whole run.
func TestImportBackup(t *testing.T) {
	w := newImportWorld(t)
	w.write(".aws/config", "# config\n")
	w.write(".aws/credentials", "[work]\n"+aliceKeys+"[bob]\n"+bobKeys)
	w.ok("", "import", "--yes")
	if got := w.read(".aws/config" + awsfiles.BackupSuffix); got != "# config\n" {
		t.Errorf("the backup of config is\n%s", got)
	}
	if got := w.read(".aws/credentials" + awsfiles.BackupSuffix); strings.Count(got, "aws_secret_access_key = (left out by awsexec)\n") != 2 {
		t.Errorf("the backup of credentials is\n%s", got)
	}
}
