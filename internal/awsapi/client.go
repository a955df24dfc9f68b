// Package awsapi calls AWS STS and IAM: which endpoint is called, how, for how long, and what the errors of a call mean.
//
// It decides nothing about profiles. It never prints and never talks to a person.
package awsapi

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/readfile"
)

// DefaultRegion is where STS is called when nothing names a region. Every account can call it there.
const DefaultRegion = "us-east-1"

// CallTimeout bounds one operation, the SDK's retries included: its HTTP client has no overall timeout of its own.
const CallTimeout = 20 * time.Second

// Client is how AWS is reached: one configuration for every service that awsexec calls.
type Client struct {
	Region      string // "" means DefaultRegion
	Endpoint    string // of STS, where it is not AWS's own; "" means AWS's
	IAMEndpoint string // the same of IAM
	CABundle    string // a PEM file that takes the place of the system's root certificates; "" means those
	FIPS        aws.FIPSEndpointState
	DualStack   aws.DualStackEndpointState
	AppID       string // what AWS's logs show in the user agent
}

// CalledRegion returns the region that is really called.
func (c Client) CalledRegion() string {
	if c.Region == "" {
		return DefaultRegion
	}
	return c.Region
}

// STS returns a client of STS that signs with the given long-term or session credentials. Proxies are taken from the environment
// (HTTPS_PROXY, NO_PROXY), as the SDK does.
func (c Client) STS(creds aws.Credentials) (*sts.Client, error) {
	cfg, err := c.config(creds)
	if err != nil {
		return nil, err
	}
	return sts.NewFromConfig(cfg, func(o *sts.Options) {
		if c.Endpoint != "" {
			o.BaseEndpoint = aws.String(c.Endpoint)
		}
		o.EndpointOptions.UseFIPSEndpoint = c.FIPS
		o.EndpointOptions.UseDualStackEndpoint = c.DualStack
	}), nil
}

func (c Client) config(creds aws.Credentials) (aws.Config, error) {
	httpClient := awshttp.NewBuildableClient()
	if c.CABundle != "" {
		pool, err := certificates(c.CABundle)
		if err != nil {
			return aws.Config{}, err
		}
		httpClient = httpClient.WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig.RootCAs = pool })
	}
	return aws.Config{
		Region:      c.CalledRegion(),
		Credentials: credentials.StaticCredentialsProvider{Value: creds},
		HTTPClient:  bodyInMemory{httpClient},
		AppID:       c.AppID,
	}, nil
}

// bodyInMemory sends the bodies of requests, which are short, from memory. The SDK (smithy-go 1.28) closes a body as soon as it has the
// head of the answer; Go's transport can take that for a failed write, and then closes the connection under an answer
// longer than its buffer of 4 KiB, as one with a large session token is.
type bodyInMemory struct{ client aws.HTTPClient }

func (c bodyInMemory) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return c.client.Do(r)
}

// certificates reads a PEM file. Like the Go SDK, it takes a file that is missing or empty for an error.
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

// withTimeout bounds a whole operation.
func withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, CallTimeout)
}
