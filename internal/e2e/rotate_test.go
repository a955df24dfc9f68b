//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// newcomer is an IAM user with one access key that only one test knows.
type newcomer struct{ name, arn, keyID, secret, mfa string }

var newcomers atomic.Int64

// newcomer creates a user, with bob's kind of MFA device if mfa is true.
func (h *home) newcomer(srv *ststest.Server, mfa bool) newcomer {
	h.t.Helper()
	n := newcomers.Add(1)
	u := newcomer{
		name:   fmt.Sprintf("carol%d", n),
		keyID:  fmt.Sprintf("AKIAIOSFODCAROL%05d", n),
		secret: fmt.Sprintf("%s/carol/++%019d", ststest.Marker, n),
	}
	user := ststest.User{Account: account, Name: u.name, AccessKeyID: u.keyID, SecretAccessKey: u.secret}
	if mfa {
		u.mfa = "arn:aws:iam::" + account + ":mfa/" + u.name
		user.MFASerial, user.MFASecret = u.mfa, []byte(bobSeed)
	}
	u.arn = user.ARN()
	if err := srv.AddUser(user); err != nil {
		h.t.Fatal(err)
	}
	return u
}

// isOnlyKeyOf checks that profile name has the only key that u has at AWS, that
// the key is active, and returns its ID.
func (h *home) isOnlyKeyOf(srv *ststest.Server, name string, u newcomer) string {
	h.t.Helper()
	keys := srv.AccessKeys(u.arn)
	ids := slices.Collect(maps.Keys(keys))
	if len(ids) != 1 || !keys[ids[0]] {
		h.t.Fatalf("the keys at AWS are %v, want one active key", keys)
	}
	h.is(name, u)
	r := h.run("list")
	row := regexp.MustCompile(`(?m)^` + name + ` +` + masked(ids[0]) + ` `)
	if r.code != 0 || !row.MatchString(r.stdout) || r.stderr != "" {
		h.t.Errorf("list: exit code %d, want only %q and %s:\n%s%s", r.code, name, masked(ids[0]), r.stdout, r.stderr)
	}
	return ids[0]
}

// is checks that the key of profile name belongs to u and works. This needs no
// MFA code.
func (h *home) is(name string, u newcomer) {
	h.t.Helper()
	r := h.run("whoami", "-p", name, "--no-session", "--unmasked", "--json")
	if r.code != 0 || !strings.Contains(r.stdout, `"`+u.arn+`"`) {
		h.t.Errorf("whoami: exit code %d, want %s\n%s%s", r.code, u.arn, r.stdout, r.stderr)
	}
}

// Wherever rotate is killed, the key works, and the next rotate finishes the
// rotation.
func TestCrashRotate(t *testing.T) {
	t.Parallel()
	for _, mfa := range []bool{false, true} {
		name := map[bool]string{false: "key", true: "MFA"}[mfa]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothKeystores(t, func(t *testing.T, h *home, srv *ststest.Server) {
				if mfa && h.env["AWSEXEC_KEYSTORE"] == "file" {
					return // an MFA device makes no difference to the keystore, and takes a minute
				}
				var u newcomer
				crashMatrix(t, h, "rotate with "+name+" on "+h.env["AWSEXEC_KEYSTORE"], crash{
					command: command{args: []string{"rotate", "work", "--yes"}},
					setup: func(h *home) {
						u = h.newcomer(srv, mfa)
						h.config("[profile work]", "region = eu-west-1")
						if mfa {
							h.config("[profile work]", "region = eu-west-1", "mfa_serial = "+u.mfa)
							h.env["AWSEXEC_MFA_CODE"] = bobCode()
						}
						h.add("work", u.keyID, u.secret)
					},
					holds: func(h *home) { h.is("work", u) },
					finish: func(h *home) {
						if mfa {
							h.env["AWSEXEC_MFA_CODE"] = codeAt(time.Now().Add(30 * time.Second))
						}
						if r := h.run("rotate", "work", "--yes"); r.code != 0 {
							h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
						}
						if id := h.isOnlyKeyOf(srv, "work", u); id == u.keyID {
							h.t.Error("the key was not replaced")
						}
					},
				})
			})
		})
	}
}

// Rotate asks one question and for one code, and reports what it waits for.
func TestRotateOnTerminal(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	u := h.newcomer(srv, true)
	h.config("[profile work]", "region = eu-west-1", "mfa_serial = "+u.mfa)
	h.add("work", u.keyID, u.secret)
	for _, action := range []string{"CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"} {
		srv.Forbid(action, ststest.WithoutMFA)
	}
	srv.SetPropagation(ststest.Propagation{Refused: 3})

	tm := h.onTerminal(false, h.awsexec, "rotate", "work")
	tm.expect(`replace key ` + masked(u.keyID) + ` ("work") of ` + u.arn + ` by a new one, and delete it at AWS? [y/N] `)
	tm.send("n\n")
	if r := tm.end(); r.code != 125 || srv.Calls("ListAccessKeys") != 0 {
		t.Errorf("answer no: exit code %d\n%s", r.code, tm.shown())
	}

	tm = h.onTerminal(false, h.awsexec, "rotate", "work")
	tm.expect("[y/N] ")
	tm.send("y\n")
	tm.expect("MFA code for " + u.mfa + ": ")
	tm.send(bobCode() + "\n")
	tm.expect("awsexec: waiting for AWS to know the new key")
	tm.expect("key " + masked(u.keyID) + " is deleted at AWS")
	if r := tm.end(); r.code != 0 {
		t.Errorf("exit code %d\n%s", r.code, tm.shown())
	}
	if n := strings.Count(tm.shown(), "MFA code for"); n != 1 || srv.Calls("GetSessionToken") != 1 {
		t.Errorf("asked %d times, %d sessions", n, srv.Calls("GetSessionToken"))
	}
	if id := h.isOnlyKeyOf(srv, "work", u); id == u.keyID {
		t.Error("the key was not replaced")
	}
	noMarker(t, "the terminal", tm.shown())
	noMarkerInFiles(t, h.dir)
}

// If a user already has two keys, rotate shows the other one with its last use,
// and deletes it only after a yes.
func TestRotateOffersToDelete(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	u := h.newcomer(srv, false)
	h.config("[profile work]", "region = eu-west-1")
	h.add("work", u.keyID, u.secret)
	const second = "AKIAIOSFODNN7SECOND2"
	if err := srv.AddKey(u.arn, second, aliceSecret2); err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"n", "y"} {
		tm := h.onTerminal(false, h.awsexec, "rotate", "work")
		tm.expect("[y/N] ")
		tm.send("y\n")
		tm.expect("there is another one: " + second)
		tm.expect("never used")
		tm.expect("delete key " + second + " at AWS? [y/N] ")
		if len(srv.AccessKeys(u.arn)) != 2 {
			t.Error("deleted before the answer")
		}
		tm.send(answer + "\n")
		if r := tm.end(); r.code != map[string]int{"n": 125, "y": 0}[answer] {
			t.Errorf("answer %s: exit code %d\n%s", answer, r.code, tm.shown())
		}
	}
	h.isOnlyKeyOf(srv, "work", u)
}

// Rotations, additions and removals of different names run at once, with two
// rotations of the same name.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	onBothKeystores(t, func(t *testing.T, h *home, srv *ststest.Server) {
		h.useBinary(cheap)
		h.config("[profile a]", "region = eu-west-1")
		users := map[string]newcomer{}
		for _, name := range []string{"a", "b", "gone", "added"} {
			users[name] = h.newcomer(srv, false)
			if name != "added" {
				h.add(name, users[name].keyID, users[name].secret)
			}
		}
		var running []*process
		for _, c := range []command{
			{args: []string{"rotate", "a", "--yes"}},
			{args: []string{"rotate", "a", "--yes"}},
			{args: []string{"rotate", "b", "--yes"}},
			{args: []string{"remove", "gone", "--yes"}},
			{args: []string{"add", "added", "--stdin"}, stdin: users["added"].keyID + "\n" + users["added"].secret + "\n"},
		} {
			running = append(running, h.start(c))
		}
		for _, p := range running {
			if r := p.wait(); r.code != 0 && !strings.Contains(r.stderr, "another awsexec is changing it") {
				t.Errorf("%v: exit code %d\n%s", p.cmd.Args[1:], r.code, r.stderr)
			}
		}
		for _, name := range []string{"a", "b", "added"} {
			if id := h.isOnlyKeyOf(srv, name, users[name]); (id == users[name].keyID) != (name == "added") {
				t.Errorf("%s has key %s", name, id)
			}
		}
		if got := h.listed(); len(got) != 3 {
			t.Errorf("list shows %v", got)
		}
	})
}
