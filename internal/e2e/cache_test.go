//go:build linux

package e2e

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// With any byte of the session file changed, and with the file truncated
// anywhere, a call still returns credentials and replaces the damaged file. The
// test tries as many positions as time allows, spread evenly.
func TestDamagedSessionIsReplaced(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{TokenSize: 64})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.credentials("-p", "work")
	size := len(read(t, h.sessionFile()))

	heals := func(damage func(good []byte) []byte) {
		t.Helper()
		path := h.sessionFile()
		bad := damage(read(t, path))
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		calls := srv.Calls("GetSessionToken")
		h.credentials("-p", "work")
		if bytes.Equal(read(t, h.sessionFile()), bad) || srv.Calls("GetSessionToken") != calls+1 {
			t.Fatal("the damaged session was used or not replaced")
		}
	}
	const budget = 40 * time.Second
	began := time.Now()
	step, tried := 1, 0
	for at := 0; at < size; at += step {
		heals(func(good []byte) []byte {
			good[at] ^= 0x40
			return good
		})
		heals(func(good []byte) []byte { return good[:at] })
		if tried++; tried == 40 {
			perPosition := time.Since(began) / 40
			step = max(1, int(perPosition*time.Duration(size)/budget))
		}
	}
	heals(func(good []byte) []byte { return append(good, 0) })
	t.Logf("%d of %d positions", tried, size)
}

// A cache that cannot be written causes a warning, but the call returns
// credentials.
func TestCacheDirectoryUnusable(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	// Root may write to a directory of any mode, but nobody can create a file
	// below a file.
	h.env["XDG_CACHE_HOME"] = h.write("", "no directory")
	r := h.run("-p", "work")
	decode(t, r)
	if r.stderr != "" {
		t.Errorf("a call of a program is not silent; stderr:\n%s", r.stderr)
	}
	r = h.run("-p", "work", "--", "probe", "whoami")
	if !strings.Contains(r.stderr, "awsexec: warning: ") {
		t.Errorf("no warning; stderr:\n%s", r.stderr)
	}
	isAliceWithSession(t, srv, r)
}

// A session token of 8 KB passes through the cache, the JSON and a child's
// environment.
func TestLargeToken(t *testing.T) {
	t.Parallel()
	srv := newSTSWith(t, ststest.Config{TokenSize: 8 << 10})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	cold, warm := h.credentials("-p", "work"), h.credentials("-p", "work")
	if len(cold.SessionToken) != 8<<10 || warm.SessionToken != cold.SessionToken {
		t.Errorf("token of %d bytes, then %d", len(cold.SessionToken), len(warm.SessionToken))
	}
	r := h.run("-p", "work", "--", "printenv", "AWS_SESSION_TOKEN")
	if r.stdout != cold.SessionToken+"\n" {
		t.Errorf("the child has a token of %d bytes", len(r.stdout)-1)
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// After a key is replaced, sessions of the old key are not returned again.
func TestNewKeyNewSession(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	before := h.credentials("-p", "work")
	h.add("work", aliceKey2, aliceSecret2, "--force")
	after := h.credentials("-p", "work")
	if before.AccessKeyID == after.AccessKeyID {
		t.Error("the old key's session was returned")
	}
	requests := srv.Requests()
	if last := requests[len(requests)-1]; last.AccessKeyID != aliceKey2 || srv.Calls("GetSessionToken") != 2 {
		t.Errorf("last call with %s, %d calls", last.AccessKeyID, srv.Calls("GetSessionToken"))
	}

	if r := h.run("clear", "work"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	h.credentials("-p", "work")
	if n := srv.Calls("GetSessionToken"); n != 3 {
		t.Errorf("%d calls after clear, want 3", n)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
