//go:build linux

package e2e

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/winetest"
)

// credentialProcess checks that the Go SDK, which runs the command with
// cmd.exe, gets credentials from the line that add writes. This includes an
// awsexec in a directory with spaces, where a path in quotes would not work.
func (w *windows) credentialProcess(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	u.config("[profile work]", "region = eu-west-1")
	c := command{name: w.awsexec, args: []string{"add", "work", "--stdin", "--no-verify", "--force", "--write-config"}, stdin: aliceKey + "\n" + aliceSecret + "\n"}
	if r := u.program(c).wait(); r.code != 0 {
		t.Fatalf("add: exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	data, err := os.ReadFile(u.path(".aws", "config"))
	if err != nil {
		t.Fatal(err)
	}
	_, written, _ := strings.Cut(string(data), "credential_process = ")
	if program := strings.TrimSuffix(strings.TrimSpace(written), " --profile work"); strings.ContainsAny(program, `" `) || program == "" {
		t.Errorf("the program needs quotes: %s", written)
	}
	whoami := func() result {
		t.Helper()
		return u.program(command{name: w.probe, args: []string{"whoami"}, env: []string{"AWS_PROFILE=work"}}).wait()
	}
	isAliceWithSession(t, srv, whoami())

	plain := u.path("plain.exe")
	if err := os.Link(w.awsexec, plain); err != nil {
		t.Fatal(err)
	}
	u.config("[profile work]", "region = eu-west-1", "credential_process = "+winetest.Path(plain)+" --profile work")
	isAliceWithSession(t, srv, whoami())
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

// helpers checks that cmd.exe gets a profile's mfa_process and another tool's
// credential_process unchanged, with quotes and builtin commands. A
// credential_process that is awsexec itself is resolved, not run.
func (w *windows) helpers(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	creds := u.write(`{"Version":1,"AccessKeyId":"ASIAIOSFODNN7EXAMPLE","SecretAccessKey":"x","SessionToken":"y","Expiration":"2999-01-01T00:00:00Z"}`, "a dir", "creds.json")
	u.config("[profile mfa]", "region = eu-west-1", "mfa_serial = "+bobMFA, `mfa_process = "`+winetest.Path(w.probe)+`" say `+bobCode(),
		"[profile tool]", "region = eu-west-1", `credential_process = type "`+winetest.Path(creds)+`"`,
		"[profile alias]", "region = eu-west-1", `credential_process = "`+winetest.Path(w.awsexec)+`" --profile mfa`)
	u.put("mfa", bobKey, bobSecret)
	mfa := decode(t, u.exe("-p", "mfa"))
	if alias := decode(t, u.exe("-p", "alias")); alias != mfa {
		t.Error("alias has other credentials")
	}
	if c := decode(t, u.exe("-p", "tool")); c.AccessKeyID != "ASIAIOSFODNN7EXAMPLE" {
		t.Errorf("tool has key %s", c.AccessKeyID)
	}
}

// terminal checks that the secret is asked for on the console without echo,
// whatever standard input is, and that Ctrl-C ends the prompt.
func (w *windows) terminal(t *testing.T) {
	srv := newSTS(t)
	u := w.newUser(t, srv.URL())
	u.env["AWS_REGION"] = "eu-west-1"
	delete(u.env, "AWSEXEC_NO_PROMPT")
	tm := u.onTerminal(false, w.Args(w.awsexec, "add", "typed")...)
	tm.expect("access key id:")
	tm.send(aliceKey + "\r")
	tm.expect(aliceKey)
	tm.expect("secret access key:")
	tm.send(aliceSecret + "\r")
	tm.expect("AWS region [eu-west-1]:")
	tm.send("\r")
	tm.expect("MFA device (Enter for none):")
	tm.send("\r")
	tm.expect("? [Y/n]")
	tm.send("n\r")
	if code := tm.ended(); code != "0" {
		t.Fatalf("exit code %s:\n%s", code, tm.shown())
	}
	noMarker(t, "the terminal", tm.shown())
	isAliceWithSession(t, srv, u.exe("-p", "typed", "--", winetest.Path(w.probe), "whoami"))

	tm = u.onTerminal(false, w.Args(w.awsexec, "add", "interrupted")...)
	tm.expect("access key id:")
	tm.send("\x03")
	if code := tm.ended(); code != "130" {
		t.Errorf("exit code %s, want 130:\n%s", code, tm.shown())
	}
}

// ended waits until a Windows program has ended and returns its exit code.
// Wine's console may still hold the terminal then, so the terminal's state
// cannot be checked.
func (tm *terminal) ended() string {
	tm.t.Helper()
	tm.expect("[exit ")
	return tm.expect("]")
}

// cleanupOnly matches the output of Wine 8 for a passing test: os.RemoveAll, at
// the end of t.TempDir, cannot delete files there.
var cleanupOnly = regexp.MustCompile(`(?m)^ *testing\.go:\d+: TempDir RemoveAll cleanup: .*\n|^ *--- FAIL: .*\n|^FAIL\n`)

// packages runs the tests of the packages that differ on Windows.
func (w *windows) packages(t *testing.T) {
	u := w.newUser(t, "")
	temp := filepath.Join(w.Prefix(), "drive_c", "users")
	t.Cleanup(func() { _ = exec.Command("rm", "-rf", temp).Run() })
	for _, p := range windowsPackages {
		t.Run(p.path, func(t *testing.T) {
			t.Parallel()
			u := &user{u.in(t), w}
			c := command{
				name: filepath.Join(w.tests, filepath.Base(p.path)+".test.exe"),
				args: []string{"-test.skip", cmp.Or(p.skip, "^$")},
				env:  []string{"AWSEXEC_TEST_THROWAWAY_CREDENTIALS=1"},
				dir:  filepath.Join("..", "..", p.path),

				limit:   10 * time.Minute, // only a hang
				lingers: true,             // Wine's own processes, which the first program starts
			}
			r := u.program(c).wait()
			if rest := cleanupOnly.ReplaceAllString(r.stdout, ""); r.code != 0 && (r.code != 1 || rest != "") {
				t.Errorf("exit code %d:\n%s%s", r.code, rest, r.stderr)
			}
		})
	}
}
