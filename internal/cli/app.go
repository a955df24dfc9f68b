package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// app is what the commands share: what the run was told, and the session that resolves profiles.
type app struct {
	deps
	flags
	Profile  string // the one of flags that counts; "" if there is none
	ui       *ui
	args     []string // of the whole command line
	about    string   // the key that the command names; "" if it names none
	refresh  bool     // the child is to renew its credentials through us
	settings *session.Settings
	session  *session.Session

	backedUp []string // AWS files that a backup was made of
}

// newApp joins the flags with the environment. ByProgram says that a program asks for credentials, examines that the command is there to
// find out what is wrong.
func newApp(d deps, u *ui, f *flags, byProgram, examines bool) (*app, error) {
	a := &app{deps: d, flags: *f, ui: u}
	for _, name := range f.Profile {
		a.Profile = cmp.Or(name, a.Profile)
	}
	u.debug = f.Debug
	env := func(name string) string { value, _ := session.Lookup(d.environ, name); return value }
	a.settings = &session.Settings{
		Environ: d.environ, Home: d.home, Self: d.self, Version: d.version, Now: d.now,
		Profile: a.Profile, Region: f.Region, NoSession: f.NoSession, ByProgram: byProgram, Debug: f.Debug,
		SDKFiles: profile.DefaultFiles(env, d.home), WorkFactor: d.workFactor,
	}
	s := a.settings
	var err error
	if s.Files, err = awsfiles.Own(s.SDKFiles, d.now()); err != nil {
		if !examines {
			return nil, err
		}
		s.Files = s.SDKFiles
	}
	u.conceal(func() []string {
		config, err := profile.ReadFiles(s.Files)
		if err != nil {
			return nil // an error about a file quotes no value of it
		}
		return config.Secrets()
	})
	if s.Duration, err = parseDuration(f.Duration, "--duration"); err != nil {
		return nil, err
	}
	if f.Duration == "" {
		if s.Duration, err = parseDuration(env("AWSEXEC_DURATION"), "AWSEXEC_DURATION"); err != nil {
			return nil, err
		}
	}
	if s.Hold, err = parseHold(env("AWSEXEC_HOLD")); err != nil {
		return nil, err
	}
	if s.NoPrompt, err = truth(env("AWSEXEC_NO_PROMPT"), "AWSEXEC_NO_PROMPT"); err != nil {
		return nil, err
	}
	s.NoPrompt = s.NoPrompt || f.NoPrompt
	if a.refresh, err = truth(env("AWSEXEC_REFRESH"), "AWSEXEC_REFRESH"); err != nil {
		return nil, err
	}
	if f.Refresh && f.NoSession {
		return nil, usageError{"--refresh and --no-session exclude each other: long-term keys do not expire", ""}
	}
	a.refresh = f.Refresh || a.refresh && !f.NoSession
	if s.Keystore, err = keystoreKind(cmp.Or(f.Keystore, env("AWSEXEC_KEYSTORE"))); err != nil {
		return nil, err
	}
	a.session = session.New(s, u, d.stderr)
	return a, nil
}

// env looks a variable up.
func (a *app) env(name string) string { return a.settings.Env(name) }

// parseDuration reads a whole number of seconds, or a Go duration that is one. Empty is 0.
func parseDuration(s, where string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseInt(s, 10, 32); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 || d%time.Second != 0 {
		return 0, usageError{fmt.Sprintf("%s %q is no duration", where, s), "write it as 1h30m, or in seconds"}
	}
	return d, nil
}

// How long the kernel holds the sealing key of cached sessions, once it was read: by default, and at most.
const (
	defaultHold = 15 * time.Minute
	longestHold = 24 * time.Hour
)

// parseHold reads AWSEXEC_HOLD: a duration as parseDuration takes it, 0 or "off".
func parseHold(s string) (time.Duration, error) {
	switch s {
	case "":
		return defaultHold, nil
	case "0", "off":
		return 0, nil
	}
	d, err := parseDuration(s, "AWSEXEC_HOLD")
	if err == nil && d > longestHold {
		err = usageError{fmt.Sprintf("AWSEXEC_HOLD %q is more than %d hours", s, int(longestHold.Hours())), "0 or off switches it off"}
	}
	return d, err
}

// truth reads a boolean variable; empty is false.
func truth(s, where string) (bool, error) {
	if s == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, usageError{fmt.Sprintf("%s %q is neither true nor false", where, s), "write 1 or 0"}
	}
	return b, nil
}

// keystoreKind reads the kind of keystore that the user chose.
func keystoreKind(s string) (keystore.Kind, error) {
	switch kind := keystore.Kind(s); kind {
	case "":
		return keystore.KindAuto, nil
	case keystore.KindAuto, keystore.KindKeyring, keystore.KindFile:
		return kind, nil
	default:
		return "", usageError{fmt.Sprintf("keystore %q must be auto, keyring or file", s), ""}
	}
}

// credentials gets what p leads to, waiting no longer than limit. A life that AWS refuses is wrong usage if the user asked for it.
func (a *app) credentials(ctx context.Context, p *profile.Profile, limit time.Duration) (session.Given, error) {
	c, err := a.session.Credentials(ctx, p, limit)
	var outside *provider.DurationError
	if errors.As(err, &outside) && a.settings.Duration != 0 {
		return c, usageError{err.Error(), ""}
	}
	return c, err
}
