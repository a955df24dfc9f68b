package cli

import (
	"context"
	"os"
	"runtime"
	"time"

	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
)

// gate is what credentials pass on their way to a program: the rules of their
// profile, and the log.
type gate struct {
	settings *session.Settings
	session  *session.Session
	out      *ui
	host     string // where the program runs that gets credentials; "" for here
	known    string // the id of an access key that the log has for this call already
}

func newGate(s *session.Settings, sess *session.Session, out *ui, early Early) *gate {
	g := &gate{settings: s, session: sess, out: out}
	if early != nil {
		g.known = early.Recorded()
	}
	return g
}

// check returns an error unless one of programs may have the credentials of p: the
// first gets them, the others have started it. It is called before they are made.
func (g *gate) check(ctx context.Context, p *profile.Profile, programs func() []caller.Program) error {
	rules, err := g.session.Rules(ctx, p)
	if err != nil || len(rules.Allow) == 0 {
		return err
	}
	var names []string
	for _, program := range programs() {
		names = append(names, program.Name)
	}
	return rules.Check(names...)
}

// open returns the credentials of the selected profile for a program that runs awsexec,
// if it may have them. They still have to pass.
func (g *gate) open(ctx context.Context, limit time.Duration) (session.Given, error) {
	p, err := g.session.Selected(ctx)
	if err != nil {
		return session.Given{}, err
	}
	if err := g.check(ctx, p, caller.Chain); err != nil {
		return session.Given{}, err
	}
	return g.session.Credentials(ctx, p, limit)
}

// pass asks a person, if a rule says so, and writes into the log that a program gets
// credentials. It is called before that happens: a line too many is better than one
// too few.
func (g *gate) pass(ctx context.Context, how logbook.How, to caller.Program, given session.Given, limit time.Duration) error {
	if err := g.session.Permit(ctx, given, to.Name, limit); err != nil {
		return err
	}
	g.record(how, to, given)
	return nil
}

// passing returns what serve does with credentials that it got for a profile, or with
// why it did not. A person is asked once: the program stays the same.
func (g *gate) passing(how logbook.How, to caller.Program, remembered *memory, adv *advisor) func(ctx context.Context, got session.Given, err error) error {
	permitted := map[string]bool{} // written by one Fetch after the other, before anything is served
	return func(ctx context.Context, got session.Given, err error) error {
		name := got.Profile.Name
		switch {
		case err != nil:
		case permitted[name]:
			g.record(how, to, got)
		default:
			err = g.pass(ctx, how, to, got, execLimit)
			permitted[name] = err == nil
		}
		remembered.ended(ctx, name, err, hintFor(err, adv, name))
		return err
	}
}

// record writes into the log that a program gets credentials. If that fails, it warns:
// no program is to stand still because a disk is full.
func (g *gate) record(how logbook.How, to caller.Program, given session.Given) {
	if g.settings.NoLog || g.known != "" && g.known == given.AccessKeyID {
		return
	}
	e := logbook.Entry{
		Time: g.settings.Now(), Profile: given.Profile.Name, How: how, Program: to.Name, ProgramPID: to.PID, KeyID: given.AccessKeyID,
		Host: g.host, Origin: given.Origin(), PID: os.Getpid(), Facts: given.Facts(),
	}
	if given.CanExpire {
		e.Expires = &given.Expires
	}
	dir, err := g.settings.StateDir()
	if err == nil {
		err = logbook.In(dir).Append(e)
	}
	if err != nil {
		g.out.Warn(&logbook.WriteError{Err: err})
	}
}

// onlyProgram returns the programs that get credentials where that is one alone.
func onlyProgram(p caller.Program) func() []caller.Program {
	return func() []caller.Program { return []caller.Program{p} }
}

// childOf returns the program at path, which is to be run with args. Where awsexec
// becomes the program, its process is known before it runs.
func childOf(path string, args []string, becomes bool) caller.Program {
	child := caller.Program{Name: caller.NameOf(path, args)}
	if becomes && runtime.GOOS != "windows" {
		child.PID = os.Getpid()
	}
	return child
}
