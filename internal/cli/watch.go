package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/conceal"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/term"
)

const (
	mostTold   = 20      // lines on the terminal about one wait
	longestSay = 1000    // characters of one
	mostHeard  = 4 << 10 // bytes of what a program says that are kept
)

// watch implements session.Watch. Where standard error is a terminal, the program
// has it. Elsewhere nobody would see that it asks the user to touch a key or to
// open a page: after a second, the terminal of prompts shows what is being waited
// for, and what the program says.
func (u *ui) watch(what string) (stderr io.Writer, end func() (said string)) {
	if u.terminal {
		done := u.notice(what)
		return u.err, func() string { done(); return "" }
	}
	w := &watched{ui: u, what: what}
	if !u.away {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.timer = time.AfterFunc(patience, w.tell)
	}
	return w, w.end
}

// watched is a wait that the user cannot see, and what a program says meanwhile.
type watched struct {
	ui   *ui
	what string

	mu    sync.Mutex
	timer *time.Timer // of the next line on the terminal; nil if there will be none
	lines int         // that were written there
	fresh []byte      // what was said and is not there yet
	heard []byte      // the last that was said
	ended bool
}

// Write takes what the program says. A run that is not silent prints it too.
func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fresh = lastOf(append(w.fresh, text...))
	w.heard = lastOf(append(w.heard, text...))
	if !w.ui.silent {
		w.ui.pass(text)
	}
	return len(text), nil
}

func lastOf(text []byte) []byte { return text[max(0, len(text)-mostHeard):] }

// tell writes a line to the terminal if there is something new, and comes back
// after a second.
func (w *watched) tell() {
	defer fault.Catch()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	if fresh := w.said(w.fresh); w.lines == 0 || fresh != "" {
		line := "awsexec: waiting " + w.ui.tildeOn(true, w.what)
		if fresh != "" {
			line += ": " + fresh
		}
		switch err := term.Tell(w.ui.shown(line)); {
		case errors.Is(err, term.ErrBusy) && fresh != "": // later
		case err != nil: // no terminal, or the user is being asked on it
			return
		default:
			w.lines++
			w.fresh = w.fresh[:0]
		}
	}
	if w.lines < mostTold {
		w.timer.Reset(patience)
	}
}

// end returns what the program said, for an error.
func (w *watched) end() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	if w.timer != nil {
		w.timer.Stop()
	}
	return conceal.RemoveLikely(w.said(w.heard))
}

// said returns text as one line, without an incomplete character at its start.
func (w *watched) said(text []byte) string {
	line := []rune(joined(strings.ReplaceAll(string(bytes.ToValidUTF8(text, nil)), "\r", "\n")))
	return strings.TrimSpace(string(line[max(0, len(line)-longestSay):]))
}

// pass writes text to err as it is.
func (u *ui) pass(text []byte) {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, _ = u.err.Write(text)
}
