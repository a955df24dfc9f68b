//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// A key goes into the real keyring, and temporary credentials come out, as JSON
// and in a child.
func TestJourneyOnKeyring(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	journey(t, newKeyringHome(t, srv.URL()), srv)
}

func journey(t *testing.T, h *home, srv *ststest.Server) {
	t.Helper()
	h.config("[profile work]", "region = eu-west-1")
	r := h.start(command{args: []string{"add", "work", "--stdin"}, stdin: aliceKey + "\n" + aliceSecret + "\n"}).wait()
	if r.code != 0 {
		t.Fatalf("add: exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	for _, want := range []string{account, "alice", "credential_process"} {
		if !strings.Contains(r.stdout+r.stderr, want) {
			t.Errorf("add does not show %q:\n%s%s", want, r.stdout, r.stderr)
		}
	}

	c := h.credentials("-p", "work")
	if left := time.Until(c.Expires); left < 55*time.Minute || left > time.Hour+time.Minute {
		t.Errorf("the session lasts %v, want an hour", left)
	}
	isAliceWithSession(t, srv, h.run("-p", "work", "--", "probe", "whoami"))
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d GetSessionToken calls, want 1: the session is shared", n)
	}

	if r := h.run("version"); r.code != 0 || r.stdout == "" {
		t.Errorf("version: exit code %d, %q", r.code, r.stdout)
	}
	r = h.run("list")
	if r.code != 0 || !strings.Contains(r.stdout, "work") {
		t.Errorf("list: exit code %d:\n%s%s", r.code, r.stdout, r.stderr)
	}
	if strings.Contains(r.stdout, aliceKey) {
		t.Error("list shows the whole key ID")
	}
	if r = h.run("remove", "work", "--yes"); r.code != 0 {
		t.Errorf("remove: exit code %d:\n%s", r.code, r.stderr)
	}
	if files := h.sessionFiles(); len(files) != 0 {
		t.Errorf("remove left sessions: %v", files)
	}
	h.run("-p", "work").fails(t, 125, `profile "work"`)
}
