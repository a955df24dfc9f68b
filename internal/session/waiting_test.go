package session

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/term"
)

// recorder counts the notices that have not ended.
type recorder struct{ open int }

func (r *recorder) Warn(error)           {}
func (r *recorder) Debug(string, ...any) {}

func (r *recorder) WaitingForPerson(what string) func() { return r.Waiting(what) }

func (r *recorder) Waiting(string) func() {
	r.open++
	ended := false
	return func() {
		if !ended {
			r.open--
		}
		ended = true
	}
}

func TestNoNoticeInPrompt(t *testing.T) {
	events := &recorder{}
	p := newPerson(&Settings{}, events, nil)
	done := p.Waiting("for the keystore")
	if events.open != 1 {
		t.Fatalf("%d notices before the question, want 1", events.open)
	}
	stop := errors.New("nobody is asked in a test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	if _, err := p.Ask(ctx, "keystore passphrase: ", true); !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
	if events.open != 0 {
		t.Errorf("%d notices while the user is asked, want none", events.open)
	}
	done()
	p.Waiting("for the keystore")()
	if events.open != 0 || len(p.notices.done) != 0 {
		t.Errorf("%d notices at the end, %d kept, want none", events.open, len(p.notices.done))
	}
}

// Notices of other goroutines stay away while the question is open, and come back
// after it.
func TestNoNoticeDuringPrompt(t *testing.T) {
	events := &recorder{}
	p := newPerson(&Settings{}, events, nil)
	for _, wait := range []func(string) func(){p.Waiting, p.WaitingForPerson, p.asEvents().Waiting, p.asEvents().WaitingForPerson} {
		before := wait("for AWS")
		answered := p.notices.ask()
		during := wait("for AWS")
		if events.open != 0 {
			t.Errorf("%d notices during the question, want none", events.open)
		}
		answered()
		during()
		before()
		after := wait("for AWS")
		if events.open != 1 {
			t.Errorf("%d notices after the question, want 1", events.open)
		}
		after()
	}
}

func TestBrokenOff(t *testing.T) {
	for _, tt := range []struct {
		err      error
		terminal bool
		want     bool
	}{
		{interrupt.Signal(syscall.SIGINT), true, true},
		{fmt.Errorf("ask: %w", interrupt.Signal(syscall.SIGINT)), true, true},
		{term.ErrCancelled, true, true},
		{term.ErrEOF, true, false},
		{term.ErrCancelled, false, false}, // of a dialog
		{interrupt.Signal(syscall.SIGTERM), true, false},
		{ErrTooLong, true, false},
	} {
		if got := brokenOff(tt.err, tt.terminal); got != tt.want {
			t.Errorf("%v, terminal %v: %v, want %v", tt.err, tt.terminal, got, tt.want)
		}
	}
}
