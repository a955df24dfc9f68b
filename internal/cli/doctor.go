package cli

import (
	"context"

	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/keystore"
)

// exitFindings is the exit code of a doctor that has found something wrong.
const exitFindings = 1

// doctorCmd shows which credentials each client would use here, and what is
// wrong.
//
// It reads the AWS files, the environment and the index of the keystore, and
// looks whether the keystore is there. It reads no key, asks nobody, and makes
// no request unless it is told to.
type doctorCmd struct {
	JSON   bool `name:"json" help:"Print JSON."`
	Online bool `help:"Also ask AWS for the time and for whom it takes you, with the cached session if there is one."`
}

func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	in := a.examined(ctx)
	r := doctor.Examine(ctx, in)
	if c.Online && r.Profile != nil {
		connection := doctor.Connection{Events: a.ui}
		connection.Client, connection.Err = a.session.Client(r.Profile)
		connection.Cache, _ = a.session.Cache() // why there is none is in the input
		doctor.Online(ctx, in, r, connection)
	}
	shown := doctorView{a, in}.report(r)
	show := a.showDoctor
	if c.JSON {
		show = func(v doctorReport) error { return a.ui.printJSON(v) }
	}
	if err := show(shown); err != nil {
		return err
	}
	if !r.OK() {
		return childExit(exitFindings)
	}
	return nil
}

// examined is what doctor looks at.
func (a *app) examined(ctx context.Context) doctor.Input {
	s := a.settings
	in := doctor.Input{
		Profile: s.Profile, Region: s.Region, Duration: s.Duration, NoSession: s.NoSession,
		Lookup: s.LookupEnv, Chain: s.Chain(), Self: s.Self, Now: s.Now,
		Files: s.Files, SDKFiles: s.SDKFiles,
		DirErr:   s.CheckDirs(),
		Keystore: a.seenKeystore(ctx),
		CanHold:  a.canHold(),
	}
	in.Config, in.ConfigErr = a.session.Config()
	if sessions, err := a.session.Cache(); err != nil {
		in.SessionsErr = err
	} else {
		in.Sessions = sessions
	}
	return in
}

// seenKeystore is what can be seen of the keystore from outside.
func (a *app) seenKeystore(ctx context.Context) doctor.Keystore {
	keys, err := a.session.Keys()
	if err != nil {
		return doctor.Keystore{Err: err, Condition: keystore.ConditionAbsent}
	}
	seen := doctor.Keystore{Name: keys.String(), Kind: keys.Kind(), Condition: keys.Condition(ctx)}
	seen.Unlocked, _ = keys.UnlockedUntil(ctx)
	seen.Entries, _ = keys.List(ctx)
	return seen
}
