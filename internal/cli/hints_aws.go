package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

func hintOfAWS(err error, a *advisor, name string) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	message := api.ErrorMessage()
	switch api.ErrorCode() {
	case "InvalidClientTokenId":
		return "the key was deleted or switched off in IAM, or belongs to another partition than the region's; " + a.newKey(err, name, "store a new one")
	case "SignatureDoesNotMatch":
		if strings.Contains(message, "Signature expired") || strings.Contains(message, "not yet current") {
			return "this machine's clock is wrong by more than 5 minutes: set it"
		}
		return "the secret does not belong to this key id; " + a.newKey(err, name, "store the key again")
	case "ExpiredToken":
		return "get new credentials where these came from"
	case "RegionDisabledException":
		return "name a region that is enabled in your account: --region us-east-1"
	case "Throttling", "ThrottlingException":
		return "AWS is being asked too often; try again in a moment"
	case "AccessDenied":
		switch {
		case strings.Contains(message, "with session credentials"):
			return "GetSessionToken takes the long-term key of an IAM user only"
		case strings.Contains(message, "unable to validate MFA code"):
			return a.otherDevice(name)
		}
		advice := "a policy of the account forbids this"
		switch end, serial := a.origin(name), a.serial(name); {
		case end == nil || end.LongTerm() && serial == "":
			advice += fmt.Sprintf("; if it demands MFA, add mfa_serial to profile %q in %s", name, visible.Text(a.settings.Files.Config))
		case serial != "" && (end.Kind == provider.SSO || end.Kind == provider.Login):
			advice += "; mfa_serial works with the key of an IAM user only: if it demands MFA, a sign-in does not do"
		}
		return advice
	}
	return ""
}

// hintOfWire returns the hint for a failure between awsexec and a service.
func hintOfWire(fault *awsapi.WireError) string {
	const endpoint = "check HTTPS_PROXY, and the endpoint if it is one of your own: AWS_ENDPOINT_URL, endpoint_url"
	switch fault.Kind {
	case awsapi.NameUnknown:
		return "check the network, and the region: --region"
	case awsapi.NoConnection, awsapi.TimedOut, awsapi.BrokenOff:
		return "check the network and HTTPS_PROXY"
	case awsapi.ProxyInvalid:
		return "write it as HTTPS_PROXY=http://HOST:PORT"
	case awsapi.ProxyFailed:
		if fault.Status == http.StatusProxyAuthRequired {
			return "the proxy wants a user and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"
		}
		return "check HTTPS_PROXY; for hosts that are to be reached without it, NO_PROXY"
	case awsapi.WebPage, awsapi.Redirected:
		return "if this network wants you to sign in, do so in a browser\n" + endpoint
	case awsapi.CertTime:
		return "set this machine's clock if it is wrong; otherwise whoever runs the host has to renew the certificate"
	case awsapi.CertIssuer:
		return "if a proxy inspects TLS here, name its root certificate: AWS_CA_BUNDLE=FILE or ca_bundle in the profile"
	case awsapi.BadStatus:
		if fault.Status >= 500 || fault.Status == http.StatusTooManyRequests {
			return "try again in a moment\n" + endpoint
		}
	}
	return endpoint
}

func hintOfNetwork(err error, a *advisor, _ string) string {
	var fault *awsapi.WireError
	var endpoint *awsapi.EndpointError
	var network net.Error
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "listen":
		return "name an address of this machine, and a port that is free: --listen 127.0.0.1:0"
	case errors.As(err, &fault):
		return hintOfWire(fault)
	case errors.As(err, &endpoint):
		return "write it as https://HOST[:PORT], in AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS or endpoint_url of the profile"
	case errors.As(err, &network) && !isErrno(network):
		return "check the network and HTTPS_PROXY"
	case errors.Is(err, fs.ErrPermission):
		return "check who owns the file, and its mode"
	}
	return ""
}

// isErrno reports whether err is one of the operating system, perhaps about a
// file: these have the methods of network errors, too.
func isErrno(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}
