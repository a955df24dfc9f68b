package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/session"
)

// TestHintsOfWire: each thing that can stand between us and AWS has its own advice, of whatever service it is.
func TestHintsOfWire(t *testing.T) {
	for _, tt := range []struct {
		fault awsapi.WireError
		want  string
	}{
		{awsapi.WireError{Kind: awsapi.NameUnknown}, "--region"},
		{awsapi.WireError{Kind: awsapi.NoConnection}, "check the network and HTTPS_PROXY"},
		{awsapi.WireError{Kind: awsapi.TimedOut}, "check the network and HTTPS_PROXY"},
		{awsapi.WireError{Kind: awsapi.BrokenOff}, "check the network and HTTPS_PROXY"},
		{awsapi.WireError{Kind: awsapi.ProxyInvalid}, "HTTPS_PROXY=http://HOST:PORT"},
		{awsapi.WireError{Kind: awsapi.ProxyFailed, Status: 407}, "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"},
		{awsapi.WireError{Kind: awsapi.ProxyFailed}, "NO_PROXY"},
		{awsapi.WireError{Kind: awsapi.ProxyFailed, Status: 403}, "NO_PROXY"},
		{awsapi.WireError{Kind: awsapi.WebPage, Status: 200}, "in a browser"},
		{awsapi.WireError{Kind: awsapi.Redirected, Status: 302}, "in a browser"},
		{awsapi.WireError{Kind: awsapi.CertTime}, "set this machine's clock"},
		{awsapi.WireError{Kind: awsapi.CertIssuer}, "AWS_CA_BUNDLE=FILE"},
		{awsapi.WireError{Kind: awsapi.CertName}, "endpoint_url"},
		{awsapi.WireError{Kind: awsapi.NoTLS}, "endpoint_url"},
		{awsapi.WireError{Kind: awsapi.NotHTTP}, "endpoint_url"},
		{awsapi.WireError{Kind: awsapi.BadStatus, Status: 503}, "try again in a moment"},
		{awsapi.WireError{Kind: awsapi.BadStatus, Status: 404}, "endpoint_url"},
		{awsapi.WireError{Kind: awsapi.Unreadable, Status: 200}, "endpoint_url"},
	} {
		err := awsapi.Failed("get session token", &tt.fault)
		for _, err := range []error{err, fmt.Errorf("profile %q: %w", "x", err)} {
			if got := hint(err, &advisor{settings: &session.Settings{}}); !strings.Contains(got, tt.want) {
				t.Errorf("%v: %q, want one with %q", err, got, tt.want)
			}
		}
	}
}
