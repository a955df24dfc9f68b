package provider

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// metadataTimeout bounds the question whether this machine is an EC2 instance. On
// another machine there may never be an answer.
const metadataTimeout = 4 * time.Second

// metadataAttempt bounds one attempt to connect to the metadata service, and the
// wait for its answer. The service is on the machine itself, or nowhere.
const metadataAttempt = 500 * time.Millisecond

// given returns the provider of temporary credentials that somebody else has made.
// They are passed on as they are: AWS refuses GetSessionToken with them.
func (m *maker) given(plan *Plan) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(ctx context.Context) (c aws.Credentials, err error) {
		get := func(ctx context.Context) (err error) {
			c, err = m.getGiven(ctx, plan)
			return err
		}
		if plan.Kind == SSO || plan.Kind == Login {
			err = m.signedIn(ctx, plan.Kind, plan.Profile, get)
		} else {
			err = get(ctx)
		}
		return c, err
	})
}

// getGiven gets the credentials of plan from whoever makes them.
func (m *maker) getGiven(ctx context.Context, plan *Plan) (c aws.Credentials, err error) {
	ctx, cancel := context.WithTimeout(ctx, awsapi.CallTimeout)
	defer cancel()
	p := plan.Profile
	switch plan.Kind {
	case FileSession:
		return inFiles(p), nil
	case EnvironmentSession:
		return environmentCredentials(m.Env), nil
	case WebIdentity:
		c, err = m.webIdentity(ctx, p)
	case Container:
		c, err = m.container(ctx)
	case Instance:
		if c, err = m.instance(ctx); err != nil && plan.otherwise != nil {
			m.Events.Debug("instance metadata: %v", err)
			return aws.Credentials{}, plan.otherwise
		}
	case SSO:
		c, err = m.identityCenter(ctx, p)
	case Login:
		c, err = m.login(ctx, p)
	default:
		err = fmt.Errorf("no way to get these is known")
	}
	if err == nil {
		err = awsapi.CheckFields(c)
	}
	if err != nil {
		return aws.Credentials{}, &GivenError{plan.Kind, p, err}
	}
	return c, nil
}

// GivenError reports that whoever makes a profile's temporary credentials failed.
type GivenError struct {
	Kind    Kind
	Profile *profile.Profile
	err     error
}

func (e *GivenError) Unwrap() error { return e.err }

func (e *GivenError) Error() string {
	what := fmt.Sprintf("profile %q: credentials of %s", e.Profile.Name, e.Kind)
	if text := words(e.err); text != "" {
		return what + ": " + text
	}
	return awsapi.Failed(what, e.err).Error()
}

// instance returns the credentials of the instance's role, from the instance
// metadata service. The settings are those of the profile that was selected, as in
// botocore and the Go SDK.
func (m *maker) instance(ctx context.Context) (aws.Credentials, error) {
	defer m.Events.Waiting("for the EC2 instance metadata service")()
	o, err := metadata(m.Env, m.selected)
	if err != nil {
		return aws.Credentials{}, err
	}
	attempt, total, retryer := metadataAttempt, metadataTimeout, awsapi.Retryer()
	if o.Attempts > 0 {
		retryer = retry.AddWithMaxAttempts(retryer, o.Attempts)
	}
	if o.Timeout > 0 || o.Attempts > 0 { // CallTimeout is still the limit
		attempt = max(o.Timeout, attempt)
		total = awsapi.CallTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	transport, err := m.Client.Transport()
	if err != nil {
		return aws.Credentials{}, err
	}
	transport.DialContext = (&net.Dialer{Timeout: attempt}).DialContext
	transport.ResponseHeaderTimeout = attempt
	wire := awsapi.NewWire(transport, awsapi.Text)
	defer wire.Close()
	client := imds.New(imds.Options{ // the SDK would look for what is not set in the environment
		Endpoint: o.Endpoint, ClientEnableState: imds.ClientEnabled, EnableFallback: aws.BoolTernary(!o.V1Disabled),
		HTTPClient: wire, Retryer: retryer, DisableDefaultTimeout: true,
	})
	c, err := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = client }).Retrieve(ctx)
	return c, wire.Cause(ctx, err)
}

var errMetadataDisabled = errors.New("AWS_EC2_METADATA_DISABLED is true")

// hasContainer reports whether the environment names a container credentials
// endpoint.
func hasContainer(env func(string) string) bool {
	return env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "" || env("AWS_CONTAINER_CREDENTIALS_FULL_URI") != ""
}

// ecsEndpoint is the base of a relative URI. Source: "Container credential
// provider" in the AWS SDKs and Tools Reference Guide.
const ecsEndpoint = "http://169.254.170.2"

// container returns the credentials of the endpoint that the environment names, as
// ECS, EKS, Greengrass and awsexec serve set it.
func (m *maker) container(ctx context.Context) (aws.Credentials, error) {
	defer m.Events.Waiting("for the container credentials endpoint")()
	endpoint, err := containerEndpoint(m.Env)
	if err != nil {
		return aws.Credentials{}, err
	}
	transport, err := m.Client.Transport()
	if err != nil {
		return aws.Credentials{}, err
	}
	wire := awsapi.NewWire(transport, awsapi.Container)
	defer wire.Close()
	c, err := endpointcreds.New(endpoint, func(e *endpointcreds.Options) {
		e.HTTPClient, e.Retryer = wire, awsapi.Retryer()
		e.AuthorizationToken = m.Env("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := m.Env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			e.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				token, err := readfile.Read(file, readfile.MaxOwn)
				return strings.TrimRight(string(token), "\r\n"), err
			})
		}
	}).Retrieve(ctx)
	return c, wire.Cause(ctx, err)
}

// containerEndpoint returns the URL of the endpoint that the environment names.
func containerEndpoint(env func(string) string) (string, error) {
	if path := env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); path != "" {
		return ecsEndpoint + path, nil
	}
	endpoint := env("AWS_CONTAINER_CREDENTIALS_FULL_URI")
	return endpoint, checkEndpoint(endpoint)
}

// checkEndpoint applies the rule of the SDKs to a container endpoint: without TLS
// it must be loopback, or an address of ECS or EKS.
func checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return errors.New("AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL")
	}
	if u.Scheme == "https" {
		return nil
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); u.Scheme == "http" && (strings.EqualFold(host, "localhost") || ip != nil && (ip.IsLoopback() || isContainerHost(ip))) {
		return nil
	}
	return fmt.Errorf("AWS_CONTAINER_CREDENTIALS_FULL_URI has the host %q; without TLS it must be a loopback address, or that of ECS or EKS", host)
}

// isContainerHost reports whether ip is a link-local address of the ECS or EKS
// agent.
func isContainerHost(ip net.IP) bool {
	for _, known := range []string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"} {
		if ip.Equal(net.ParseIP(known)) {
			return true
		}
	}
	return false
}
