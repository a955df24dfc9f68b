//go:build linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// Each SDK under --refresh has the identity of the profile, whatever the user's
// own files hold.
func TestClientsUnderRefresh(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		config, credentials []string
		private             bool // whether private files are needed
	}{
		{"a profile with awsexec as its process", []string{"[profile work]", "region = eu-west-1", "credential_process = " + bin + "/awsexec --profile work"}, nil, false},
		{"a profile only in the keystore", nil, nil, true},
		{"a profile without a process", []string{"[profile work]", "region = eu-west-1"}, nil, true},
		{"keys of another user in the files", []string{"[profile work]", "region = eu-west-1", "aws_access_key_id = " + aliceKey2, "aws_secret_access_key = " + aliceSecret2},
			[]string{"[work]", "aws_access_key_id = " + aliceKey2, "aws_secret_access_key = " + aliceSecret2}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			h := newKeyringHome(t, srv.URL())
			h.addAlice()
			h.config(tt.config...)
			h.write(strings.Join(tt.credentials, "\n")+"\n", ".aws", "credentials")
			for _, c := range clients {
				argv := c.argv(t, srv.URL())
				isAliceWithSession(t, srv, h.run(slices.Concat([]string{"-p", "work", "--region", "eu-west-1", "--refresh", "--"}, argv)...))
			}
			if n := srv.Calls("GetSessionToken"); n != 1 {
				t.Errorf("%d sessions for one key, want 1", n)
			}
			noMarkerInFiles(t, h.path("cache"))
		})
	}
}

// longRun is a long-running program under --refresh, in the background.
type longRun struct {
	*process
	agent string // its SDK's name in the user agent
	log   string // the file that it writes to
	stop  string // the file that ends it
}

// longRuns returns a long-running program of each SDK, with its command line.
func (h *home) longRuns(t *testing.T) (runs []*longRun, argvs [][]string) {
	t.Helper()
	argv := func(client string, loop ...string) []string {
		for _, c := range clients {
			if c.name == client {
				return append(c.argv(t, "")[:1], loop...)
			}
		}
		t.Fatalf("no client %s", client)
		return nil
	}
	for _, program := range []struct {
		agent string
		argv  []string
	}{
		{"Boto3/", argv("boto3", testdata(t, "loop.py"))},
		{"aws-sdk-js/", argv("JavaScript SDK v3", testdata(t, "js", "loop.mjs"))},
		{"aws-sdk-go-v2/", argv("Go SDK v2", "loop")},
	} {
		name := strings.Trim(program.agent, "/")
		r := &longRun{agent: program.agent, log: h.path(name + ".log"), stop: h.path(name + ".stop")}
		runs, argvs = append(runs, r), append(argvs, append(program.argv, r.stop))
	}
	return runs, argvs
}

// startLoops starts one program of each SDK.
func (h *home) startLoops(t *testing.T, flags ...string) []*longRun {
	t.Helper()
	all, argvs := h.longRuns(t)
	for i, r := range all {
		script := `exec "$@" >` + r.log
		args := slices.Concat(flags, []string{"--refresh", "--", "sh", "-c", script, "sh"}, argvs[i])
		r.process = h.start(command{args: args})
	}
	return all
}

// end lets the program make one more call, which must succeed, and returns the
// lines of the calls that failed.
func (r *longRun) end(t *testing.T) (failed []string) {
	t.Helper()
	if err := os.WriteFile(r.stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result := r.wait()
	for line := range strings.Lines(string(read(t, r.log))) {
		if strings.HasPrefix(line, "failed") {
			failed = append(failed, line)
		}
	}
	if result.code != 0 {
		t.Errorf("%s: exit code %d; stderr:\n%s\nfailed calls:\n%s", r.agent, result.code, result.stderr, strings.Join(failed, ""))
	}
	return failed
}

// sessionsUsed returns the number of sessions with which programs of an SDK
// made successful calls.
func sessionsUsed(srv *ststest.Server, agent string) int {
	keys := map[string]bool{}
	for _, r := range srv.Requests() {
		if r.Action == "GetCallerIdentity" && strings.Contains(r.UserAgent, agent) && r.Done && r.ErrorCode == "" {
			keys[r.AccessKeyID] = true
		}
	}
	return len(keys)
}

// eventually waits until the function reports true.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout after %v: %s", limit, what)
		}
	}
}

// With sessions that live for seconds, a program of each SDK uses one after the
// other, and no call fails. All three programs share the sessions. A session is
// renewed only after half its life.
func TestRenewals(t *testing.T) {
	t.Parallel()
	const life, renewals = 16 * time.Second, 4
	srv := newSTSWith(t, ststest.Config{MaxSession: life})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1")
	began := time.Now()
	loops := h.startLoops(t, "-p", "work")
	for _, r := range loops {
		eventually(t, r.agent+" with a new session each time", func() bool { return sessionsUsed(srv, r.agent) > renewals })
	}
	for _, r := range loops {
		if failed := r.end(t); len(failed) > 0 {
			t.Errorf("%s: %d calls failed:\n%s", r.agent, len(failed), strings.Join(failed, ""))
		}
	}
	ran := time.Since(began)
	for _, r := range srv.Requests() {
		if r.ErrorCode != "" {
			t.Errorf("%s by %s with %s: %s", r.Action, r.UserAgent, r.AccessKeyID, r.ErrorCode)
		}
	}
	// Each session but the first is made after half of the life of its
	// predecessor.
	made, most := srv.Calls("GetSessionToken"), 1+int(ran/(life/2))
	t.Logf("%d sessions in %v, at most %d", made, ran.Round(time.Second), most)
	if made < renewals || made > most {
		t.Errorf("%d sessions were made in %v, want %d to %d", made, ran, renewals, most)
	}
}

// Under --refresh the child has a profile, no keys, and awsexec's process ID.
func TestRefreshEnvironment(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1")
	r := h.start(command{args: []string{"-p", "work", "--refresh", "--", "sh", "-c", "echo $$; env"}, env: []string{
		"AWS_ACCESS_KEY_ID=other", "AWS_SECRET_ACCESS_KEY=other", "AWS_DEFAULT_PROFILE=other", "AWS_CREDENTIAL_EXPIRATION=other", "AWS_MAX_ATTEMPTS=2"}}).wait()
	if !strings.HasPrefix(r.stdout, fmt.Sprintln(r.pid)) {
		t.Errorf("the child is not process %d: a wrapper is left", r.pid)
	}
	for _, want := range []string{"AWS_PROFILE=work", "AWSEXEC_PROFILE=work", "AWS_MAX_ATTEMPTS=2",
		"AWS_CONFIG_FILE=" + h.path("cache", "awsexec", "refresh"), "AWS_SHARED_CREDENTIALS_FILE=" + h.path(".aws", "credentials")} {
		if !strings.Contains(r.stdout, "\n"+want) {
			t.Errorf("the child has no %s", want)
		}
	}
	for _, unwanted := range []string{"other", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", ststest.Marker} {
		if strings.Contains(r.stdout, unwanted) {
			t.Errorf("the child has %s", unwanted)
		}
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions were made before the child started, want 1", n)
	}
	noMarkerInFiles(t, h.path("cache"))
}

// Inside --refresh all of awsexec works as outside, and the innermost identity
// wins. A role is renewed as a role.
func TestRefreshNested(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	if err := srv.AddRole(ststest.Role{ARN: roleOne, Trust: []string{account}}); err != nil {
		t.Fatal(err)
	}
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.add("bob", bobKey, bobSecret)
	h.config("[profile work]", "region = eu-west-1", "[profile role]", "region = eu-west-1", "role_arn = "+roleOne, "source_profile = work", "[profile bob]", "region = eu-west-1",
		"[profile own]", "region = eu-west-1", "role_arn = "+roleOne, "role_session_name = awsexec", "source_profile = sourced", "[profile sourced]", "credential_process = "+bin+"/awsexec --profile work")
	asRole := session(roleOne, "awsexec")
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"role", []string{"-p", "role", "--refresh", "--", "probe", "whoami"}, asRole},
		{"plain in refresh", []string{"-p", "role", "--refresh", "--", "awsexec", "-p", "bob", "--", "probe", "whoami"}, bobARN},
		{"refresh in refresh", []string{"-p", "work", "--refresh", "--", "awsexec", "-p", "role", "--refresh", "--", "probe", "whoami"}, asRole},
		{"refresh in plain", []string{"-p", "bob", "--", "awsexec", "-p", "role", "--refresh", "--", "probe", "whoami"}, asRole},
		{"the same profile, by itself", []string{"-p", "role", "--refresh", "--", "awsexec", "--", "probe", "whoami"}, asRole},
		{"a program's own choice", []string{"-p", "bob", "--refresh", "--", "sh", "-c", "AWS_PROFILE=own probe whoami"}, asRole},
		{"in the environment", []string{"-p", "role", "--", "sh", "-c", "AWSEXEC_REFRESH=1 awsexec -p work -- sh -c 'test -z $AWS_ACCESS_KEY_ID && probe whoami'"}, aliceARN},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if r := h.run(tt.args...); strings.TrimSpace(r.stdout) != tt.want {
				t.Errorf("it is %q, want %s; stderr:\n%s", r.stdout, tt.want, r.stderr)
			}
		})
	}
}

// When a renewal needs another MFA code, the user is asked on the terminal.
// Without a terminal, the program gets an error at once, with a hint.
func TestRenewalNeedsCode(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{MaxSession: 8 * time.Second})
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	stop := h.path("stop")
	tm := h.onTerminal(true, bin+"/awsexec", "-p", "mfa", "--refresh", "--", "probe", "loop", stop)
	tm.expect(bobPrompt)
	tm.send(bobCode() + "\n")
	tm.expect(bobPrompt)
	tm.send(codeAt(time.Now().Add(30*time.Second)) + "\n")
	eventually(t, "a call with the second session", func() bool { return sessionsUsed(srv, "aws-sdk-go-v2/") == 2 })
	h.write("", "stop")
	if r := tm.end(); r.code != 0 || strings.Contains(r.stdout, "failed") {
		t.Errorf("exit code %d, calls:\n%s\nstderr:\n%s", r.code, r.stdout, r.stderr)
	}

	h = newKeyringHome(t, newSTSWith(t, ststest.Config{MaxSession: 8 * time.Second}).URL())
	h.addBob()
	h.env["AWSEXEC_MFA_CODE"] = bobCode() // for the first session; children do not get it
	python := clients[1].argv(t, "")[0]
	log := h.path("log")
	running := h.start(command{args: []string{"-p", "mfa", "--refresh", "--", "sh", "-c", `exec "$@" >` + log + " 2>&1", "sh", python, testdata(t, "loop.py"), h.path("stop")}})
	eventually(t, "an error with a hint", func() bool {
		text, _ := os.ReadFile(log)
		return strings.Contains(string(text), "; hint: make a session on a terminal first, it then serves everywhere: awsexec -p mfa -- true")
	})
	h.write("", "stop")
	running.wait()
	if text := string(read(t, log)); !strings.Contains(text, "nobody can be asked for an MFA code") {
		t.Errorf("the program does not get the cause but\n%s", text)
	}
}
