package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// background starts a run that is to be held somewhere.
func (w *world) background(ctx context.Context, args ...string) <-chan result {
	done := make(chan result, 1)
	go func() { done <- w.runIn(ctx, "", args...) }()
	return done
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
