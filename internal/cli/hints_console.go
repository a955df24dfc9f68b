package cli

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/provider"
)

// hintOfConsole returns the hint for a console that was not opened.
func hintOfConsole(err error, a *advisor, _ string) string {
	var browser *browserError
	var session *provider.UserSessionError
	var narrowed *provider.NotNarrowedError
	var refused *awsapi.NotAcceptedError
	var unencrypted *awsapi.UnencryptedError
	var federation *provider.FederationError
	var api smithy.APIError
	switch {
	case errors.As(err, &browser):
		return "print the link, for a browser elsewhere: " + a.again("--print") + "\nname a browser: --browser CMD, AWSEXEC_BROWSER or BROWSER"
	case errors.As(err, &session):
		if a.settings.GivenBy != "" {
			return "name the profile, whose key makes a session for the console: " + a.command("console", a.settings.GivenBy)
		}
		return "use the long-term key that they were made of, or a role: awsexec console NAME"
	case errors.As(err, &narrowed):
		return "leave --policy out; what a role may do is up to its own policies"
	case errors.As(err, &refused) && refused.Duration:
		return "leave --duration and AWSEXEC_DURATION out: not all credentials let a console stay open longer than they are valid"
	case errors.As(err, &refused):
		return "AWS gives no reason; see whether it knows these credentials in this region: " + a.command("whoami", a.settings.SelectedName())
	case errors.Is(err, awsapi.ErrNoConsole):
		return "name the page: --url https://…"
	case errors.As(err, &unencrypted):
		return "write it as https://HOST[:PORT], in AWS_ENDPOINT_URL_SIGNIN, AWS_ENDPOINT_URL or endpoint_url of the profile"
	case errors.As(err, &federation) && errors.As(err, &api) && api.ErrorCode() == "AccessDenied":
		return "the policies of this user must allow sts:GetFederationToken\na role needs no such permission, and can demand MFA: a profile with role_arn and source_profile = " + quoteWord(federation.Profile.Name)
	case errors.As(err, &federation) && errors.As(err, &api) && (api.ErrorCode() == "MalformedPolicyDocument" || strings.HasPrefix(api.ErrorCode(), "PackedPolicy")):
		return "--policy takes the ARN of a policy of this account or of AWS, arn:aws:iam::aws:policy/ReadOnlyAccess, or a file with a policy"
	}
	return ""
}
