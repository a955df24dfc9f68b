package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// newSettings returns the settings that flags and environment make. ByProgram
// says that a program asks for credentials, not a person. With examines, AWS files
// that awsexec made and that are gone are not an error.
func newSettings(d deps, f *flags, byProgram, examines bool) (*session.Settings, error) {
	env := func(name string) string { value, _ := session.Lookup(d.environ, name); return value }
	s := &session.Settings{
		Environ: d.environ, Inherited: exec.Inherited(d.environ), GivenBy: exec.GivenBy(d.environ), Home: d.homes.own, SDKHome: d.homes.aws, Self: d.self, Version: d.version, Now: d.now,
		Region: f.Region, NoSession: f.NoSession, ByProgram: byProgram, Debug: f.Debug,
		SDKFiles: profile.DefaultFiles(env, d.homes.aws), WorkFactor: d.workFactor,
	}
	s.Profile = f.last()
	var err error
	if s.Files, err = awsfiles.Own(s.SDKFiles, d.now()); err != nil {
		if !examines {
			return nil, err
		}
		s.Files = s.SDKFiles
	}
	duration, from := f.Duration, "--duration"
	if duration == "" {
		duration, from = env("AWSEXEC_DURATION"), "AWSEXEC_DURATION"
	}
	if s.Duration, err = parseDuration(duration, from); err != nil {
		return nil, err
	}
	if s.Hold, err = parseHold(env("AWSEXEC_HOLD")); err != nil {
		return nil, err
	}
	noPrompt, err := truth(env("AWSEXEC_NO_PROMPT"), "AWSEXEC_NO_PROMPT")
	if err != nil {
		return nil, err
	}
	s.NoPrompt = noPrompt || f.NoPrompt
	if s.NoLog, err = logOff(env("AWSEXEC_LOG")); err != nil {
		return nil, err
	}
	if s.SignIn = env("AWSEXEC_LOGIN"); s.SignIn != "" && !profile.IsSignIn(s.SignIn) {
		return nil, usageError{fmt.Sprintf("AWSEXEC_LOGIN: invalid value %q: must be auto or never", s.SignIn), ""}
	}
	refresh, err := truth(env("AWSEXEC_REFRESH"), "AWSEXEC_REFRESH")
	if err != nil {
		return nil, err
	}
	if f.Refresh && f.NoSession {
		return nil, usageError{"--refresh and --no-session exclude each other: long-term keys do not expire", ""}
	}
	s.Refresh = f.Refresh || refresh && !f.NoSession
	kind, from := f.Keystore, "--keystore"
	if kind == "" {
		kind, from = env("AWSEXEC_KEYSTORE"), "AWSEXEC_KEYSTORE"
	}
	if s.Keystore, err = keystoreKind(kind, from); err != nil {
		return nil, err
	}
	if s.Policies, err = askedPolicies(f, env, d.homes.aws); err != nil {
		return nil, err
	}
	s.Given, err = givenPolicies(d.environ)
	return s, err
}

// parseDuration returns the duration in s: a number of seconds, or a Go duration
// of whole seconds. Empty is 0.
func parseDuration(s, where string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if n, numErr := strconv.ParseInt(s, 10, 32); numErr == nil {
		d, err = time.Duration(n)*time.Second, nil
	}
	if err != nil || d <= 0 || d%time.Second != 0 {
		return 0, usageError{fmt.Sprintf("%s: invalid duration %q", where, s), "write it as 1h30m, or in seconds"}
	}
	return d, nil
}

// How long the kernel holds the sealing key of cached sessions after it was read.
const (
	defaultHold = 15 * time.Minute
	longestHold = 24 * time.Hour
)

// parseHold returns the value of AWSEXEC_HOLD: a duration for parseDuration, 0 or
// "off".
func parseHold(s string) (time.Duration, error) {
	switch s {
	case "":
		return defaultHold, nil
	case "0", "off":
		return 0, nil
	}
	d, err := parseDuration(s, "AWSEXEC_HOLD")
	if err == nil && d > longestHold {
		err = usageError{fmt.Sprintf("AWSEXEC_HOLD: invalid duration %q: more than %d hours", s, int(longestHold.Hours())), "0 or off switches it off"}
	}
	return d, err
}

// truth returns the value of a boolean variable; empty is false.
func truth(s, where string) (bool, error) {
	if s == "" {
		return false, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return false, usageError{fmt.Sprintf("%s: invalid value %q: must be true or false", where, s), "write 1 or 0"}
	}
	return b, nil
}

// logOff reports whether a value of AWSEXEC_LOG switches the log off; empty is on.
func logOff(s string) (bool, error) {
	if s == "" {
		return false, nil
	}
	on, err := truth(s, "AWSEXEC_LOG")
	return !on, err
}

// keystoreKind returns the kind of keystore that the user chose.
func keystoreKind(s, where string) (keystore.Kind, error) {
	kind, err := keystore.ParseKind(s)
	if err != nil {
		return "", usageError{fmt.Sprintf("%s: invalid value %q: must be auto, keyring, file or helper:NAME", where, s), ""}
	}
	return kind, nil
}
