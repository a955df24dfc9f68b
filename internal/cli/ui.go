package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	xterm "golang.org/x/term"

	"github.com/awsexec/awsexec/internal/conceal"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
)

// patience is how long something may take before the user is told about it.
const patience = time.Second

// lastWarnings is how many warnings a run remembers.
const lastWarnings = 10

// ui is the only thing that prints. The result of a command goes to out.
// Everything else goes to err, in lines that begin with the program's name and
// have no capital at the start and no full stop at the end: two for an error and
// what can be done about it on a terminal, one elsewhere. It implements
// provider.Events.
type ui struct {
	out, err io.Writer
	home     string // "" if it is not known
	outLook  look
	terminal bool // err is one
	colour   bool // on err
	errWidth int  // of the terminal in columns; 0 if there is none
	debug    bool
	away     bool // a child has the terminal
	silent   bool // leaves out warnings: a program reads out, and perhaps err too

	mu      sync.Mutex // one line at a time on err
	said    bool       // something was written to err, or left out
	warned  []error    // the last warnings
	spinner *spinner   // that moves now; nil for none

	secrets conceal.Secrets // that it leaves out
	adv     *advisor        // about warnings
}

func newUI(d deps) *ui {
	env := func(name string) string { value, _ := session.Lookup(d.environ, name); return value }
	u := &ui{out: d.stdout, err: d.stderr, home: d.homes.own, outLook: lookOf(d.stdout, env), adv: &advisor{}}
	errLook := lookOf(d.stderr, env)
	u.terminal, u.colour, u.errWidth = errLook.terminal, errLook.colour, errLook.width
	u.secrets.Add(func() []string { return conceal.Environ(d.environ) })
	return u
}

// shown returns text as it may be shown on a terminal: one line, without
// secrets. It is UTF-8 too: botocore fails on anything else.
func (u *ui) shown(text string) string { return visible.Text(u.secrets.Remove(text)) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// fail prints why the run ends, and advice unless that is empty.
func (u *ui) fail(err error, advice string) { u.report("error", err, advice) }

// Warn implements provider.Events.
func (u *ui) Warn(err error) { u.warn(err, hintOfWarning(err, u.adv)) }

// warn prints what went wrong without ending the run, and advice unless that is
// empty. A silent run prints nothing.
func (u *ui) warn(err error, advice string) {
	u.mu.Lock()
	u.warned = append(u.warned[max(0, len(u.warned)-lastWarnings+1):], err)
	u.said = true
	u.mu.Unlock()
	if !u.silent {
		u.report("warning", err, advice)
	}
}

// warnings returns the last warnings since it was called before.
func (u *ui) warnings() []error {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := u.warned
	u.warned = nil
	return last
}

// report prints what went wrong, and advice: on a terminal in a line for each way
// below it, else in the same line. Programs that show the output of awsexec often
// show its first line only, or its last.
func (u *ui) report(kind string, err error, advice string) {
	text := kind + ": " + visible.Bounded(joined(err.Error()))
	if u.terminal || advice == "" {
		u.line("%s", text)
		u.advise(advice)
		return
	}
	u.line("%s; hint: %s", text, strings.ReplaceAll(advice, "\n", "; hint: "))
}

// joined returns the lines of text as one.
func joined(text string) string {
	if !strings.Contains(text, "\n") {
		return text
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "; "), ":; ", ": ")
}

// advise prints what can be done, a line for each way.
func (u *ui) advise(advice string) {
	if advice == "" {
		return
	}
	for line := range strings.SplitSeq(advice, "\n") {
		u.line("hint: %s", line)
	}
}

// note prints what was done or found.
func (u *ui) note(format string, args ...any) {
	u.line("%s", u.tildeOn(u.terminal, fmt.Sprintf(format, args...)))
}

// Debug prints one step if the user wants to see them.
func (u *ui) Debug(format string, args ...any) {
	if u.debug {
		u.line("debug: "+format, args...)
	}
}

// Waiting shows on a terminal what is being waited for, once that has taken a
// second. It does not show it in a prompt.
func (u *ui) Waiting(what string) (done func()) {
	if u.terminal && u.colour {
		return u.spin(what)
	}
	return u.notice(what)
}

// notice prints on a terminal what is being waited for, once that has taken a
// second, in a line that stays.
func (u *ui) notice(what string) (done func()) {
	if !u.terminal {
		return func() {}
	}
	timer := time.AfterFunc(patience, func() {
		defer fault.Catch()
		if !term.Busy() {
			u.line("waiting %s", u.tildeOn(true, what))
		}
	})
	return func() { timer.Stop() }
}

// WaitingForPerson is like Waiting, but uses the terminal of prompts if err is not
// a terminal.
func (u *ui) WaitingForPerson(what string) (done func()) {
	_, end := u.watch(what)
	return func() { end() }
}

// leaveTerminal leaves the terminal to a child. Nothing but errors and warnings is
// printed from now on.
func (u *ui) leaveTerminal() { u.terminal, u.away = false, true }

// line writes one line to err. There is nowhere to report a failure to do so.
func (u *ui) line(format string, args ...any) {
	text := u.painted(u.shown(fmt.Sprintf(format, args...)))
	u.mu.Lock()
	defer u.mu.Unlock()
	u.said = true
	u.spinner.erase()
	_, _ = io.WriteString(u.err, "awsexec: "+text+"\n")
}

// painted returns a line with the word that says what it is in colour.
func (u *ui) painted(line string) string {
	for word, style := range map[string]layout.Style{"error:": layout.Bad, "warning:": layout.Warning, "hint:": layout.Command} {
		if rest, ok := strings.CutPrefix(line, word); ok {
			return style.Paint(word, u.colour) + rest
		}
	}
	return line
}

// quiet reports whether nothing has been written to err so far, nor left out.
func (u *ui) quiet() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.said
}
