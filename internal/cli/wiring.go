package cli

import (
	"context"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
)

// wiring is all that a run has. It is made here alone: a command gets the parts
// that its Run method names, and nothing else.
type wiring struct {
	settings *session.Settings
	session  *session.Session
	out      *ui
	adv      *advisor
	flags    *flags
	later    *later
	memory   *memory
	gate     *gate
	timing   timing
	stdin    io.Reader
}

// timing is how long commands wait for others. Tests have their own.
type timing struct {
	pause        time.Duration // before AWS is asked once more whether it knows a new key
	lockPatience time.Duration // for another awsexec that changes the same key
	linkPatience time.Duration // for a browser that is to open a link

	signInPatience time.Duration // for a person who is to sign in
}

// wire returns the parts of a run.
func wire(d deps, out *ui, s *session.Settings, f *flags, args []string, remembered *memory) *wiring {
	out.debug = s.Debug
	out.secrets.Add(func() []string {
		config, err := profile.ReadFiles(s.Files)
		if err != nil {
			return nil // the error about a file quotes nothing of it
		}
		return awsfiles.Secrets(config)
	})
	sess := session.New(s, out, out.watch)
	sess.SignInBy(neededSignIn{s, sess, out}.signIn)
	own, program, _ := splitArgs(args)
	adv := &advisor{settings: s, session: sess, flags: f, own: own, program: program}
	out.adv = adv
	return &wiring{
		settings: s, session: sess, out: out, flags: f, stdin: d.stdin,
		adv:    adv,
		later:  &later{early: d.early, settings: s, session: sess, out: out, args: args},
		memory: remembered, gate: newGate(s, sess, out, d.early), timing: timing{d.pause, d.lockPatience, d.linkPatience, d.signInPatience},
	}
}

// pick lets the user pick the profile for a command.
func (w *wiring) pick(ctx context.Context, selected any) error {
	switch selected.(type) {
	case *printCmd, *whoamiCmd, *doctorCmd, *exportCmd, *serveCmd, *consoleCmd, *eksTokenCmd:
	default:
		return usageError{"--pick is for commands that use a profile", "awsexec --pick -- CMD"}
	}
	if len(w.flags.Profile) > 0 {
		return usageError{"--pick and --profile exclude each other", ""}
	}
	name, err := pick(ctx, w.session, w.settings)
	if err != nil {
		return err
	}
	w.settings.Profile, w.flags.Profile = name, names{name}
	w.later.early = nil // the same line means another profile next time
	return nil
}

// run runs the command that was parsed.
func (w *wiring) run(ctx context.Context, parsed *kong.Context) error {
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.BindTo(w.stdin, (*io.Reader)(nil))
	return parsed.Run(w.settings, w.session, w.out, w.adv, w.flags, w.later, w.memory, w.gate, w.timing)
}
