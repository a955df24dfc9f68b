//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"
)

const bobPrompt = "awsexec: MFA code for " + bobMFA + ": "

// Under credential_process the prompt is on the terminal, and stdout holds only
// the JSON.
func TestPromptWithAllStreamsPiped(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	tm := h.onTerminal(true, bin+"/awsexec", "-p", "mfa")
	tm.expect(bobPrompt)
	if tm.echo() {
		t.Error("the code is echoed")
	}
	code := bobCode()
	tm.send(code + "\n")
	r := tm.end()
	decode(t, r)
	if strings.Contains(tm.shown(), code) {
		t.Error("the code was shown")
	}
	if strings.Contains(tm.shown(), "ASIA") || strings.Contains(r.stderr, "MFA code") {
		t.Errorf("the output is on the wrong stream; stderr:\n%s", r.stderr)
	}
	noMarker(t, "the terminal", tm.shown())
}

// An invalid code, or a code that was used, is not sent to AWS. After a wrong
// code awsexec asks again, and gives up after the third one.
func TestPromptAsksAgain(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	question := "MFA code for " + bobMFA + ": "

	tm := h.onTerminal(true, bin+"/awsexec", "-p", "mfa")
	for _, typed := range []string{"12345", "abcdef", ""} {
		tm.expect(question)
		tm.send(typed + "\n")
	}
	tm.expect(question)
	if n := srv.Calls("GetSessionToken"); n != 0 {
		t.Errorf("%d calls for invalid codes", n)
	}
	tm.send(wrongCode(0) + "\n")
	tm.expect(question)
	code := bobCode()
	tm.send(code + "\n")
	decode(t, tm.end())
	if n := srv.Calls("GetSessionToken"); n != 2 {
		t.Errorf("%d calls for two codes", n)
	}

	if r := h.run("clear"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	tm = h.onTerminal(true, bin+"/awsexec", "-p", "mfa")
	tm.expect(question)
	tm.send(code + "\n") // AWS accepts each code once, so it is not sent again
	if why := tm.expect(question); !strings.Contains(why, "used") || srv.Calls("GetSessionToken") != 2 {
		t.Errorf("a used code: %q, %d calls", why, srv.Calls("GetSessionToken"))
	}
	tm.send("\n")
	for i := range 3 {
		tm.expect(question)
		tm.send(wrongCode(1+i) + "\n")
	}
	tm.end().fails(t, 125, "MFA code")
	if n := srv.Calls("GetSessionToken"); n != 5 {
		t.Errorf("%d calls in all, want 5", n)
	}
	if files := h.sessionFiles(); len(files) != 0 {
		t.Errorf("sessions of wrong codes: %v", files)
	}
}

// wrongCode returns the n-th of some codes that bob's device does not show
// around now.
func wrongCode(n int) string {
	right := map[string]bool{}
	for step := -3; step <= 3; step++ {
		right[codeAt(time.Now().Add(time.Duration(step)*30*time.Second))] = true
	}
	for _, code := range []string{"000001", "000002", "000003", "000004", "000005", "000006", "000007", "000008", "000009", "000010", "000011"} {
		if right[code] {
			continue
		}
		if n == 0 {
			return code
		}
		n--
	}
	panic("too many wrong codes requested")
}

// Ctrl-C and Ctrl-D at a prompt end awsexec at once and restore the echo.
func TestPromptInterrupted(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	for _, tt := range []struct {
		key  string
		code int
		args []string
	}{
		{"\x03", 130, []string{"-p", "mfa"}},
		{"\x04", 125, []string{"-p", "mfa", "--", "true"}}, // a person typed the command, so it asks again at once
	} {
		tm := h.onTerminal(true, append([]string{bin + "/awsexec"}, tt.args...)...)
		tm.expect(bobPrompt)
		tm.send(tt.key)
		if r := tm.end(); r.code != tt.code || r.stdout != "" {
			t.Errorf("key %q: exit code %d, want %d; stderr:\n%s", tt.key, r.code, tt.code, r.stderr)
		}
	}
	if n := srv.Calls("GetSessionToken"); n != 0 {
		t.Errorf("%d calls without a code", n)
	}
}

// If nobody can be asked, awsexec fails at once, with a hint. The test measures
// time, so it is not parallel.
func TestNoTerminal(t *testing.T) {
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	for _, args := range [][]string{
		{"-p", "mfa"},
		{"-p", "mfa", "--no-prompt"},
		{"-p", "mfa", "--", "true"},
	} {
		r := h.run(args...)
		r.fails(t, 125, bobMFA, "hint: ", "mfa_process", "AWSEXEC_MFA_CODE")
		if r.took > 10*time.Second {
			t.Errorf("%v took %v", args, r.took)
		}
	}
	// The hint works.
	r := h.start(command{args: []string{"-p", "mfa"}, env: []string{"AWSEXEC_MFA_CODE=" + bobCode()}}).wait()
	decode(t, r)
}

// Of twenty processes at once, one prompts. All give up before the Go SDK's
// timeout of a minute, release the lock and restore the echo. The next twenty
// do not prompt again.
func TestPromptUnanswered(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	began := time.Now()
	tm := h.onTerminal(true, "/bin/sh", "-c", `for i in $(seq 20); do awsexec -p mfa & done; wait; echo over >/dev/tty; for i in $(seq 20); do awsexec -p mfa; done; exit 125`)
	tm.expect(bobPrompt)
	tm.expectWithin(limit, "over")
	if took := time.Since(began); took < 20*time.Second || took > 58*time.Second {
		t.Errorf("they gave up after %v", took)
	}
	r := tm.end()
	r.fails(t, 125, bobMFA, "hint: make a session on a terminal first", "awsexec -p mfa -- true")
	if n := strings.Count(tm.shown(), "MFA code"); n != 1 {
		t.Errorf("%d prompts, want 1", n)
	}
	if n := strings.Count(r.stderr, "awsexec: error: "); n != 40 {
		t.Errorf("%d errors, want 40", n)
	}
	next := h.start(command{args: []string{"-p", "mfa"}, env: []string{"AWSEXEC_MFA_CODE=" + bobCode()}}).wait()
	decode(t, next)
	if next.took > 20*time.Second {
		t.Errorf("the next call took %v: is the lock still held?", next.took)
	}
}

// After a user cancels a prompt, programs do not cause another one. A command
// that the user types does, and all programs share its session.
func TestPromptCancelled(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addBob()
	tm := h.onTerminal(true, "/bin/sh", "-c", `for i in $(seq 20); do awsexec -p mfa; done; awsexec -p mfa -- true && awsexec -p mfa`)
	tm.expect(bobPrompt)
	tm.send("\x04")
	tm.expect(bobPrompt)
	tm.send(bobCode() + "\n")
	r := tm.end()
	decode(t, r)
	if n := strings.Count(tm.shown(), "MFA code"); n != 2 {
		t.Errorf("%d prompts, want 2", n)
	}
	if n := strings.Count(r.stderr, "programs do not cause another one"); n != 19 {
		t.Errorf("%d were told to wait, want 19; stderr:\n%s", n, r.stderr)
	}
}
