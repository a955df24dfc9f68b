package cli

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/signin"
	"github.com/awsexec/awsexec/internal/tokens"
)

// needsPerson reports whether err means that somebody has to sign in.
func needsPerson(err error) bool {
	_, ok := errors.AsType[*tokens.SignInError](err)
	return ok
}

// hintOfLogin returns the hint for a sign-in that nobody has ended.
func hintOfLogin(err error, a *advisor, _ string) string {
	var failed *session.SignInFailedError
	var api smithy.APIError
	if adopt := "--adopt"; slices.Contains(a.own, adopt) && needsPerson(err) {
		own := slices.DeleteFunc(slices.Clone(a.own), func(w string) bool { return w == adopt })
		return "the AWS CLI has left nothing that could be used; sign in: " + a.line(nil, own)
	}
	if advice := hintOfLoginSession(err, a); advice != "" {
		return advice
	}
	if !errors.As(err, &failed) || errors.As(err, new(*provider.NotSignedInError)) { // then the command was another one
		return ""
	}
	switch {
	case errors.As(err, new(*signin.LoginDeniedError)):
		return "sign in again, and allow it: " + a.again()
	case errors.Is(err, signin.ErrLoginState), errors.Is(err, signin.ErrLoginCode), errors.Is(err, signin.ErrDeviceExpired):
		return "sign in again: " + a.again()
	case errors.Is(err, session.ErrTooLong) && !failed.Remote:
		return "with a browser on another machine: " + a.again("--remote")
	case errors.Is(err, session.ErrTooLong):
		return "sign in again: " + a.again()
	case errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "Invalid"):
		return "check sso_start_url, sso_region and sso_registration_scopes"
	}
	return ""
}

// hint returns the commands that remove the files.
func (e *plainLeftError) hint() string {
	var lines []string
	for _, path := range e.files {
		line := "sign out there too: aws sso logout"
		if filepath.Base(filepath.Dir(filepath.Dir(path))) != "sso" {
			line = "sign out there too: aws logout --all"
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
