//go:build linux

package e2e

import (
	"os"
	"strings"
	"testing"
)

// TestEncryptedFile: where there is no keyring and the user has made the file, it is the keystore; a wrong passphrase is told from a
// damaged file; and nothing ever writes to a file that it could not read.
func TestEncryptedFile(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + h.path("run", "gone")
	h.addAlice()
	h.env["AWSEXEC_KEYSTORE"] = "auto"
	h.credentials("-p", "work")

	path := h.path("data", "awsexec", "keystore.age")
	good := read(t, path)
	key := aliceKey + "\n" + aliceSecret + "\n"
	show := []string{"-p", "work"}
	add := []string{"add", "new", "--stdin", "--no-verify"}
	replace := []string{"add", "work", "--force", "--stdin", "--no-verify"}
	tests := []struct {
		name string
		size int // of what is left of the file
		command
		say string
	}{
		{"wrong passphrase", len(good), command{args: show, env: []string{"AWSEXEC_PASSPHRASE=wrong"}}, "wrong passphrase"},
		{"wrong passphrase, add", len(good), command{args: add, stdin: key, env: []string{"AWSEXEC_PASSPHRASE=wrong"}}, "wrong passphrase"},
		{"no passphrase", len(good), command{args: show, env: []string{"AWSEXEC_PASSPHRASE"}}, "AWSEXEC_PASSPHRASE"},
		{"empty file", 0, command{args: show}, "keystore.age"},
		{"empty file, add", 0, command{args: add, stdin: key}, "keystore.age"},
		{"cut in its header", 40, command{args: replace, stdin: key}, "keystore.age"},
		{"cut at its end", len(good) - 1, command{args: show}, "keystore.age"},
		{"cut at its end, replace", len(good) - 1, command{args: replace, stdin: key}, "keystore.age"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(path, good[:tt.size], 0o600); err != nil {
				t.Fatal(err)
			}
			r := h.start(tt.command).wait()
			r.fails(t, 125, tt.say)
			if tt.size < len(good) && strings.Contains(r.stderr, "wrong passphrase") {
				t.Errorf("a damaged file is taken for a wrong passphrase:\n%s", r.stderr)
			}
			noMarker(t, "stderr", r.stderr)
			if string(read(t, path)) != string(good[:tt.size]) {
				t.Error("the file was written to")
			}
		})
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	delete(h.env, "AWSEXEC_PASSPHRASE")
	for _, tt := range []struct {
		typed string
		code  int
	}{{"wrong", 125}, {passphrase, 0}} {
		tm := h.onTerminal(true, bin+"/awsexec", "-p", "work")
		tm.expect("awsexec: keystore passphrase: ")
		if tm.echo() {
			t.Error("the passphrase is asked for with echo")
		}
		tm.send(tt.typed + "\n")
		if r := tm.end(); r.code != tt.code {
			t.Errorf("passphrase %q: exit code %d, want %d; stderr:\n%s", tt.typed, r.code, tt.code, r.stderr)
		}
		if n := strings.Count(tm.shown(), "passphrase: "); n != 1 {
			t.Errorf("asked %d times", n)
		}
		noMarker(t, "the terminal", tm.shown())
	}
}
