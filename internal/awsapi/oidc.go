package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	oidctypes "github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
	"github.com/aws/smithy-go"
)

// Grant is a new access token of IAM Identity Center.
type Grant struct {
	AccessToken  string
	RefreshToken string // "" if there is none, or if the old one stays
	Life         time.Duration
}

// ClientRequest describes a client that is to be registered at IAM Identity Center.
type ClientRequest struct {
	Name     string
	Scopes   []string
	Redirect string // where browsers bring the answer, without a port; "" for a client that uses device codes
	StartURL string // for a client with Redirect
}

// OIDCClient is a client that is registered at IAM Identity Center.
type OIDCClient struct {
	ID, Secret string
	Life       time.Duration
}

// Device is a sign-in that its user ends in a browser on any machine.
type Device struct {
	Code     string // secret: whoever has it gets the token
	UserCode string
	Page     string // where the user enters UserCode
	FullPage string // the same with UserCode filled in
	Life     time.Duration
	Interval time.Duration // at least this long between two questions for the token
}

// The defaults of RFC 8628, and how long AWS documents a device code to live.
const (
	deviceInterval = 5 * time.Second
	deviceLife     = 10 * time.Minute
)

// Grant types. Source: API reference of IAM Identity Center OIDC.
const (
	grantCode    = "authorization_code"
	grantDevice  = "urn:ietf:params:oauth:grant-type:device_code"
	grantRefresh = "refresh_token"
)

// RegisterClient registers a client at IAM Identity Center.
func (c Client) RegisterClient(ctx context.Context, region string, r ClientRequest) (made OIDCClient, err error) {
	in := &ssooidc.RegisterClientInput{ClientName: &r.Name, ClientType: aws.String("public"), Scopes: r.Scopes}
	if r.Redirect != "" {
		in.GrantTypes, in.RedirectUris, in.IssuerUrl = []string{grantCode, grantRefresh}, []string{r.Redirect}, &r.StartURL
	}
	err = c.callOIDC(ctx, region, "register at IAM Identity Center", func(ctx context.Context, api *ssooidc.Client) error {
		out, err := api.RegisterClient(ctx, in)
		if err != nil {
			return err
		}
		// Both times are by the clock of AWS, which need not be that of this machine.
		made = OIDCClient{aws.ToString(out.ClientId), aws.ToString(out.ClientSecret), time.Duration(out.ClientSecretExpiresAt-out.ClientIdIssuedAt) * time.Second}
		if made.ID == "" || made.Secret == "" || out.ClientIdIssuedAt <= 0 || made.Life <= 0 {
			return errors.New("iam identity center answered without a complete registration")
		}
		return errors.Join(checkText("client id", made.ID, maxToken), checkText("client secret", made.Secret, maxToken))
	})
	return made, err
}

// AuthorizeURL returns the page at which a browser asks its user to sign in for a
// client, and which sends it back to redirect with a code. The challenge is that of a
// verifier that TokenForCode wants (RFC 7636).
func (c Client) AuthorizeURL(ctx context.Context, region, clientID, redirect, state, challenge string, scopes []string) (string, error) {
	if err := checkEndpoint(c.SSOOIDCEndpoint); err != nil {
		return "", err
	}
	endpoint, err := ssooidc.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, ssooidc.EndpointParameters{
		Region: &region, Endpoint: optional(c.SSOOIDCEndpoint),
		UseFIPS: aws.Bool(c.FIPS == aws.FIPSEndpointStateEnabled), UseDualStack: aws.Bool(c.DualStack == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		return "", fmt.Errorf("find IAM Identity Center in %s: %w", region, err)
	}
	page := endpoint.URI.JoinPath("authorize")
	// The plural of scopes is AWS's own. Source: AWS CLI.
	page.RawQuery = strings.ReplaceAll(url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirect}, "state": {state}, "code_challenge_method": {"S256"}, "code_challenge": {challenge},
		"scopes": {strings.Join(scopes, " ")},
	}.Encode(), "+", "%20")
	return page.String(), nil
}

// TokenForCode returns the token for the code that a browser has brought to redirect.
func (c Client) TokenForCode(ctx context.Context, region string, client OIDCClient, code, verifier, redirect string) (Grant, error) {
	return c.token(ctx, region, "get the token of the sign-in", &ssooidc.CreateTokenInput{
		ClientId: &client.ID, ClientSecret: &client.Secret, GrantType: aws.String(grantCode), Code: &code, CodeVerifier: &verifier, RedirectUri: &redirect,
	})
}

// StartDevice begins a sign-in that its user ends on any machine.
func (c Client) StartDevice(ctx context.Context, region string, client OIDCClient, startURL string) (made Device, err error) {
	err = c.callOIDC(ctx, region, "begin the sign-in", func(ctx context.Context, api *ssooidc.Client) error {
		out, err := api.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{ClientId: &client.ID, ClientSecret: &client.Secret, StartUrl: &startURL})
		if err != nil {
			return err
		}
		made = Device{
			Code: aws.ToString(out.DeviceCode), UserCode: aws.ToString(out.UserCode), Page: aws.ToString(out.VerificationUri), FullPage: aws.ToString(out.VerificationUriComplete),
			Life: deviceLife, Interval: deviceInterval,
		}
		if out.ExpiresIn > 0 {
			made.Life = time.Duration(out.ExpiresIn) * time.Second
		}
		if out.Interval > 0 {
			made.Interval = time.Duration(out.Interval) * time.Second
		}
		if made.FullPage == "" {
			made.FullPage = made.Page
		}
		if made.Code == "" || made.UserCode == "" || !canOpen(made.Page) || !canOpen(made.FullPage) {
			return errors.New("iam identity center answered without a complete device code")
		}
		return errors.Join(checkText("device code", made.Code, maxToken), checkText("user code", made.UserCode, maxUserCode))
	})
	return made, err
}

// maxUserCode is the longest code that people are asked to compare.
const maxUserCode = 64

// canOpen reports whether a browser may be sent to an address that a service has
// answered with. Stand-ins on this machine have no TLS.
func canOpen(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && err == nil && ip.IsLoopback()
}

// TokenForDevice returns the token of a sign-in that its user has ended. See
// [DevicePending] for the errors while they have not.
func (c Client) TokenForDevice(ctx context.Context, region string, client OIDCClient, deviceCode string) (Grant, error) {
	return c.token(ctx, region, "get the token of the sign-in", &ssooidc.CreateTokenInput{
		ClientId: &client.ID, ClientSecret: &client.Secret, GrantType: aws.String(grantDevice), DeviceCode: &deviceCode,
	})
}

// RenewSSO renews an access token of IAM Identity Center.
func (c Client) RenewSSO(ctx context.Context, region, clientID, clientSecret, refreshToken string) (Grant, error) {
	return c.token(ctx, region, "renew the sign-in", &ssooidc.CreateTokenInput{
		ClientId: &clientID, ClientSecret: &clientSecret, RefreshToken: &refreshToken, GrantType: aws.String(grantRefresh),
	})
}

// token calls CreateToken.
func (c Client) token(ctx context.Context, region, operation string, in *ssooidc.CreateTokenInput) (made Grant, err error) {
	err = c.callOIDC(ctx, region, operation, func(ctx context.Context, api *ssooidc.Client) error {
		out, err := api.CreateToken(ctx, in)
		if err != nil {
			return err
		}
		made = Grant{aws.ToString(out.AccessToken), aws.ToString(out.RefreshToken), time.Duration(out.ExpiresIn) * time.Second}
		if made.AccessToken == "" || made.Life <= 0 {
			return errors.New("iam identity center answered without an access token")
		}
		return errors.Join(checkText("access token", made.AccessToken, maxToken), checkText("refresh token", made.RefreshToken, maxToken))
	})
	return made, err
}

// callOIDC makes one call of IAM Identity Center OIDC.
func (c Client) callOIDC(ctx context.Context, region, operation string, do func(context.Context, *ssooidc.Client) error) error {
	return c.callSignIn(ctx, c.SSOOIDCEndpoint, operation, func(ctx context.Context, wire *Wire) error {
		return do(ctx, ssooidc.New(ssooidc.Options{
			Region: region, BaseEndpoint: optional(c.SSOOIDCEndpoint), HTTPClient: wire, Retryer: Retryer(), AppID: c.AppID,
			EndpointOptions: ssooidc.EndpointResolverOptions{UseFIPSEndpoint: c.FIPS, UseDualStackEndpoint: c.DualStack},
		}))
	})
}

// DevicePending reports whether err says that the user has not ended a sign-in yet,
// and whether the token was asked for too soon.
func DevicePending(err error) (pending, tooSoon bool) {
	tooSoon = errors.As(err, new(*oidctypes.SlowDownException))
	return tooSoon || errors.As(err, new(*oidctypes.AuthorizationPendingException)), tooSoon
}

// DeviceExpired reports whether err says that the user has not ended a sign-in in
// time.
func DeviceExpired(err error) bool { return errors.As(err, new(*oidctypes.ExpiredTokenException)) }

// DeniedAtDevice reports whether err says that a person refused a sign-in in the browser,
// and returns the text that AWS gives for it. It returns false if IAM Identity Center may
// not use the organisation's own key. Source: error access_denied of RFC 8628.
func DeniedAtDevice(err error) (description string, ok bool) {
	var denied *oidctypes.AccessDeniedException
	if !errors.As(err, &denied) || denied.Reason != "" {
		return "", false
	}
	return oauthDescription(err), true
}

// oauthDescription returns the text of an error of IAM Identity Center OIDC, whose types
// have no message; "" for any other error.
func oauthDescription(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	v := reflect.Indirect(reflect.ValueOf(api))
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != reflect.TypeFor[oidctypes.AccessDeniedException]().PkgPath() {
		return ""
	}
	field := v.FieldByName("Error_description")
	if !field.IsValid() {
		return ""
	}
	text, _ := field.Interface().(*string)
	return aws.ToString(text)
}

// renewalRefused reports whether err says that a refresh token is of no use, so that a
// new sign-in helps. It does not where IAM Identity Center may not use the
// organisation's own key.
func renewalRefused(err error) bool {
	if denied, ok := errors.AsType[*oidctypes.AccessDeniedException](err); ok {
		return denied.Reason == ""
	}
	if invalid, ok := errors.AsType[*oidctypes.InvalidRequestException](err); ok {
		return invalid.Reason == ""
	}
	return errors.As(err, new(*oidctypes.InvalidGrantException)) || ClientRefused(err) || errors.As(err, new(*oidctypes.ExpiredTokenException)) ||
		errors.As(err, new(*oidctypes.InvalidScopeException)) || errors.As(err, new(*oidctypes.UnsupportedGrantTypeException))
}

// ClientRefused reports whether err says that IAM Identity Center does not know a
// client, or not any more.
func ClientRefused(err error) bool {
	return errors.As(err, new(*oidctypes.InvalidClientException)) || errors.As(err, new(*oidctypes.UnauthorizedClientException))
}
