package cli

import (
	"errors"

	"github.com/awsexec/awsexec/internal/provider"
)

// hintOfWarning returns the advice about something that went wrong without
// ending the run; "" if there is none.
func hintOfWarning(err error) string {
	var plaintext *provider.PlaintextKeyError
	var skew *provider.SkewError
	switch {
	case errors.As(err, &plaintext):
		return "move it into the keystore: awsexec import " + quoteWord(plaintext.Profile)
	case errors.As(err, &skew):
		return "set the clock, or switch on its synchronisation"
	}
	return ""
}
