//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/processfmt"
)

// Fifty processes at once on one terminal, in five regions, with MFA and without a
// session, need one prompt and one call, and get equal answers.
func TestFiftyColdProcesses(t *testing.T) {
	t.Parallel()
	const many = 50
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	script := fmt.Sprintf(`set -- us-east-1 eu-west-1 ap-east-1 sa-east-1 mx-central-1
		for i in $(seq %d); do eval "export AWS_REGION=\${$((i %% 5 + 1))}"; awsexec -p mfa >out.$i 2>err.$i & done; wait`, many)
	tm := h.onTerminal(true, "/bin/sh", "-c", script)
	tm.expect(bobPrompt)
	tm.send(bobCode() + "\n")
	tm.endWithin(limit)

	if n := strings.Count(tm.shown(), "MFA code"); n != 1 {
		t.Errorf("%d prompts, want 1", n)
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
	first := ""
	for i := 1; i <= many; i++ {
		out, err := os.ReadFile(h.path(fmt.Sprint("out.", i)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := processfmt.Decode(strings.NewReader(string(out))); err != nil {
			said, _ := os.ReadFile(h.path(fmt.Sprint("err.", i)))
			t.Fatalf("process %d: %v; stderr:\n%s", i, err, said)
		}
		if first == "" {
			first = string(out)
		}
		if string(out) != first {
			t.Errorf("process %d got another answer", i)
		}
	}
}

// Many processes without a terminal ask a program for the MFA code only once.
func TestMFAProcessRunsOnce(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	asked := h.path("asked")
	h.addBob("mfa_process = " + bin + "/probe totp " + asked)
	var all []*process
	for range 10 {
		all = append(all, h.start(command{args: []string{"-p", "mfa"}}))
	}
	answers := map[string]bool{}
	for _, p := range all {
		r := p.wait()
		decode(t, r)
		answers[r.stdout] = true
	}
	lines, err := os.ReadFile(asked)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(lines), "\n"); n != 1 || srv.Calls("GetSessionToken") != 1 || len(answers) != 1 {
		t.Errorf("asked %d times, %d calls, %d different answers", n, srv.Calls("GetSessionToken"), len(answers))
	}
}

// When SIGKILL ends the process that renews a session during its call, the
// waiting processes take over.
func TestHolderKilled(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	entered, release := srv.Hold("GetSessionToken")
	holder := h.start(command{args: []string{"-p", "work"}})
	<-entered
	var waiters []*process
	for range 5 {
		waiters = append(waiters, h.start(command{args: []string{"-p", "work"}}))
	}
	for _, w := range waiters {
		waitsForLock(t, w)
	}
	if err := holder.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	holder.wait()
	<-entered // a waiting process has taken over
	release()
	answers := map[string]bool{}
	for _, w := range waiters {
		r := w.wait()
		decode(t, r)
		answers[r.stdout] = true
	}
	if n := srv.Calls("GetSessionToken"); n != 2 || len(answers) != 1 {
		t.Errorf("%d calls, want the killed one and one more; %d different answers", n, len(answers))
	}
}

// waitsForLock returns when p sleeps in the system's file lock.
func waitsForLock(t *testing.T, p *process) {
	t.Helper()
	locks := fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid)
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		fds, err := filepath.Glob(locks)
		if err != nil {
			t.Fatal(err)
		}
		for _, fd := range fds {
			if target, err := os.Readlink(fd); err == nil && strings.Contains(target, "/locks/") {
				return
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("a process did not reach the lock")
}
