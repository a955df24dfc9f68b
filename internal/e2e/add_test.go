//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestAddFromEveryPlace: each way to hand in a key ends in the same key in the keystore.
func TestAddFromEveryPlace(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	csv := h.write("\ufeffAccess key ID,Secret access key\r\n"+aliceKey+","+aliceSecret+"\r\n", "alice_accessKeys.csv")
	tests := []struct {
		name string
		command
	}{
		{"stdin", command{args: []string{"--stdin"}, stdin: aliceKey + "\n" + aliceSecret + "\n"}},
		{"stdin-crlf", command{args: []string{"--stdin"}, stdin: aliceKey + "\r\n" + aliceSecret}},
		{"env", command{args: []string{"--env"},
			env: []string{"AWS_ACCESS_KEY_ID=" + aliceKey, "AWS_SECRET_ACCESS_KEY=" + aliceSecret}}},
		{"csv", command{args: []string{"--csv", csv}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.config("[profile "+tt.name+"]", "region = eu-west-1")
			c := tt.command
			c.args = append([]string{"add", tt.name}, c.args...)
			if r := h.start(c).wait(); r.code != 0 {
				t.Fatalf("exit code %d, stderr:\n%s", r.code, r.stderr)
			}
			isAliceWithSession(t, srv, h.run("-p", tt.name, "--", "probe", "whoami"))
		})
	}
}

// TestAddOnTerminal: the secret is asked for without echo, and is what ends up in the keystore.
func TestAddOnTerminal(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.config("[profile work]", "region = eu-west-1")
	tm := h.onTerminal(false, bin+"/awsexec", "add", "work")
	tm.expect("awsexec: access key id: ")
	if !tm.echo() {
		t.Error("the key id is asked for without echo")
	}
	tm.send(aliceKey + "\n")
	tm.expect("awsexec: secret access key: ")
	if tm.echo() {
		t.Error("the secret is asked for with echo")
	}
	tm.send(aliceSecret + "\n")
	if r := tm.end(); r.code != 0 {
		t.Fatalf("exit code %d:\n%s", r.code, tm.shown())
	}
	noMarker(t, "the terminal", tm.shown())
	isAliceWithSession(t, srv, h.run("-p", "work", "--", "probe", "whoami"))
}

// TestAddRefuses: what is no long-term key, or would replace one unasked, is not stored, and the reason is told.
func TestAddRefuses(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	key := aliceKey + "\n" + aliceSecret + "\n"
	tests := []struct {
		name string
		command
		code int
		say  string
	}{
		{"session key", command{args: []string{"add", "new", "--stdin"}, stdin: "ASIA" + aliceKey[4:] + "\n" + aliceSecret + "\n"}, 125, "ASIA"},
		{"session token", command{args: []string{"add", "new", "--env"}, env: []string{
			"AWS_ACCESS_KEY_ID=" + aliceKey, "AWS_SECRET_ACCESS_KEY=" + aliceSecret, "AWS_SESSION_TOKEN=token"}}, 125, "session token"},
		{"no key id", command{args: []string{"add", "new", "--stdin"}, stdin: "hello\n" + aliceSecret + "\n"}, 125, "access key id"},
		{"no secret", command{args: []string{"add", "new", "--stdin"}, stdin: aliceKey + "\n"}, 125, "secret access key"},
		{"nothing on stdin", command{args: []string{"add", "new", "--stdin"}}, 125, "access key id"},
		{"partial environment", command{args: []string{"add", "new", "--env"}, env: []string{"AWS_ACCESS_KEY_ID=" + aliceKey}}, 125, "AWS_SECRET_ACCESS_KEY"},
		{"no such csv", command{args: []string{"add", "new", "--csv", "gone.csv"}}, 125, "gone.csv"},
		{"existing name", command{args: []string{"add", "work", "--stdin"}, stdin: key}, 125, "--force"},
		{"key that AWS does not know", command{args: []string{"add", "new", "--stdin"}, stdin: "AKIAIOSFODNN7UNKNOWN\n" + aliceSecret + "\n"}, 125, "InvalidClientTokenId"},
		{"wrong secret", command{args: []string{"add", "new", "--stdin"}, stdin: aliceKey + "\n" + aliceSecret2 + "\n"}, 125, "SignatureDoesNotMatch"},
		{"no name", command{args: []string{"add"}}, 2, "name"},
		{"two places", command{args: []string{"add", "new", "--stdin", "--env"}, stdin: key}, 2, "--"},
		{"nobody to ask", command{args: []string{"add", "new"}}, 125, "terminal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := h.start(tt.command).wait()
			r.fails(t, tt.code, tt.say)
			noMarker(t, "stderr", r.stderr)
		})
	}
	r := h.run("list", "--json")
	if r.code != 0 || !json.Valid([]byte(r.stdout)) || strings.Contains(r.stdout, `"new"`) {
		t.Errorf("list --json: exit code %d:\n%s", r.code, r.stdout)
	}
}

// TestAddWritesConfig: --write-config adds what is missing and changes no other byte, and what it writes works.
func TestAddWritesConfig(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	const before = "# mine\r\n[profile  other]\nregion=us-east-1 # here\n\n[profile work]\nregion = eu-west-1\n[default]\noutput = json"
	path := h.write(before, ".aws", "config")
	h.add("work", aliceKey, aliceSecret, "--write-config")
	h.add("fresh", aliceKey, aliceSecret, "--write-config")

	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := string(data)
	if strings.Count(after, "credential_process") != 2 || !strings.Contains(after, "[profile fresh]") {
		t.Errorf("config:\n%s", after)
	}
	// Every line of before is still there, in its order.
	rest := after
	for _, line := range strings.Split(before, "\n") {
		_, next, found := strings.Cut(rest, line)
		if !found {
			t.Errorf("line %q was changed; config:\n%s", line, after)
			break
		}
		rest = next
	}
	for _, name := range []string{"work", "fresh"} {
		r := h.start(command{name: bin + "/probe", args: []string{"whoami"},
			env: []string{"AWS_PROFILE=" + name, "AWS_REGION=eu-west-1"}}).wait()
		isAliceWithSession(t, srv, r)
	}
}
