package cli

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/internal/lastcall"
	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/keystore"
)

// exitFindings is the exit code of a doctor that has found something wrong.
const exitFindings = 1

// doctorCmd shows which credentials each client would use here, and what is
// wrong.
//
// It reads the AWS files, the environment and the index of the keystore, and
// looks whether the keystore exists. It reads no key, asks nobody, and makes no
// request without --online.
type doctorCmd struct {
	Name   string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	JSON   bool   `name:"json" help:"Print JSON."`
	Online bool   `help:"Also ask AWS for the time and, with a cached session, for your identity."`
}

func (c *doctorCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *doctorCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor) error {
	in := examined(ctx, settings, sess)
	r := doctor.Examine(ctx, in)
	if c.Online && r.Profile != nil {
		connection := doctor.Connection{Events: out, Home: settings.SDKHome}
		connection.Client, connection.Err = sess.Client(r.Profile)
		connection.Cache, _ = sess.Cache() // the input says why there is none
		connection.QuietCache, _ = sess.QuietCache()
		doctor.Online(ctx, in, r, connection)
	}
	shown := doctorView{adv, in}.report(r)
	show := func(v doctorReport) error { return showDoctor(out, v) }
	if c.JSON {
		show = func(v doctorReport) error { return out.printJSON(v) }
	}
	if err := show(shown); err != nil {
		return err
	}
	if !r.OK() {
		return childExit(exitFindings)
	}
	return nil
}

// examined returns what doctor looks at.
func examined(ctx context.Context, settings *session.Settings, sess *session.Session) doctor.Input {
	s := settings
	in := doctor.Input{
		Profile: s.Profile, Region: s.Region, Duration: s.Duration, NoSession: s.NoSession, NoPrompt: s.NoPrompt, WhenSignIn: s.SignIn, Policies: s.Policies, Given: s.Given,
		HasDialog: term.HasDialog(s.Environ, s.Env("PATH")), Home: s.Home,
		Lookup: s.LookupEnv, Chain: s.Chain(), Self: s.Self, Now: s.Now,
		Files: s.Files, SDKFiles: s.SDKFiles,
		DirErr:   s.CheckDirs(),
		Keystore: seenKeystore(ctx, sess),
		CanHold:  settings.CanHold(),
		CheckCall: func(p *profile.Profile, hasSession bool) error {
			client, err := sess.Client(p)
			if err != nil || hasSession {
				return err
			}
			return client.Check()
		},
	}
	if dir, err := s.CacheDir(); err == nil && in.DirErr == nil {
		in.CacheErr = ownfile.Dir(dir).CheckWrite()
		in.Calls = lastcall.Calls(dir).All(s.Now())
	}
	in.Config, in.ConfigErr = sess.Config()
	if in.SignIns, in.SessionsErr = sess.Cache(); in.SessionsErr == nil {
		in.Sessions = sess
	}
	return in
}

// seenKeystore returns what can be seen of the keystore without opening it.
func seenKeystore(ctx context.Context, sess *session.Session) doctor.Keystore {
	keys, err := sess.Keys()
	if err != nil {
		return doctor.Keystore{Err: err, Condition: keystore.ConditionAbsent}
	}
	condition, sights := keys.Look(ctx)
	seen := doctor.Keystore{Name: keys.String(), Kind: keys.Kind(), Condition: condition, Sights: sights}
	if o, err := sess.KeystoreOptions(); err == nil && keys.Kind() == keystore.KindFile {
		looks, err := keystore.LookAtFile(o)
		seen.Identity = err == nil && !looks.Passphrase
	}
	seen.Unlocked, _ = keys.UnlockedUntil(ctx)
	seen.Entries, seen.ListErr = keys.List(ctx)
	if condition == keystore.ConditionOpen || condition == keystore.ConditionReady {
		seen.TOTP = func(ctx context.Context, name string) (bool, error) {
			secret, err := keys.TOTP(ctx, name)
			clear(secret)
			if errors.Is(err, keystore.ErrNotFound) {
				return false, nil
			}
			return err == nil, err
		}
	}
	return seen
}
