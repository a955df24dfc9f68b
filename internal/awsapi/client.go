// Package awsapi calls AWS STS, IAM, and the services that make credentials of a
// sign-in: which endpoint is called, how, for how long, and what the errors of a call
// mean.
//
// It decides nothing about profiles. It never prints and never talks to a person.
package awsapi

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/awsexec/awsexec/internal/readfile"
)

// DefaultRegion is where STS is called when nothing names a region. Every
// account can call it there.
const DefaultRegion = "us-east-1"

// CallTimeout bounds one operation, the SDK's retries included: its HTTP client
// has no overall timeout of its own.
const CallTimeout = 20 * time.Second

// Client calls AWS: one configuration for every service that awsexec uses.
type Client struct {
	Region      string // "" means DefaultRegion
	Endpoint    string // of STS; "" means that of AWS
	IAMEndpoint string // the same of IAM

	SSOEndpoint, SSOOIDCEndpoint, SigninEndpoint string // the same of the services that make credentials of a sign-in

	CABundle  string // a PEM file that replaces the system's root certificates; "" means those
	FIPS      aws.FIPSEndpointState
	DualStack aws.DualStackEndpointState
	AppID     string // what AWS's logs show in the user agent
}

// CalledRegion returns the region that is called. It is a real one also where the
// region is a name such as aws-global, for which SDKs call the legacy global
// endpoint of STS: a token of a regional endpoint holds wherever one of that does,
// and in opt-in regions too.
func (c Client) CalledRegion() string { return calledIn(c.Region) }

// Transport returns how connections are made: to proxies from the environment
// (HTTPS_PROXY, NO_PROXY), as the SDK does, and with the certificates that are
// trusted here.
func (c Client) Transport() (*http.Transport, error) {
	transport := awshttp.NewBuildableClient().GetTransport()
	if c.CABundle != "" {
		pool, err := certificates(c.CABundle)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig.RootCAs = pool
	}
	return transport, nil
}

// EndpointError reports an endpoint of the user's own that cannot be called.
type EndpointError struct{ Endpoint string }

func (e *EndpointError) Error() string {
	shown := e.Endpoint
	if i := strings.LastIndexByte(shown, '@'); i >= 0 { // what precedes it may be a password
		shown = "…" + shown[i:]
	}
	return fmt.Sprintf("the endpoint %q is not a URL to call", shown)
}

// checkEndpoint returns an error unless an endpoint of the user's own is the URL of a
// server, or "".
func checkEndpoint(endpoint string) error {
	if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return &EndpointError{endpoint}
	}
	return nil
}

// Check returns why no call of STS can be made with these settings, as far as that
// can be seen without one.
func (c Client) Check() error {
	if err := checkEndpoint(c.Endpoint); err != nil {
		return err
	}
	if region := c.CalledRegion(); !smithyhttp.ValidHostLabel(region) { // as the Go SDK
		return fmt.Errorf("invalid region %q", region)
	}
	_, err := c.Transport()
	return err
}

// config returns the settings for one operation of a service that speaks the
// Query protocol, and the client that it goes through.
func (c Client) config(creds aws.Credentials) (aws.Config, *Wire, error) {
	transport, err := c.Transport()
	if err != nil {
		return aws.Config{}, nil, err
	}
	wire := NewWire(transport, Query)
	return aws.Config{
		Region:      c.CalledRegion(),
		Credentials: credentials.StaticCredentialsProvider{Value: creds},
		HTTPClient:  wire,
		Retryer:     Retryer,
		AppID:       c.AppID,
	}, wire, nil
}

// callSTS makes one call of STS, bounded in time, that is signed with creds:
// long-term credentials, or those of a session.
func (c Client) callSTS(ctx context.Context, creds aws.Credentials, operation string, do func(context.Context, *sts.Client) error) (*Wire, error) {
	if err := checkEndpoint(c.Endpoint); err != nil {
		return nil, err
	}
	cfg, wire, err := c.config(creds)
	if err != nil {
		return nil, err
	}
	defer wire.Close()
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	api := sts.NewFromConfig(cfg, func(o *sts.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.EndpointOptions.UseFIPSEndpoint = c.FIPS
		o.EndpointOptions.UseDualStackEndpoint = c.DualStack
	})
	if err := wire.Cause(ctx, do(ctx, api)); err != nil {
		return wire, Failed(operation, err)
	}
	return wire, nil
}

// certificates reads a PEM file. As in the Go SDK, a missing or empty file is an
// error.
func certificates(path string) (*x509.CertPool, error) {
	pem, err := readfile.Read(path, readfile.MaxAWS)
	if err != nil {
		return nil, fmt.Errorf("read CA bundle: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("CA bundle %s holds no certificate", path)
	}
	return pool, nil
}
