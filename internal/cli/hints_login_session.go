package cli

import (
	"errors"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/session"
)

// hintOfLoginSession returns the hint for a sign-in with what the AWS console takes.
func hintOfLoginSession(err error, a *advisor) string {
	var other *otherIdentityError
	var taken *notNewError
	switch {
	case errors.As(err, &other):
		return "sign out of the console in the browser, and sign in as the other: " + a.command("login", naming(other.profile)) +
			"\nmake a profile for the one who has signed in: " + a.command("login", "--new", naming(other.profile+"-2"))
	case errors.As(err, &taken) && taken.signsIn:
		return "sign in for it: " + a.command("login", naming(taken.profile))
	case errors.As(err, &taken):
		return "take another name: " + a.command("login", "--new", naming(taken.profile+"-login"))
	case !errors.As(err, new(*session.SignInFailedError)):
		return ""
	case awsapi.RenewalForbidden(err):
		return "whoever manages the account has to allow signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token to this identity, as AWS's policy SignInLocalDevelopmentAccess does"
	case errors.As(err, new(*awsapi.ClockError)):
		return "set the clock, or switch on its synchronisation"
	case awsapi.CodeExpired(err):
		return "sign in again: " + a.again()
	}
	return ""
}
