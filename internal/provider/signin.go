package provider

import (
	"cmp"
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// signedIn returns the credentials of a profile that signs in through IAM Identity
// Center or a login session, from the AWS SDK and its token caches.
func (m *maker) signedIn(ctx context.Context, plan *Plan) (aws.Credentials, error) {
	p := plan.Profile
	defer m.Events.Waiting("for the credentials of profile " + p.Name)()
	// The SDK checks the profile's settings, and knows the endpoints that they
	// name. Its HTTP client is replaced by ours.
	cfg, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithSharedConfigFiles(present(p.Files().Config)),
		awsconfig.WithSharedCredentialsFiles(present(p.Files().Credentials)),
		awsconfig.WithSharedConfigProfile(p.Name),
		awsconfig.WithRegion(m.Client.CalledRegion()),
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient()),
	)
	if err != nil {
		return aws.Credentials{}, err
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return aws.Credentials{}, fmt.Errorf("the SDK has an unknown HTTP client: %T", cfg.HTTPClient)
	}
	wire := awsapi.NewWire(client.GetTransport(), awsapi.JSON)
	defer wire.Close()
	cfg.HTTPClient, cfg.Retryer = wire, awsapi.Retryer
	var from aws.CredentialsProvider
	if plan.Kind == Login {
		from, err = m.login(cfg, p.LoginSession)
	} else {
		from, err = identityCenter(cfg, p.SSO)
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	c, err := from.Retrieve(ctx)
	return c, wire.Cause(ctx, err)
}

// identityCenter returns the provider of a role of IAM Identity Center.
func identityCenter(cfg aws.Config, s *profile.SSO) (aws.CredentialsProvider, error) {
	cfg.Region = s.Region
	file, err := ssocreds.StandardCachedTokenFilepath(cmp.Or(s.Session, s.StartURL))
	if err != nil {
		return nil, err
	}
	if err := checkToken(file); err != nil {
		return nil, err
	}
	var renewing []func(*ssocreds.Options) // none in the legacy form, whose token the SDK finds by the start URL and cannot renew
	if s.Session != "" {
		renewing = append(renewing, func(o *ssocreds.Options) {
			o.SSOTokenProvider = ssocreds.NewSSOTokenProvider(ssooidc.NewFromConfig(cfg), file)
			o.CachedTokenFilepath = file
		})
	}
	return ssocreds.New(sso.NewFromConfig(cfg), s.AccountID, s.RoleName, s.StartURL, renewing...), nil
}

// checkToken returns an error for a cached token that is not a regular file, or far
// too large. The SDK would read it for as long as that takes.
func checkToken(file string) error {
	_, err := readfile.Read(file, readfile.MaxOwn)
	_, odd := errors.AsType[*readfile.NotRegularError](err)
	_, large := errors.AsType[*readfile.TooLargeError](err)
	if odd || large {
		return err
	}
	return nil // the SDK reports what else is wrong
}

// login returns the provider of a login session.
func (m *maker) login(cfg aws.Config, session string) (aws.CredentialsProvider, error) {
	file, err := logincreds.StandardCachedTokenFilepath(session, m.Env("AWS_LOGIN_CACHE_DIRECTORY"))
	if err != nil {
		return nil, err
	}
	if err := checkToken(file); err != nil {
		return nil, err
	}
	if err := checkLogin(file); err != nil {
		return nil, err
	}
	return logincreds.New(signin.NewFromConfig(cfg), file, func(l *logincreds.Options) {
		l.RestrictPermissions = cfg.RestrictFilePermissions != aws.RestrictFilePermissionsUnrestricted
	}), nil
}

// checkLogin returns an error for the token of a login session whose key would make
// the SDK panic, in a goroutine of its own. The SDK reports everything else that is
// wrong with the token.
func checkLogin(file string) error {
	data, err := readfile.Read(file, readfile.MaxOwn)
	defer clear(data)
	var token struct {
		DPOPKey string `json:"dpopKey"`
	}
	if err != nil || json.Unmarshal(data, &token) != nil || token.DPOPKey == "" {
		return nil
	}
	if block, _ := pem.Decode([]byte(token.DPOPKey)); block != nil {
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil && key.Curve == elliptic.P256() {
			return nil
		}
	}
	return fmt.Errorf("%s: dpopKey is not a P-256 key in PEM form", file)
}

func present(file string) []string {
	if file == "" {
		return nil
	}
	return []string{file}
}
