package cli

import (
	"context"

	"github.com/awsexec/awsexec/internal/session"
)

// Early answers calls before Main begins, with what earlier calls have left for
// them. What it answers must be what Main would, byte for byte.
type Early interface {
	// Failure returns why this call's answer could not be written, or not all of
	// it; nil if Main is to answer. After a failure Main does nothing else than
	// to report it.
	Failure() error

	// Recorded returns the id of the access key that the log has this call with; ""
	// if nothing was answered, or a failure came before that.
	Recorded() string

	// Begin is called before a call with these arguments does its work, which is
	// to hand out credentials. Main calls leave once that has succeeded, unless
	// it has printed anything else: what leave leaves may answer later calls. A
	// call after which nothing may be left gets a leave that does nothing.
	Begin(args []string, s *session.Settings, sess *session.Session) (leave func(context.Context, session.Given))
}

// later is what a command that hands out credentials does for later calls.
type later struct {
	early    Early // nil for none
	settings *session.Settings
	session  *session.Session
	out      *ui
	args     []string // of the whole command line
}

// begin is called before the work of a call begins, and what it returns when
// that has succeeded.
func (l *later) begin() func(context.Context, session.Given) {
	if l.early == nil {
		return func(context.Context, session.Given) {}
	}
	leave := l.early.Begin(l.args, l.settings, l.session)
	return func(ctx context.Context, given session.Given) {
		if l.out.quiet() {
			leave(ctx, given)
		}
	}
}
