package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/server"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// environmentKeys are the variables that hold credentials.
var environmentKeys = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", provider.ExpirationVariable}

func hintOfProfile(err error, a *advisor, name string) string {
	var missing *profile.NotFoundError
	var noKey *provider.NoKeyError
	var source *provider.SourceError
	var expired *provider.ExpiredError
	var partial *provider.EnvironmentError
	var duration *provider.DurationError
	switch {
	case errors.As(err, &missing):
		return fmt.Sprintf("see which there are: awsexec list\nstore a key under this name: awsexec add %s", quoteWord(missing.Name))
	case errors.As(err, &noKey) && noKey.Why == "" && errors.As(err, &source):
		for errors.As(source.Err, &source) { // the last of a chain
		}
		return fmt.Sprintf("store its key: awsexec add %s\n", quoteWord(noKey.Profile)) +
			fmt.Sprintf("or, if profile %q is to use what this machine offers, write credential_source = Ec2InstanceMetadata (or EcsContainer) in place of source_profile", source.Profile)
	case errors.As(err, &noKey) && noKey.Why == "":
		return fmt.Sprintf("store its key: awsexec add %s", quoteWord(noKey.Profile))
	case errors.As(err, &expired):
		return "put newer ones there, or take them out: " + unsetCommand(environmentKeys)
	case errors.As(err, &partial):
		return "complete them, or take them out: " + unsetCommand(environmentKeys)
	case errors.Is(err, keystore.ErrNotFound):
		return "see which keys there are: awsexec list"
	case errors.As(err, &duration) && !duration.Asked:
		return fmt.Sprintf("change duration_seconds of profile %q in %s", name, visible.Text(a.settings.Files.Config))
	}
	return ""
}

func hintOfMFA(err error, a *advisor, name string) string {
	switch {
	case errors.Is(err, provider.ErrNoHuman):
		return hintOfSession(a, name) + "\n" +
			"or let a program give the code: mfa_process = COMMAND in the profile\n" +
			"or give it yourself: AWSEXEC_MFA_CODE=123456"
	case errors.Is(err, provider.ErrCodeUsed):
		return "wait for the next code, at most 30 seconds"
	case errors.Is(err, provider.ErrCodeWrong):
		return "check that mfa_serial names the device that shows the code, and that this machine's and the device's clocks are right"
	case errors.Is(err, session.ErrTooLong):
		return hintOfSession(a, name)
	case errors.As(err, new(unpickedError)):
		return "name the profile: awsexec -p NAME"
	case errors.Is(err, term.ErrNoTerminal):
		return "run this on a terminal, or see awsexec --help for a way without one"
	}
	return ""
}

// hintOfSession returns the call that makes the missing session: of the life that
// was asked for, if one was.
func hintOfSession(a *advisor, name string) string {
	duration := ""
	if a.settings.Duration != 0 {
		duration = fmt.Sprintf(" --duration %d", a.settings.Duration/time.Second)
	}
	return fmt.Sprintf("make a session on a terminal first, it then serves everywhere: awsexec --profile %s%s -- true", quoteWord(name), duration)
}

// hintOfGiven returns the hint for credentials that come from elsewhere.
func hintOfGiven(err error, a *advisor, _ string) string {
	if errors.Is(err, server.ErrNoExpiry) {
		return "give them to the program as they are: awsexec -- CMD"
	}
	var given *provider.GivenError
	if !errors.As(err, &given) {
		return ""
	}
	var fault *awsapi.WireError
	if errors.As(err, &fault) {
		if served := a.settings.Env("AWSEXEC_PROFILE"); served != "" && given.Kind == provider.Container && fault.Kind == awsapi.NoConnection {
			return "awsexec serve has ended; start the program again: awsexec serve -p " + quoteWord(served) + " -- CMD"
		}
		return ""
	}
	return hintOfSignIn(err, given)
}
