package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/lastcall"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
)

// memory remembers for doctor how calls that hand out credentials end. The
// programs that make them often hide what awsexec says.
type memory struct {
	out   *ui
	calls lastcall.Calls // "" if there is no directory
	now   func() time.Time
}

func newMemory(d deps, out *ui) *memory {
	dir, err := (&session.Settings{Environ: d.environ, Home: d.homes.own}).CacheDir()
	if err != nil {
		out.Debug("calls are not remembered: %v", err)
	}
	return &memory{out, lastcall.Calls(dir), d.now}
}

// ended records that a call for a profile ended with err, nil for well, for which
// advice is the hint.
func (m *memory) ended(ctx context.Context, name string, err error, advice string) {
	if m.calls == "" || !isFailure(ctx, err) {
		return
	}
	now := m.now()
	var failure *lastcall.Said
	if err != nil {
		failure = &lastcall.Said{At: now, Text: m.text(joined(err.Error())), Hint: m.lines(advice)}
	}
	var warnings []lastcall.Said
	for _, w := range m.out.warnings() {
		if _, found := errors.AsType[*provider.PlaintextKeyError](w); !found { // which doctor finds itself
			warnings = append(warnings, lastcall.Said{At: now, Text: m.text(joined(w.Error())), Hint: m.lines(hintOfWarning(w, m.out.adv))})
		}
	}
	first, endErr := m.calls.End(name, now, failure, warnings)
	if first { // a call that is answered with a ticket could not end the memory of the failure
		endErr = errors.Join(endErr, cache.New(string(m.calls), nil).ForgetTickets())
	}
	if endErr != nil {
		m.out.Debug("the call is not remembered: %v", endErr)
	}
}

// text returns text as doctor shows it.
func (m *memory) text(text string) string { return visible.Masked(m.out.shown(text)) }

func (m *memory) lines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = m.out.shown(lines[i])
	}
	return strings.Join(lines, "\n")
}

// isFailure reports whether err says something about the profile, as nil does: it
// does not if the user broke the call off or the program itself failed.
func isFailure(ctx context.Context, err error) bool {
	_, ran := errors.AsType[childExit](err)
	_, start := errors.AsType[childError](err)
	by, _ := errors.AsType[interrupt.Signal](context.Cause(ctx))
	return !ran && !start && by != interrupt.Signal(syscall.SIGINT) && !errors.Is(err, term.ErrCancelled)
}

// handsOut reports whether a command hands out credentials, and whether these are
// an answer on standard output, which a program reads. Serve records each time
// that it gets credentials.
func handsOut(selected any) (credentials, answer bool) {
	switch selected.(type) {
	case *printCmd, *exportCmd, *eksTokenCmd, *dockerCredentialCmd:
		return true, true
	case *execCmd, *whoamiCmd:
		return true, false
	}
	return false, false
}

// meantProfile returns the profile that arguments name which could not be read as
// a whole.
func meantProfile(own, environ []string) string {
	named := ""
	for i, arg := range own {
		value, joined := strings.CutPrefix(arg, "--profile=")
		switch {
		case joined && value != "":
			named = value
		case slices.Contains([]string{"-p", "--profile"}, arg) && i+1 < len(own):
			named = own[i+1]
		case strings.HasPrefix(arg, "-p") && len(arg) > 2:
			named = arg[2:]
		}
	}
	return profile.Name(named, func(variable string) string { value, _ := session.Lookup(environ, variable); return value })
}
