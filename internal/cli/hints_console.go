package cli

import (
	"errors"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/provider"
)

// hintOfConsole returns the hint for a console that was not opened.
func hintOfConsole(err error, a *advisor, _ string) string {
	var browser *browserError
	var session *provider.UserSessionError
	var refused *awsapi.NotAcceptedError
	var unencrypted *awsapi.UnencryptedError
	switch {
	case errors.As(err, &browser):
		return "print the link, for a browser elsewhere: " + a.again("--print") + "\nname a browser: --browser CMD, AWSEXEC_BROWSER or BROWSER"
	case errors.As(err, &session):
		if a.settings.GivenBy != "" {
			return "name the profile, whose key makes a session for the console: " + a.command("console", naming(a.settings.GivenBy))
		}
		return "use the long-term key that they were made of, or a role: " + a.command("console", "NAME")
	case errors.As(err, &refused) && refused.Duration:
		return "leave --duration and AWSEXEC_DURATION out: not all credentials let a console stay open longer than they are valid"
	case errors.As(err, &refused):
		return "AWS gives no reason; see whether it knows these credentials in this region: " + a.command("whoami", naming(a.settings.SelectedName()))
	case errors.Is(err, awsapi.ErrNoConsole):
		return "name the page: --url https://…"
	case errors.As(err, &unencrypted):
		return "write it as https://HOST[:PORT], in AWS_ENDPOINT_URL_SIGNIN, AWS_ENDPOINT_URL or endpoint_url of the profile"
	}
	return ""
}
