package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/ststest"
)

// background starts a run that is to be held somewhere.
func (w *world) background(ctx context.Context, args ...string) <-chan result {
	done := make(chan result, 1)
	go func() { done <- w.runIn(ctx, "", args...) }()
	return done
}

func TestRotateOneAtATime(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.ok(bobID+"\n"+bobSecret, "add", "other", "--stdin")
	entered, release := w.server.Hold("CreateAccessKey")
	first := w.background(t.Context(), "rotate", "work", "--yes")
	<-entered
	w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, `key "work": another awsexec is changing it`, "hint: wait until it has finished")
	other := w.background(t.Context(), "rotate", "other", "--yes")
	<-entered
	release()
	for _, r := range []result{<-first, <-other} {
		if r.code != 0 {
			t.Errorf("exit code %d\n%s", r.code, r.err)
		}
	}
	if w.usable("work") != w.onlyKey(aliceARN) || w.usable("other") != w.onlyKey(bobARN) {
		t.Error("a key does not work")
	}
}

// A signal does not cost a key that has just been made.
func TestRotateInterrupted(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	entered, release := w.server.Hold("CreateAccessKey")
	ctx, cancel := context.WithCancelCause(t.Context())
	run := w.background(ctx, "rotate", "work", "--yes")
	<-entered
	cancel(interrupt.Signal(syscall.SIGINT))
	release()
	if r := <-run; r.code != 130 || !strings.Contains(r.err, "is not finished: interrupted") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	if w.usable("work") != aliceID {
		t.Error("it went on")
	}
	if r := w.ok("", "rotate", "work"); !strings.Contains(r.err, `going on with the rotation of "work" that was begun on `) {
		t.Errorf("said %s", r.err)
	}
	if n := w.server.Calls("CreateAccessKey"); n != 1 || w.usable("work") != w.onlyKey(aliceARN) {
		t.Errorf("%d keys were made", n)
	}
}

// A new key that cannot be stored is deleted again.
func TestRotateCannotStore(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	path := filepath.Join(w.home, "data", "awsexec", "keystore.age")
	good := w.read("data/awsexec/keystore.age")
	entered, release := w.server.Hold("CreateAccessKey")
	run := w.background(t.Context(), "rotate", "work", "--yes")
	<-entered
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	release()
	if r := <-run; r.code != exitFailed || !strings.Contains(r.err, "the new key was deleted again") || !strings.Contains(r.err, "damaged") {
		t.Errorf("exit code %d\n%s", r.code, r.err)
	}
	if w.onlyKey(aliceARN) != aliceID {
		t.Error("the new key is still there")
	}
	if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	w.ok("", "rotate", "work", "--yes")
	if w.usable("work") != w.onlyKey(aliceARN) {
		t.Error("the key does not work")
	}
}

// Who goes around the lock and replaces or removes the key meanwhile has the last word, and nothing is left at AWS that nobody has.
func TestRotateOfAKeyThatChanges(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w *world) error
		say    string
	}{
		"replaced": {func(w *world) error {
			return w.store().Put(w.t.Context(), "work", aws.Credentials{AccessKeyID: bobID, SecretAccessKey: bobSecret})
		}, "the key was replaced meanwhile"},
		"removed": {func(w *world) error { return w.store().Delete(w.t.Context(), "work") }, "not found"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add("work")
			entered, release := w.server.Hold("CreateAccessKey")
			run := w.background(t.Context(), "rotate", "work", "--yes")
			<-entered
			if err := tt.change(w); err != nil {
				t.Fatal(err)
			}
			release()
			if r := <-run; r.code != exitFailed || !strings.Contains(r.err, tt.say) {
				t.Errorf("exit code %d\n%s", r.code, r.err)
			}
			if w.onlyKey(aliceARN) != aliceID {
				t.Error("the new key is still there")
			}
			if r := w.ok("", "list"); strings.Contains(r.err, "rotation") {
				t.Errorf("list says %s", r.err)
			}
			if name == "replaced" && w.usable("work") != bobID {
				t.Error("the key is not the one that was put there")
			}
		})
	}
}

// A rotation that was not finished ends with its key, and what it leaves at AWS is told.
func TestRotationAbandoned(t *testing.T) {
	for name, tt := range map[string]struct {
		stdin string
		args  []string
	}{
		"replaced": {bobID + "\n" + bobSecret, []string{"add", "work", "--stdin", "--force"}},
		"removed":  {"", []string{"remove", "work", "--yes"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.add("work")
			w.server.Forbid("DeleteAccessKey", ststest.Always)
			w.refuse(exitFailed, "", []string{"rotate", "work", "--yes"}, "is not finished")
			r := w.ok(tt.stdin, tt.args...)
			if !strings.Contains(r.err, "warning: a rotation was not finished; its key "+aliceID+" may still be active at AWS") ||
				!strings.Contains(r.err, "hint: if nothing uses it: aws iam delete-access-key --access-key-id "+aliceID) {
				t.Errorf("said %s", r.err)
			}
			if name == "replaced" {
				w.ok("", "-p", "work")
				w.server.Forbid("DeleteAccessKey", ststest.Never)
				w.ok("", "rotate", "work", "--yes")
				if w.usable("work") != w.onlyKey(bobARN) {
					t.Error("the key does not work")
				}
				return
			}
			if strings.Count(r.err, "at AWS") != 2 || strings.Contains(w.ok("", "list").out, "work") {
				t.Errorf("said %s", r.err)
			}
		})
	}
}
