//go:build linux

package e2e

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// TestClientsUnderRefresh: each SDK, under --refresh, is who the profile says, however the user's own files have it.
func TestClientsUnderRefresh(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name                string
		config, credentials []string
		private             bool // whether files of its own are needed
	}{
		{"a profile that leads here", []string{"[profile work]", "region = eu-west-1", "credential_process = " + bin + "/awsexec --profile work"}, nil, false},
		{"a profile in the keystore alone", nil, nil, true},
		{"a profile without a process", []string{"[profile work]", "region = eu-west-1"}, nil, true},
		{"keys of another in the files", []string{"[profile work]", "region = eu-west-1", "aws_access_key_id = " + aliceKey2, "aws_secret_access_key = " + aliceSecret2},
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

// longRun is a program that runs for long under --refresh, in the background.
type longRun struct {
	*process
	agent string // how its SDK calls itself
	log   string // what it writes
	stop  string // a file that ends it
}

// startLoops starts one program of each SDK.
func (h *home) startLoops(t *testing.T, flags ...string) []*longRun {
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
	var all []*longRun
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
		script := `exec "$@" >` + r.log
		args := slices.Concat(flags, []string{"--refresh", "--", "sh", "-c", script, "sh"}, program.argv, []string{r.stop})
		r.process = h.start(command{args: args})
		all = append(all, r)
	}
	return all
}

// end has the program make one more call, which must succeed, and returns the lines of those that did not.
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

// sessionsUsed counts the sessions that programs of an SDK have used with success.
func sessionsUsed(srv *ststest.Server, agent string) int {
	keys := map[string]bool{}
	for _, r := range srv.Requests() {
		if r.Action == "GetCallerIdentity" && strings.Contains(r.UserAgent, agent) && r.Done && r.ErrorCode == "" {
			keys[r.AccessKeyID] = true
		}
	}
	return len(keys)
}

// eventually waits until what it is told has come true.
func eventually(t *testing.T, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !true(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in %v there was not: %s", limit, what)
		}
	}
}

// TestRenewals: with sessions of seconds, a program of each SDK runs through one after the other, and no call fails. All three share
// the sessions, and a session is renewed no earlier than at half its life.
func TestRenewals(t *testing.T) {
	t.Parallel()
	const life, renewals = 12 * time.Second, 4
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
	// Each but the first is made when half of the life of the one before is over.
	made, most := srv.Calls("GetSessionToken"), 1+int(ran/(life/2))
	t.Logf("%d sessions in %v, at most %d", made, ran.Round(time.Second), most)
	if made < renewals || made > most {
		t.Errorf("%d sessions were made in %v, want %d to %d", made, ran, renewals, most)
	}
}
