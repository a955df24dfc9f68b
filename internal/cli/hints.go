package cli

import (
	"errors"

	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/session"
)

// advisor knows what the user can do about errors: it has what a command line
// that works has to repeat. The zero value is for a command line that could not
// be read.
type advisor struct {
	settings *session.Settings
	session  *session.Session // whose keystore an error may be about
	flags    *flags
	own      []string // the arguments before --
	program  []string // those behind it
}

// hint returns what the user can do about err, a line for each way, with the
// command to type if there is one; "" if nothing is known.
func hint(err error, a *advisor) string {
	var usage usageError
	if errors.As(err, &usage) {
		return usage.form
	}
	if noName, ok := errors.AsType[noNameError](err); ok {
		return hintOfNoName(noName, a)
	}
	if refused, ok := errors.AsType[*ownfile.RefusedError](err); ok {
		return hintOfDirectory(refused, a)
	}
	if a.settings == nil {
		return ""
	}
	return hintFor(err, a, a.settings.SelectedName())
}

// hintFor returns the hint for an error about the profile called name.
func hintFor(err error, a *advisor, name string) string {
	var unasked unaskedError
	if errors.As(err, &unasked) {
		return hintOfUnasked(unasked, a)
	}
	if errors.As(err, new(unconfiguredError)) {
		return hintOfUnconfigured(a)
	}
	for _, h := range []func(error, *advisor, string) string{hintOfRules, hintOfRemote, hintOfForeignKey, hintOfFile, hintOfImport, hintOfCustody, hintOfRotation, hintOfTOTP, hintOfMove, hintOfBackedUp, hintOfKeystore, hintOfProfile, hintOfMFA, hintOfLogin, hintOfGiven, hintOfSSO, hintOfPolicies, hintOfConsole, hintOfRenewal, hintOfAWS, hintOfNetwork, hintOfChild, hintOfLog} {
		if advice := h(err, a, name); advice != "" {
			return advice
		}
	}
	return ""
}
