package cli

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/awsexec/awsexec/internal/session"
)

// noting is an Early that notes what it is handed.
type noting struct {
	began [][]string
	left  []string // profiles
}

func (*noting) Failure() error { return nil }

func (*noting) Recorded() string { return "" }

func (n *noting) Begin(args []string, _ *session.Settings, _ *session.Session) func(context.Context, session.Given) {
	n.began = append(n.began, args)
	return func(_ context.Context, given session.Given) { n.left = append(n.left, given.Profile.Name) }
}

// TestEarly: something is left for later calls by one that has printed its
// credentials and nothing else; not by one that has failed or has warned.
func TestEarly(t *testing.T) {
	w := newWorld(t)
	w.add("work")
	w.write(".aws/credentials", "[plain]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n")
	for _, tt := range []struct {
		args  []string
		begun bool
		left  []string
	}{
		{[]string{"-p", "work"}, true, []string{"work"}},
		{[]string{"-p", "plain"}, true, nil}, // a warning: the key is in plaintext
		{[]string{"-p", "none"}, true, nil},
		{[]string{"list"}, false, nil},
	} {
		early := &noting{}
		var out, errs bytes.Buffer
		d := w.deps("", &out, &errs)
		d.early = early
		run(t.Context(), tt.args, d)
		if !slices.Equal(early.left, tt.left) || len(early.began) > 0 != tt.begun {
			t.Errorf("%q: began %q, left %q; said\n%s", tt.args, early.began, early.left, &errs)
		}
	}
}
