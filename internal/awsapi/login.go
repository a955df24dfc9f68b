package awsapi

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/signin"
	signintypes "github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/smithy-go"
)

// The clients of the sign-in service that every program may be. Source:
// CreateOAuth2Token in the AWS Sign-In API reference.
const (
	sameDevice  = "arn:aws:signin:::devtools/same-device"
	crossDevice = "arn:aws:signin:::devtools/cross-device"
)

// maxProofSkew is how far this machine's clock may be from AWS's before the clock is
// taken for the reason why a proof of possession was refused.
const maxProofSkew = 5 * time.Minute

// LoginRequest is a request for the consent of a person, who signs in in a browser. It
// is good for one sign-in.
type LoginRequest struct {
	Page string // where the browser begins

	clientID, redirectURI string
	verifier              string // of PKCE: who redeems the code proves with it to have made the request
}

// LoginGrant is what a sign-in, or its renewal, gives.
type LoginGrant struct {
	Credentials  aws.Credentials
	Life         time.Duration // of the credentials
	RefreshToken string        // that is used next
	ClientID     string
	Session      string // the ARN of who has signed in; "" for a renewal
}

// NewLoginRequest returns a request whose code the browser takes to redirectURI, with
// the state. If redirectURI is "", the browser shows both on a page of AWS, for the
// person to copy.
func (c Client) NewLoginRequest(ctx context.Context, redirectURI, state string) (*LoginRequest, error) {
	base, err := c.signinBase(ctx)
	if err != nil {
		return nil, err
	}
	r := &LoginRequest{verifier: rand.Text() + rand.Text(), clientID: sameDevice, redirectURI: redirectURI}
	if redirectURI == "" {
		r.clientID, r.redirectURI = crossDevice, base+"/v1/sessions/confirmation"
	}
	challenge := sha256.Sum256([]byte(r.verifier))
	r.Page = base + "/v1/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {r.clientID}, "redirect_uri": {r.redirectURI}, "scope": {"openid"}, "state": {state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"SHA-256"}, // which RFC 7636 calls S256
	}.Encode()
	return r, nil
}

// signinBase returns the address of the sign-in service, for which the SDK has no call
// that a browser could make.
func (c Client) signinBase(ctx context.Context) (string, error) {
	if err := checkEndpoint(c.SigninEndpoint); err != nil {
		return "", err
	}
	endpoint, err := signin.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, signin.EndpointParameters{
		Region: aws.String(c.CalledRegion()), Endpoint: optional(c.SigninEndpoint), IsControlPlane: aws.Bool(false),
		UseFIPS:      aws.Bool(c.FIPS == aws.FIPSEndpointStateEnabled),
		UseDualStack: aws.Bool(c.DualStack == aws.DualStackEndpointStateEnabled),
	})
	if err != nil {
		return "", fmt.Errorf("find the sign-in service in %s: %w", c.CalledRegion(), err)
	}
	return strings.TrimRight(endpoint.URI.String(), "/"), nil
}

// RedeemLogin redeems the code that a browser has got for r. From now on the refresh
// token of what it returns works only for who has key.
func (c Client) RedeemLogin(ctx context.Context, r *LoginRequest, code string, key *ecdsa.PrivateKey, now func() time.Time) (LoginGrant, error) {
	return c.createLoginToken(ctx, "redeem the code of the sign-in", key, now, signintypes.CreateOAuth2TokenRequestBody{
		ClientId: &r.clientID, GrantType: aws.String("authorization_code"), Code: &code, CodeVerifier: &r.verifier, RedirectUri: &r.redirectURI,
	})
}

// RenewLogin renews the credentials of a login session. The key is that of the login
// session.
func (c Client) RenewLogin(ctx context.Context, clientID, refreshToken string, key *ecdsa.PrivateKey, now func() time.Time) (LoginGrant, error) {
	return c.createLoginToken(ctx, "renew the login session", key, now, signintypes.CreateOAuth2TokenRequestBody{
		ClientId: &clientID, GrantType: aws.String("refresh_token"), RefreshToken: &refreshToken,
	})
}

func (c Client) createLoginToken(ctx context.Context, operation string, key *ecdsa.PrivateKey, now func() time.Time, body signintypes.CreateOAuth2TokenRequestBody) (
	made LoginGrant, err error,
) {
	var date time.Time
	err = c.callSignIn(ctx, c.SigninEndpoint, operation, func(ctx context.Context, wire *Wire) error {
		api := signin.New(signin.Options{
			Region: c.CalledRegion(), BaseEndpoint: optional(c.SigninEndpoint), HTTPClient: wire, Retryer: Retryer(), AppID: c.AppID,
			EndpointOptions: signin.EndpointResolverOptions{UseFIPSEndpoint: c.FIPS, UseDualStackEndpoint: c.DualStack},
		}, signin.WithAPIOptions(provePossession(key, now)))
		out, err := api.CreateOAuth2Token(ctx, &signin.CreateOAuth2TokenInput{TokenInput: &body})
		date = wire.Date()
		if err != nil {
			return err
		}
		made, err = loginGrant(out.TokenOutput)
		if err == nil && body.Code != nil {
			made.Session, made.Credentials.AccountID, err = loginSubject(aws.ToString(out.TokenOutput.IdToken))
		}
		made.ClientID = *body.ClientId
		return err
	})
	if err != nil {
		return LoginGrant{}, explainedByClock(err, now(), date)
	}
	return made, nil
}

// RevokeLogin ends a login session: AWS does not renew it any more, whoever has its
// refresh token. It takes credentials of the login session that have not expired.
func (c Client) RevokeLogin(ctx context.Context, creds aws.Credentials, refreshToken string) error {
	return c.callSignInWith(ctx, EmptyJSON, c.SigninEndpoint, "revoke the login session", func(ctx context.Context, wire *Wire) error {
		api := signin.New(signin.Options{
			Region: c.CalledRegion(), BaseEndpoint: optional(c.SigninEndpoint), HTTPClient: wire, Retryer: Retryer(), AppID: c.AppID,
			Credentials:     credentials.StaticCredentialsProvider{Value: creds},
			EndpointOptions: signin.EndpointResolverOptions{UseFIPSEndpoint: c.FIPS, UseDualStackEndpoint: c.DualStack},
		})
		_, err := api.RevokeOAuth2TokenWithIAM(ctx, &signin.RevokeOAuth2TokenWithIAMInput{Token: &refreshToken})
		return err
	})
}

// RevocationForbidden reports whether the policies of the one who has signed in do not
// let them revoke their login session. AWS's own policy for signing in does not.
func RevocationForbidden(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied") && !SignInRefused(err)
}

// loginGrant returns an answer of the sign-in service. The expiry of its credentials is
// not set.
func loginGrant(t *signintypes.CreateOAuth2TokenResponseBody) (LoginGrant, error) {
	if t == nil || t.AccessToken == nil || aws.ToInt32(t.ExpiresIn) <= 0 || aws.ToString(t.RefreshToken) == "" ||
		aws.ToString(t.AccessToken.AccessKeyId) == "" || aws.ToString(t.AccessToken.SecretAccessKey) == "" {
		return LoginGrant{}, errors.New("the sign-in service answered without complete credentials")
	}
	made := LoginGrant{
		Credentials: aws.Credentials{
			AccessKeyID: *t.AccessToken.AccessKeyId, SecretAccessKey: *t.AccessToken.SecretAccessKey, SessionToken: aws.ToString(t.AccessToken.SessionToken),
		},
		Life: time.Duration(*t.ExpiresIn) * time.Second, RefreshToken: *t.RefreshToken,
	}
	return made, errors.Join(CheckFields(made.Credentials), checkText("refresh token", made.RefreshToken, maxToken))
}

// loginSubject returns the ARN in an id token of the sign-in service, and its account.
// The token comes from that service itself, over TLS, so that its signature says
// nothing more. Source: OpenID Connect Core 1.0, 3.1.3.7.
func loginSubject(idToken string) (session, account string, err error) {
	parts := strings.Split(idToken, ".")
	var claims struct{ Sub string }
	if len(parts) == 3 {
		data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
		if err != nil || json.Unmarshal(data, &claims) != nil {
			claims.Sub = ""
		}
	}
	who, err := arn.Parse(claims.Sub)
	if err != nil || who.AccountID == "" || who.Resource == "" || checkText("identity", claims.Sub, maxToken) != nil {
		return "", "", errors.New("the sign-in service answered without the identity of who has signed in")
	}
	return claims.Sub, who.AccountID, nil
}

// ClockError reports that a service refused a proof of possession, and that this
// machine's clock disagrees with the service's, which is probably why.
type ClockError struct {
	Ahead time.Duration // of AWS's clock; negative for behind
	err   error
}

func (e *ClockError) Unwrap() error { return e.err }

func (e *ClockError) Error() string {
	way := "ahead of"
	if e.Ahead < 0 {
		way = "behind"
	}
	return fmt.Sprintf("%v; this machine's clock is %v %s AWS's", e.err, e.Ahead.Abs().Round(time.Minute), way)
}

// explainedByClock returns err, with the clock as its reason if that is off.
func explainedByClock(err error, now, date time.Time) error {
	if skew := now.Sub(date); !date.IsZero() && skew.Abs() > maxProofSkew && Refused(err) && !SignInRefused(err) {
		return &ClockError{skew, err}
	}
	return err
}
