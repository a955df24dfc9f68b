//go:build linux

package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/winetest"
)

// journey checks that a key goes into the Credential Manager, temporary
// credentials come out, as JSON and in a child, and nothing is left after
// remove. All files are where Windows users have them, below a home whose name
// has a space and an umlaut.
func (w *windows) journey(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	for _, name := range []string{"XDG_DATA_HOME", "XDG_CACHE_HOME", "AWS_CONFIG_FILE"} {
		delete(u.env, name)
	}
	home := u.path("Jörg Müller")
	u.write("[profile work]\r\nregion = eu-west-1\r\n", "Jörg Müller", ".aws", "config")
	exe := func(stdin string, args ...string) result {
		t.Helper()
		args = append([]string{"home", winetest.Path(home), winetest.Path(w.awsexec)}, args...)
		return u.program(command{name: w.probe, args: args, stdin: stdin}).wait()
	}

	r := exe(aliceKey+"\r\n"+aliceSecret+"\r\n", "add", "work", "--stdin")
	if r.code != 0 {
		t.Fatalf("add: exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	for _, want := range []string{account, "alice", "credential_process"} {
		if !strings.Contains(r.stdout+r.stderr, want) {
			t.Errorf("add does not show %q:\n%s%s", want, r.stdout, r.stderr)
		}
	}
	first, second := decode(t, exe("", "-p", "work")), decode(t, exe("", "-p", "work"))
	if first != second {
		t.Error("the session is not cached")
	}
	isAliceWithSession(t, srv, exe("", u.with("whoami")...))
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d GetSessionToken calls, want 1", n)
	}
	r = exe("", "list")
	if r.code != 0 || !strings.Contains(r.stdout, "work") || !strings.Contains(r.stdout, account) || !strings.Contains(r.stdout, " left") || strings.Contains(r.stdout, aliceKey) {
		t.Errorf("list: exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	noMarkerInFiles(t, home)
	if r = exe("", "remove", "work", "--yes"); r.code != 0 {
		t.Errorf("remove: exit code %d:\n%s", r.code, r.stderr)
	}
	exe("", "-p", "work").fails(t, 125, `profile "work"`)
	noMarkerInFiles(t, home)
}

// add checks that each way to enter a key stores the same key in the Credential
// Manager.
func (w *windows) add(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	csv := u.write("\ufeffAccess key ID,Secret access key\r\n"+aliceKey+","+aliceSecret+"\r\n", "Änderungen", "alice access keys.csv")
	for _, c := range []command{
		{args: []string{"add", "by-env", "--env"}, env: []string{"AWS_ACCESS_KEY_ID=" + aliceKey, "AWS_SECRET_ACCESS_KEY=" + aliceSecret}},
		{args: []string{"add", "by-csv", "--csv", winetest.Path(csv)}},
		{args: []string{"add", "by-json", "--stdin"}, stdin: `{"AccessKey":{"AccessKeyId":"` + aliceKey + `","SecretAccessKey":"` + aliceSecret + "\"}}\r\n"},
	} {
		c.name = w.awsexec
		if r := u.program(c).wait(); r.code != 0 {
			t.Fatalf("%q: exit code %d, stderr:\n%s", c.args, r.code, r.stderr)
		}
		u.env["AWS_REGION"] = "eu-west-1"
		decode(t, u.exe("-p", c.args[1]))
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions of one key, want 1", n)
	}
	c := command{name: w.awsexec, args: []string{"add", "by-env", "--stdin"}, stdin: aliceKey + "\n" + aliceSecret}
	u.program(c).wait().fails(t, 125, "--force")
}

// otherCase checks that two names are different keys although the Credential
// Manager ignores case.
func (w *windows) otherCase(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	u.env["AWS_REGION"] = "eu-west-1"
	u.put("dev", aliceKey, aliceSecret)
	u.put("Dev", bobKey, bobSecret)
	for name, want := range map[string]string{"dev": aliceARN, "Dev": bobARN} {
		r := u.exe("whoami", "-p", name, "--json")
		if r.code != 0 || !strings.Contains(r.stdout, want[strings.LastIndex(want, "/"):]) {
			t.Errorf("%s is not %s: exit code %d\n%s%s", name, want, r.code, r.stdout, r.stderr)
		}
	}
	if r := u.exe("remove", "Dev", "--yes"); r.code != 0 {
		t.Errorf("remove: exit code %d:\n%s", r.code, r.stderr)
	}
	decode(t, u.exe("-p", "dev"))
	r := u.exe("list", "--json")
	var rows []struct{ Name string }
	if err := json.Unmarshal([]byte(r.stdout), &rows); err != nil || len(rows) != 1 || rows[0].Name != "dev" {
		t.Errorf("list: %v, %v", rows, err)
	}
}

// largeToken checks that a session token of 8 KB passes through the cache, the
// JSON and a child's environment. It is never stored in the Credential Manager,
// which accepts 2560 bytes.
func (w *windows) largeToken(t *testing.T) {
	srv := newSTSWith(t, ststest.Config{TokenSize: 8 << 10})
	u := w.worker(t, srv)
	cold, warm := decode(t, u.exe("-p", "work")), decode(t, u.exe("-p", "work"))
	if len(cold.SessionToken) != 8<<10 || warm.SessionToken != cold.SessionToken {
		t.Errorf("a token of %d bytes, then %d", len(cold.SessionToken), len(warm.SessionToken))
	}
	isAliceWithSession(t, srv, u.exe(u.with("whoami")...))
}

// encryptedFile checks the other keystore, with its passphrase from the
// environment.
func (w *windows) encryptedFile(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	u.env["AWSEXEC_KEYSTORE"], u.env["AWSEXEC_PASSPHRASE"] = "file", passphrase
	u.config("[profile work]", "region = eu-west-1")
	u.put("work", aliceKey, aliceSecret)
	decode(t, u.exe("-p", "work"))
	r := u.program(command{name: w.awsexec, args: []string{"-p", "work"}, env: []string{"AWSEXEC_PASSPHRASE=wrong"}}).wait()
	r.fails(t, 125, "wrong passphrase")
	noMarkerInFiles(t, u.path("Dätä dir"))
	noMarkerInFiles(t, u.path("cache"))
}

// tenColdProcesses checks that ten processes at once without a session make one
// call and get equal answers.
func (w *windows) tenColdProcesses(t *testing.T) {
	srv := newSTS(t)
	u := w.worker(t, srv)
	var all []*winProcess
	for range 10 {
		all = append(all, u.program(command{name: w.awsexec, args: []string{"-p", "work"}}))
	}
	answers := map[string]bool{}
	for _, p := range all {
		r := p.wait()
		decode(t, r)
		answers[r.stdout] = true
	}
	if n := srv.Calls("GetSessionToken"); len(answers) != 1 || n != 1 {
		t.Errorf("%d answers, %d calls; want 1 of each", len(answers), n)
	}
}
