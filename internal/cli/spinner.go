package cli

import (
	"io"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/term"
)

// spinner is a line on the terminal that moves while a machine is waited for. It is
// erased when that is over, and before any other line.
type spinner struct {
	ui    *ui
	what  string
	timer *time.Timer
	turns int
	shown bool
	ended bool
}

const (
	frames     = `|/-\`
	turnTime   = 120 * time.Millisecond
	eraseLine  = "\r\x1b[K"
	spaceAfter = 1 // a terminal breaks a line that fills it
)

// spin starts a spinner, which shows itself once the wait has taken a second.
func (u *ui) spin(what string) (done func()) {
	s := &spinner{ui: u, what: what}
	u.mu.Lock()
	defer u.mu.Unlock()
	s.timer = time.AfterFunc(patience, s.turn)
	u.spinner = s
	return s.end
}

// turn draws the next frame, unless somebody is asked for something on the terminal.
func (s *spinner) turn() {
	defer fault.Catch()
	busy := term.Busy()
	s.ui.mu.Lock()
	defer s.ui.mu.Unlock()
	if s.ended || s.ui.away {
		return
	}
	if busy {
		s.shown = false // what is there belongs to who asks
	} else {
		line := s.ui.shown("awsexec: waiting " + s.ui.tildeOn(true, s.what) + " " + string(frames[s.turns%len(frames)]))
		if s.ui.errWidth > 0 {
			line = layout.Cut(line, s.ui.errWidth-spaceAfter)
		}
		_, _ = io.WriteString(s.ui.err, eraseLine+line)
		s.shown, s.ui.said = true, true
		s.turns++
	}
	s.timer.Reset(turnTime)
}

// end ends the spinner and removes it from the terminal.
func (s *spinner) end() {
	s.ui.mu.Lock()
	defer s.ui.mu.Unlock()
	s.timer.Stop()
	s.ended = true
	s.erase()
	if s.ui.spinner == s {
		s.ui.spinner = nil
	}
}

// erase removes the line until the next turn. The caller holds the ui's lock.
func (s *spinner) erase() {
	if s != nil && s.shown {
		_, _ = io.WriteString(s.ui.err, eraseLine)
		s.shown = false
	}
}
