package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/populate"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/tokens"
)

// hintOfSSO returns the hint for accounts and roles that cannot be listed, or profiles
// that cannot be written for them.
func hintOfSSO(err error, a *advisor, _ string) string {
	var portal *provider.PortalError
	var missing *provider.SSOSettingsError
	var signIn *tokens.SignInError
	var none *noSignInError
	var changed *changedError
	var block *awsfiles.BlockError
	var name *populate.NameError
	switch {
	case errors.As(err, &portal) && awsapi.Throttled(err):
		return "the sign-in is still good; try again in a moment, or with --filter for fewer accounts"
	case errors.As(err, &portal) && errors.As(err, &signIn) && portal.Profile.SSO.Session != "":
		return "sign in: " + a.command("login", "--session", portal.Profile.SSO.Session)
	case errors.As(err, &portal) && (errors.As(err, &missing) || errors.As(err, &signIn)):
		return hintOfSignIn(err, &provider.GivenError{Kind: provider.SSO, Profile: portal.Profile}, a)
	case errors.As(err, &none):
		return hintOfNoSignIn(none, a)
	case errors.As(err, &changed):
		return "look at the change that there is to make now: " + a.again()
	case errors.As(err, &block):
		return "put its two marks right with an editor, or delete the block with them to have it written anew"
	case errors.As(err, &name) && name.Template == populate.DefaultTemplate:
		return "have other names made: " + a.again("--template", "{account}.{role}")
	case errors.As(err, &name):
		return "use a template that tells them apart, such as --template " + quoteWord("{account}-{account_id}-{role}")
	}
	return ""
}

// hintOfNoSignIn returns the lines that name a sign-in.
func hintOfNoSignIn(e *noSignInError, a *advisor) string {
	switch {
	case len(e.all) == 0 && e.logins:
		return "aws configure sso\nmake a profile for what you sign in with at the AWS console: awsexec login --new NAME"
	case len(e.all) == 0:
		return "aws configure sso"
	}
	own := a.own
	if e.session != "" {
		own = without(own, "--session")
	}
	var lines []string
	for _, way := range e.ways() {
		lines = append(lines, a.line(nil, append(slices.Clone(own), way...)))
	}
	return strings.Join(lines, "\n")
}

// without returns args without a flag that has a value.
func without(args []string, flag string) []string {
	var kept []string
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == flag:
			i++
		case !strings.HasPrefix(args[i], flag+"="):
			kept = append(kept, args[i])
		}
	}
	return kept
}

// hintOfGoneRoles returns the hint about profiles whose role is gone.
func hintOfGoneRoles(a *advisor) string { return "take them out: " + a.again("--prune") }
