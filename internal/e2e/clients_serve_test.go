//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// Each SDK as a child of serve has the identity of the profile, whatever keys
// the user's own files hold.
func TestClientsUnderServe(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	keys := "aws_access_key_id = " + aliceKey2 + "\naws_secret_access_key = " + aliceSecret2 + "\n"
	h.config("[profile work]", "region = eu-west-1", "[default]", "region = us-east-1", keys)
	h.write("[default]\n"+keys, ".aws", "credentials")
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			argv := c.argv(t, srv.URL())
			isAliceWithSession(t, srv, h.run(slices.Concat([]string{"-p", "work", "serve", "--"}, argv)...))
			// A program that names the profile gets its identity too.
			named := slices.Concat([]string{"-p", "work", "serve", "--", "env", "AWS_PROFILE=work"}, argv)
			isAliceWithSession(t, srv, h.run(named...))
		})
	}
	if n := srv.Calls("GetSessionToken"); n > 1 {
		t.Errorf("%d sessions for one key, want 1", n)
	}
}

// served is an awsexec serve whose child runs a long-running program of each
// SDK, side by side.
type served struct {
	*process
	h     *home
	loops []*longRun
}

// serveLoops starts serve, and returns when each program has started its calls.
func (h *home) serveLoops(t *testing.T) *served {
	t.Helper()
	s := &served{h: h}
	var argvs [][]string
	s.loops, argvs = h.longRuns(t)
	script := ""
	for i, loop := range s.loops {
		h.write("", filepath.Base(loop.log))
		script += strings.Join(argvs[i], " ") + " >" + loop.log + " 2>>" + h.path("warnings") + " &\n"
	}
	s.process = h.start(command{args: []string{"-p", "work", "serve", "--", "sh", "-c", script + "wait"}})
	s.succeed(t, 1)
	return s
}

// end lets each program make a last call, and returns the failed calls of each.
func (s *served) end(t *testing.T) (failed map[string][]string, r result) {
	t.Helper()
	for _, loop := range s.loops {
		s.h.write("", filepath.Base(loop.stop))
	}
	r = s.wait()
	failed = map[string][]string{}
	for _, loop := range s.loops {
		lines := strings.Split(strings.TrimSpace(string(read(t, loop.log))), "\n")
		if last := lines[len(lines)-1]; last != aliceARN {
			t.Errorf("%s: its last call ended with %q", loop.agent, last)
		}
		for _, line := range lines {
			if line != aliceARN {
				failed[loop.agent] = append(failed[loop.agent], line)
			}
		}
	}
	return failed, r
}

// succeed waits until each program has made n more successful calls.
func (s *served) succeed(t *testing.T, n int) {
	t.Helper()
	for _, loop := range s.loops {
		before := strings.Count(string(read(t, loop.log)), aliceARN)
		eventually(t, loop.agent+" with calls that succeed", func() bool { return strings.Count(string(read(t, loop.log)), aliceARN) >= before+n })
	}
}

// fail waits until each program reports an error with one of texts after now.
// The SDK for JavaScript does not report the cause.
func (s *served) fail(t *testing.T, texts ...string) {
	t.Helper()
	for _, loop := range s.loops {
		before := len(read(t, loop.log))
		want := texts
		if loop.agent == "aws-sdk-js/" {
			want = []string{"failed"}
		}
		eventually(t, fmt.Sprintf("%s failing with one of %q", loop.agent, want), func() bool {
			said := string(read(t, loop.log)[before:])
			return slices.ContainsFunc(want, func(text string) bool { return strings.Contains(said, text) })
		})
	}
}

// With sessions that live for seconds, a program of each SDK uses one after the
// other, and no call fails. All three programs share the sessions. Each session
// is renewed only after half of the life of its predecessor.
func TestRenewalsUnderServe(t *testing.T) {
	t.Parallel()
	const life, renewals = 12 * time.Second, 4
	srv := newSTSWith(t, ststest.Config{MaxSession: life})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	began := time.Now()
	s := h.serveLoops(t)
	for _, loop := range s.loops {
		eventually(t, loop.agent+" with a new session each time", func() bool { return sessionsUsed(srv, loop.agent) > renewals })
	}
	failed, r := s.end(t)
	ran := time.Since(began)
	if len(failed) != 0 || r.code != 0 || r.stderr != "" {
		t.Errorf("failed calls: %q; exit code %d; stderr:\n%s", failed, r.code, r.stderr)
	}
	calls := 0
	for _, req := range srv.Requests() {
		if req.ErrorCode != "" {
			t.Errorf("%s by %s with %s: %s", req.Action, req.UserAgent, req.AccessKeyID, req.ErrorCode)
		}
		if req.Action == "GetCallerIdentity" {
			calls++
		}
	}
	made, most := srv.Calls("GetSessionToken"), 1+int(ran/(life/2-time.Second))
	t.Logf("%d calls of 3 programs with %d sessions in %v, at most %d; none failed", calls, made, ran.Round(time.Second), most)
	if made <= renewals || made > most {
		t.Errorf("%d sessions were made in %v, want %d to %d", made, ran, renewals+1, most)
	}
}

// STS, then the keyring, and at last serve itself fail under long-running
// programs of every SDK. The programs learn why they get no credentials, and
// recover when the missing part is back. Without serve they continue with the
// credentials that they have.
func TestServeOutages(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{MaxSession: 6 * time.Second})
	h, bus := newKeyringHomeOn(t, srv.URL())
	h.addAlice()
	s := h.serveLoops(t)

	srv.Close()
	s.fail(t, "cannot be reached")
	if err := srv.Restart(); err != nil {
		t.Fatal(err)
	}
	s.succeed(t, 3)

	kill(t, bus.PIDs()[1], syscall.SIGKILL)
	s.fail(t, "the OS keyring: not available")
	requirePart(t, bus.StartKeyring("login password"))
	s.succeed(t, 3)

	noMarkerInProcesses(t, h, "awsexec")
	noMarkerInFiles(t, h.path("tmp"))
	kill(t, s.cmd.Process.Pid, syscall.SIGKILL)
	s.fail(t, "refused", "Could not connect")
	for _, loop := range s.loops {
		h.write("", filepath.Base(loop.stop))
	}
	r := s.wait()
	for _, cause := range []string{"connection refused", "the OS keyring: not available"} {
		if !strings.Contains(r.stderr, "awsexec: warning: profile \"work\": its credentials could not be renewed") || !strings.Contains(r.stderr, cause) {
			t.Errorf("stderr does not mention %q:\n%s", cause, r.stderr)
		}
	}
	noMarker(t, "stderr", r.stderr)
}

// Serve asks for the MFA code on the terminal before the child starts. Later
// the terminal belongs to the child: nobody is asked there, and programs get an
// error with a hint.
func TestServePrompts(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{MaxSession: 6 * time.Second})
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	script := `while probe whoami 2>&1; do sleep 1; done; echo over.`
	tm := h.onTerminal(false, bin+"/awsexec", "-p", "mfa", "serve", "--", "sh", "-c", script)
	tm.expect(bobPrompt)
	tm.send(bobCode() + "\n")
	tm.expect(bobARN)
	tm.expect("over.")
	if n := strings.Count(tm.shown(), "MFA code for "+bobMFA+": "); n < 2 || strings.Count(tm.shown(), bobPrompt) != 1 {
		t.Errorf("the terminal shows\n%s", tm.shown())
	}
	if !strings.Contains(tm.shown(), "nobody can be asked for an MFA code") || !strings.Contains(tm.shown(), "hint: make a session on a terminal first") {
		t.Errorf("the terminal shows\n%s", tm.shown())
	}
	if r := tm.end(); r.code != 0 {
		t.Errorf("exit code %d", r.code)
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions for one code", n)
	}
}

// Without TLS, SDKs accept a container endpoint at loopback and at the address
// of ECS, and at no other address, as docs/serve.md describes for containers.
// The test needs a network namespace.
func TestServeAddresses(t *testing.T) {
	t.Parallel()
	const ecs, private = "169.254.170.2", "10.9.8.7"
	network := "ip link set lo up && ip addr add " + ecs + "/32 dev lo && ip addr add " + private + "/32 dev lo && "
	h := newHome(t, "http://127.0.0.1:1")
	if r := h.start(command{name: "unshare", args: []string{"-rn", "sh", "-c", network + "true"}, env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}).wait(); r.code != 0 {
		t.Skipf("cannot create a network namespace here: %s", r.stderr)
	}
	boto3, js := clients[1].argv(t, "")[0], clients[2].argv(t, "")[0]
	h.write(`const { STSClient } = require("@aws-sdk/client-sts");
new STSClient({ region: "eu-west-1" }).config.credentials().then((c) => console.log("js", c.accessKeyId), (e) => console.log("js refuses", e.name));`, "key.cjs")
	h.write(`import boto3
try:
    print("boto3", boto3.Session().get_credentials().access_key)
except Exception as e:
    print("boto3 refuses", type(e).__name__)`, "key.py")
	script := strings.Join([]string{boto3 + " " + h.path("key.py"), js + " " + h.path("key.cjs"), "probe key"}, "; ")
	for address, want := range map[string]string{
		"127.0.0.1": "boto3 ASIAGIVEN\njs ASIAGIVEN\ngo ASIAGIVEN\n",
		ecs:         "boto3 ASIAGIVEN\njs ASIAGIVEN\ngo ASIAGIVEN\n",
		private:     "boto3 refuses ValueError\njs refuses CredentialsProviderError\ngo refuses\n",
	} {
		r := h.start(command{
			name: "unshare",
			args: []string{"-rn", "sh", "-c", network + `exec awsexec serve --listen "$0":0 --allow-remote -- sh -c "$1"`, address, script},
			env: []string{"PATH=" + bin + ":/usr/sbin:/usr/bin:/sbin:/bin", "NODE_PATH=" + testdata(t, "js", "node_modules"), "NODE_NO_WARNINGS=1",
				"AWS_ACCESS_KEY_ID=ASIAGIVEN", "AWS_SECRET_ACCESS_KEY=" + aliceSecret, "AWS_SESSION_TOKEN=" + aliceSecret,
				"AWS_CREDENTIAL_EXPIRATION=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339)},
		}).wait()
		if r.code != 0 || r.stdout != want {
			t.Errorf("at %s: exit code %d, printed\n%swant\n%s%s", address, r.code, r.stdout, want, r.stderr)
		}
	}
}
