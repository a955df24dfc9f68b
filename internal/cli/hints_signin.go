package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/tokens"
	"github.com/awsexec/awsexec/internal/visible"
)

// hintOfSignIn returns the hint for credentials of a sign-in. It says to sign in only
// where that helps.
func hintOfSignIn(err error, given *provider.GivenError, a *advisor) string {
	p := given.Profile
	var missing *provider.SSOSettingsError
	var signIn *tokens.SignInError
	switch {
	case errors.As(err, &missing) && missing.Session != "":
		return fmt.Sprintf("sso_start_url and sso_region belong into [sso-session %s], sso_account_id and sso_role_name into the profile", quoteWord(missing.Session))
	case errors.As(err, &missing):
		return "write them into the profile; `aws configure sso` asks for them"
	case !errors.As(err, &signIn):
		return hintOfSignInService(err, p)
	default:
		return "sign in: " + a.command("login", naming(p.Name))
	}
}

// hintOfSignInService returns the hint for what a service answers to who has signed in.
func hintOfSignInService(err error, p *profile.Profile) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	switch code := api.ErrorCode(); {
	case awsapi.RenewalForbidden(err):
		return "whoever manages the account has to allow signin:CreateOAuth2Token to this identity"
	case strings.HasPrefix(code, "TooManyRequests"), strings.HasPrefix(code, "InternalServer"), strings.HasPrefix(code, "SlowDown"):
		return "the sign-in is still good; try again in a moment"
	case p.SSO != nil && (code == "ForbiddenException" || code == "ResourceNotFoundException"):
		return fmt.Sprintf("check sso_account_id %s and sso_role_name %s: the one who has signed in is not assigned to them", visible.Text(p.SSO.AccountID), visible.Text(p.SSO.RoleName))
	}
	return ""
}
