//go:build linux

package e2e

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// calls returns the lines that a long run has written, one for each call.
func (r *longRun) calls(t *testing.T) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(string(read(t, r.log)), "\n"), "\n")
}

// STS and later the keyring fail under long-running programs of every SDK. The
// programs report it, with awsexec's message for the part that failed, and
// recover by themselves when the part is back.
func TestOutages(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{MaxSession: 12 * time.Second})
	h, bus := newKeyringHomeOn(t, srv.URL())
	h.addAlice()
	loops := h.startLoops(t, "-p", "work")
	for _, r := range loops {
		eventually(t, "a call of "+r.agent, func() bool { return sessionsUsed(srv, r.agent) > 0 })
	}

	outage := func(what string, fell, rose func()) (said map[string]string) {
		before := map[string]int{}
		for _, r := range loops {
			before[r.agent] = len(r.calls(t))
		}
		fell()
		said = map[string]string{}
		for _, r := range loops {
			eventually(t, "a failure of "+r.agent+" without "+what, func() bool {
				said[r.agent] = strings.Join(r.calls(t)[before[r.agent]:], "\n")
				return strings.Contains(said[r.agent], "failed")
			})
		}
		rose()
		for _, r := range loops {
			down := len(r.calls(t))
			eventually(t, "a call of "+r.agent+" with "+what+" again", func() bool {
				return slices.ContainsFunc(r.calls(t)[down:], func(line string) bool { return strings.HasPrefix(line, "arn:") })
			})
		}
		return said
	}

	down := outage("STS", srv.Close, func() {
		if err := srv.Restart(); err != nil {
			t.Fatal(err)
		}
	})
	said := outage("the keyring", func() {
		if err := syscall.Kill(bus.PIDs()[1], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}, func() {
		if err := bus.StartKeyring("login password"); err != nil {
			t.Fatal(err)
		}
	})
	// The SDK for JavaScript does not pass on what awsexec writes. It may not
	// even report an error of STS, because it may fail at the credentials.
	if text := down["Boto3/"]; !strings.Contains(text, "Could not connect") && !strings.Contains(text, "cannot be reached") && !strings.Contains(text, "closed the connection") && !strings.Contains(text, "Connection was closed") {
		t.Errorf("boto3 without STS reports:\n%s", text)
	}
	if text := said["Boto3/"]; !strings.Contains(text, "awsexec: error: ") || !strings.Contains(text, "keyring") {
		t.Errorf("boto3 without the keyring does not report the cause:\n%s", text)
	}
	for _, r := range loops {
		r.end(t)
		if r.agent != "aws-sdk-go-v2/" {
			continue
		}
		text := down[r.agent] + r.stderr.String()
		if !strings.Contains(text, "connection refused") || !strings.Contains(text, "the OS keyring: not available") {
			t.Errorf("the Go SDK and awsexec do not report the causes:\n%s", text)
		}
	}
}
