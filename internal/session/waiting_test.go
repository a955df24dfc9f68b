package session

import (
	"context"
	"errors"
	"testing"
)

// recorder counts the notices that have not ended.
type recorder struct{ open int }

func (r *recorder) Warn(error)           {}
func (r *recorder) Debug(string, ...any) {}

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
