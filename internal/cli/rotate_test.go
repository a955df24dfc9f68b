package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/internal/visible"
)

// newMFAWorld is a world in which bob's key is stored as "mfa", and can call IAM with his device alone.
func newMFAWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.write(".aws/config", "[profile mfa]\nmfa_serial = "+bobMFA+"\n")
	w.ok(bobID+"\n"+bobSecret, "add", "mfa", "--stdin")
	for _, action := range []string{"CreateAccessKey", "ListAccessKeys", "UpdateAccessKey", "DeleteAccessKey"} {
		w.server.Forbid(action, ststest.WithoutMFA)
	}
	w.env["AWSEXEC_MFA_CODE"] = ststest.TOTP([]byte(bobSeed), time.Now())
	return w
}

// onlyKey is the one key that a user has at AWS, which must be active.
func (w *world) onlyKey(arn string) string {
	w.t.Helper()
	keys := w.server.AccessKeys(arn)
	for id, active := range keys {
		if len(keys) == 1 && active {
			return id
		}
	}
	w.t.Errorf("the keys at AWS are %v, want one that is active", keys)
	return ""
}

// usable checks that the stored key called name works, and returns its id. It uses up no MFA code: it asks who the key itself is.
func (w *world) usable(name string) string {
	w.t.Helper()
	w.ok("", "clear")
	w.ok("", "-p", name, "--no-session", "whoami")
	requests := w.server.Requests()
	return requests[len(requests)-1].AccessKeyID
}

// calls are the calls from number n on, as action and the key that signed: one of names, or "session".
func (w *world) calls(n int, names map[string]string) []string {
	var list []string
	for _, r := range w.server.Requests()[n:] {
		by := names[r.AccessKeyID]
		switch {
		case strings.HasPrefix(r.AccessKeyID, "ASIA"):
			by = "session"
		case by == "":
			by = "new"
		}
		list = append(list, r.Action+" by "+by)
	}
	return list
}

func TestRotate(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.ok("", "-p", "work")
	before := len(w.server.Requests())
	r := w.ok("", "rotate", "work", "--yes")
	id := w.onlyKey(aliceARN)
	if id == aliceID || w.usable("work") != id {
		t.Errorf("the key is %s, at AWS %s", w.usable("work"), id)
	}
	want := fmt.Sprintf("awsexec: key %[1]s is made, and stored beside the old one\nawsexec: key %[1]s is current\nawsexec: key AKIA…CE01 is deleted at AWS\n", visible.KeyID(id))
	if r.out != "" || r.err != want {
		t.Errorf("said\n%s%swant\n%s", r.out, r.err, want)
	}
	wantCalls := []string{
		"GetCallerIdentity by old", "ListAccessKeys by old", "CreateAccessKey by old",
		"GetCallerIdentity by new", "GetCallerIdentity by new", "GetCallerIdentity by new",
		"UpdateAccessKey by new", "GetCallerIdentity by new", "DeleteAccessKey by new",
	}
	if got := w.calls(before, map[string]string{aliceID: "old"})[:len(wantCalls)]; !slices.Equal(got, wantCalls) {
		t.Errorf("the calls are\n%q\nwant\n%q", got, wantCalls)
	}
	if r := w.ok("", "list"); strings.Contains(r.err, "rotation") || !strings.Contains(r.out, visible.KeyID(id)) {
		t.Errorf("list shows\n%s%s", r.out, r.err)
	}
	sessions := w.server.Calls("GetSessionToken")
	w.ok("", "-p", "work")
	if n := w.server.Calls("GetSessionToken"); n != sessions+1 {
		t.Errorf("a session of the old key was used: %d calls, want %d", n, sessions+1)
	}
	w.ok("", "rotate", "work", "--yes")
	if again := w.onlyKey(aliceARN); again == id || w.usable("work") != again {
		t.Error("a second rotation did nothing")
	}
}

// One code serves the whole run, and none is asked for where there is a session already.
func TestRotateWithMFA(t *testing.T) {
	for _, warm := range []bool{false, true} {
		w := newMFAWorld(t)
		if warm {
			w.ok("", "-p", "mfa")
			w.env["AWSEXEC_MFA_CODE"] = "000000"
		}
		before := len(w.server.Requests())
		w.ok("", "rotate", "mfa", "--yes")
		wantCalls := []string{
			"GetCallerIdentity by old", "GetSessionToken by old", "ListAccessKeys by session", "CreateAccessKey by session",
			"GetCallerIdentity by new", "GetCallerIdentity by new", "GetCallerIdentity by new",
			"UpdateAccessKey by session", "GetCallerIdentity by new", "DeleteAccessKey by session",
		}
		if warm {
			wantCalls = slices.Delete(wantCalls, 1, 2)
		}
		if got := w.calls(before, map[string]string{bobID: "old"}); !slices.Equal(got, wantCalls) {
			t.Errorf("the calls are\n%q\nwant\n%q", got, wantCalls)
		}
		if id := w.onlyKey(bobARN); id == bobID || w.usable("mfa") != id {
			t.Error("not rotated")
		}
	}
}

// Whatever call fails, however it does: the key under the name works, and a second run finishes the job. Of those with MFA, each
// needs one code at most.
func TestRotateFaults(t *testing.T) {
	faults := map[string]ststest.Fault{
		"denied":    ststest.AccessDenied("User: x is not authorized to perform: iam:X"),
		"dropped":   ststest.ConnectionDropped(),
		"lost":      ststest.AnswerLost(),
		"failure":   ststest.InternalFailure(),
		"throttled": ststest.Throttling(),
		"unknown":   ststest.InvalidClientTokenID(),
	}
	worlds := map[string]struct {
		name, arn, id string
		make          func(t *testing.T) *world
	}{
		"key": {"work", aliceARN, aliceID, func(t *testing.T) *world {
			w := newWorld(t)
			w.add("work")
			return w
		}},
		"MFA": {"mfa", bobARN, bobID, newMFAWorld},
	}
	var points, lost atomic.Int64
	t.Cleanup(func() {
		t.Logf("figure: faults in rotate: %d calls that failed, %d keys lost", points.Load(), lost.Load())
	})
	for kind, in := range worlds {
		for what, fault := range faults {
			if kind == "MFA" && slices.Contains([]string{"dropped", "failure", "throttled"}, what) {
				continue // who signs a call makes no difference to its being tried again
			}
			t.Run(kind+" "+what, func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					w := in.make(t)
					sessions := w.server.Calls("GetSessionToken")
					before := len(w.server.Requests())
					w.server.FailNth(n, fault)
					first := w.run("", "rotate", in.name, "--yes")
					if len(w.server.Requests())-before < n { // all calls have been had
						if first.code != 0 || n < 8 {
							t.Errorf("left alone at call %d: exit code %d\n%s", n, first.code, first.err)
						}
						return
					}
					at := fmt.Sprintf("%s of call %d, %s", what, n, w.server.Requests()[before+n-1].Action)
					if used := w.server.Calls("GetSessionToken") - sessions; used > 1 && !strings.Contains(at, "GetSessionToken") {
						t.Errorf("%s: %d sessions were made", at, used)
					}
					if first.code != 0 && !strings.Contains(first.err, "hint: ") {
						t.Errorf("%s: no hint:\n%s", at, first.err)
					}
					points.Add(1)
					if keys := w.server.AccessKeys(in.arn); !keys[w.usable(in.name)] {
						lost.Add(1)
						t.Errorf("%s: the key under the name is none of the active ones, %v", at, keys)
					}
					w.env["AWSEXEC_MFA_CODE"] = ststest.TOTP([]byte(bobSeed), time.Now().Add(30*time.Second))
					second := w.run("", "rotate", in.name, "--yes")
					id := w.onlyKey(in.arn)
					if second.code != 0 || id == in.id || w.usable(in.name) != id {
						t.Errorf("%s: a second run: exit code %d\n%s%s", at, second.code, first.err, second.err)
					}
					if list := w.ok("", "list"); strings.Contains(list.err, "rotation") {
						t.Errorf("%s: list says\n%s", at, list.err)
					}
				}
			})
		}
	}
}

func TestRotateWaitsForTheNewKey(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.server.SetPropagation(ststest.Propagation{Refused: 7, Unlisted: 2})
	w.ok("", "rotate", "work", "--yes")
	id := w.onlyKey(aliceARN)
	if id == aliceID {
		t.Fatal("not rotated")
	}

	// A key that AWS does not come to know is given up in the end; the old one stays.
	w.server.SetPropagation(ststest.Propagation{Refused: 1 << 20})
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, `error: the rotation of key "work" is not finished: AWS does not know the new key yet`,
		"hint: the key in use still works; to finish: awsexec rotate work")
	if w.usable("work") != id {
		t.Error("a key that does not work is current")
	}
	if r := w.ok("", "list"); !strings.Contains(r.err, "hint: to finish it: awsexec rotate work") {
		t.Errorf("list says %q", r.err)
	}
	if r := w.ok("", "list", "--json"); !strings.Contains(r.out, `"rotating": true`) {
		t.Errorf("list --json prints %s", r.out)
	}
	if r := w.run("", "doctor", "-p", "work"); r.code == 0 || !strings.Contains(r.out, `the rotation of key "work" is not finished`) || !strings.Contains(r.out, "awsexec rotate work") {
		t.Errorf("doctor: exit code %d\n%s", r.code, r.out)
	}
	keys := w.server.AccessKeys(aliceARN)
	delete(keys, id)
	fresh := slices.Collect(maps.Keys(keys))[0]
	if err := w.server.SetKeyActive(fresh, false); err != nil {
		t.Fatal(err)
	}
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "the new key "+fresh+" has been switched off at AWS",
		"hint: switch it on: awsexec -p work --no-session -- aws iam update-access-key --access-key-id "+fresh)
	if err := w.server.RemoveKey(fresh); err != nil {
		t.Fatal(err)
	}
	w.refuse(exitFailed, "", []string{"rotate", "work"}, `key "work" is not rotated: the new key `+fresh+" is no longer at AWS")
	w.server.SetPropagation(ststest.Propagation{})
	w.ok("", "rotate", "work", "--yes")
	if w.usable("work") != w.onlyKey(aliceARN) {
		t.Error("the key does not work")
	}
}

// A new key that goes away after it was made current gives its place back to the old one.
func TestRotateTakesTheOldKeyBack(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.server.Forbid("UpdateAccessKey", ststest.Always)
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not finished: switch off access key "+aliceID+" with AKIA", "AccessDenied",
		"hint: if a policy demands MFA, add mfa_serial to profile work", "docs/rotating.md", "to finish: awsexec rotate work")
	if err := w.server.RemoveKey(w.usable("work")); err != nil {
		t.Fatal(err)
	}
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not rotated", "the old one is current again")
	if w.usable("work") != aliceID {
		t.Error("the old key is not current")
	}
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not finished")
	for id := range w.server.AccessKeys(aliceARN) {
		if err := w.server.RemoveKey(id); err != nil {
			t.Fatal(err)
		}
	}
	r := w.run("", "rotate", "work", "--yes")
	if r.code != exitFailed || !strings.Contains(r.err, "AWS rejects both the old key and the new one") ||
		!strings.Contains(r.err, "awsexec add work --force") || strings.Contains(r.err, "still works") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
}

func TestRotateFindsALostKey(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.server.Fail("CreateAccessKey", 1, ststest.AnswerLost())
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not finished", "it is not known whether AWS did it", "to finish: awsexec rotate work")
	keys := w.server.AccessKeys(aliceARN)
	delete(keys, aliceID)
	lost := slices.Collect(maps.Keys(keys))[0]

	// Without a person, a key that somebody uses stays; so does one that this rotation cannot have made.
	if err := w.server.RemoveKey(lost); err != nil {
		t.Fatal(err)
	}
	const otherSecret = ststest.Marker + "/wJalrXUtnFEMI/K7MDENGbPxRfj"
	if err := w.server.AddKey(aliceARN, lost, otherSecret); err != nil {
		t.Fatal(err)
	}
	client := awsapi.Client{Endpoint: w.server.URL()}
	if _, err := client.WhoAmI(t.Context(), aws.Credentials{AccessKeyID: lost, SecretAccessKey: otherSecret}); err != nil {
		t.Fatal(err)
	}
	rotate := []string{"rotate", "work", "--yes"}
	w.refuse(exitFailed, "", rotate, "a key was made at AWS after the rotation began", lost, "active, last used on", "for sts in us-east-1",
		"hint: on a terminal and without --yes, awsexec offers to delete it", "awsexec -p work --no-session -- aws iam delete-access-key --access-key-id "+lost)
	w.refuse(exitFailed, "", []string{"rotate", "work"}, "a key was made at AWS", "prompts are switched off")
	w.server.Forbid("GetAccessKeyLastUsed", ststest.Always)
	w.refuse(exitFailed, "", rotate, "last use unknown")
	w.server.Forbid("GetAccessKeyLastUsed", ststest.Never)
	if w.usable("work") != aliceID || len(w.server.AccessKeys(aliceARN)) != 2 {
		t.Error("something was changed")
	}

	if err := w.server.RemoveKey(lost); err != nil {
		t.Fatal(err)
	}
	w.server.SetClockOffset(-10 * time.Minute)
	if err := w.server.AddKey(aliceARN, lost, otherSecret); err != nil {
		t.Fatal(err)
	}
	if r := w.ok("", rotate...); !strings.Contains(r.err, "key "+visible.KeyID(lost)+" is deleted at AWS\n") {
		t.Errorf("said %s", r.err)
	}
	if w.usable("work") != w.onlyKey(aliceARN) {
		t.Error("the key does not work")
	}
}
