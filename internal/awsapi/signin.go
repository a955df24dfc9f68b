package awsapi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signintypes "github.com/aws/aws-sdk-go-v2/service/signin/types"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/sso/types"
	oidctypes "github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
)

// callSignIn calls a service that takes tokens instead of signatures.
func (c Client) callSignIn(ctx context.Context, endpoint, operation string, do func(context.Context, *Wire) error) error {
	return c.callSignInWith(ctx, JSON, endpoint, operation, do)
}

// callSignInWith is callSignIn for another form of answers.
func (c Client) callSignInWith(ctx context.Context, judge Judge, endpoint, operation string, do func(context.Context, *Wire) error) error {
	wire, err := c.signInWire(endpoint)
	if err != nil {
		return err
	}
	defer wire.Close()
	wire.judge = judge
	return callOver(ctx, wire, operation, do)
}

// signInWire returns the HTTP client for such a service. The caller must Close it.
func (c Client) signInWire(endpoint string) (*Wire, error) {
	if err := checkEndpoint(endpoint); err != nil {
		return nil, err
	}
	transport, err := c.Transport()
	if err != nil {
		return nil, err
	}
	return NewWire(transport, JSON), nil
}

// callOver makes one call, bounded in time.
func callOver(ctx context.Context, wire *Wire, operation string, do func(context.Context, *Wire) error) error {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	if err := wire.Cause(ctx, do(ctx, wire)); err != nil {
		return Failed(operation, err)
	}
	return nil
}

// RoleCredentials returns the credentials of a role of IAM Identity Center, in whose
// region it is called.
func (c Client) RoleCredentials(ctx context.Context, region, accessToken, account, role string) (made Issued, err error) {
	operation := fmt.Sprintf("get the credentials of role %s in account %s", role, account)
	err = c.callSignIn(ctx, c.SSOEndpoint, operation, func(ctx context.Context, wire *Wire) error {
		out, err := c.portal(region, wire).GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{AccessToken: &accessToken, AccountId: &account, RoleName: &role})
		if err != nil {
			return err
		}
		k := out.RoleCredentials
		if k == nil || aws.ToString(k.AccessKeyId) == "" || aws.ToString(k.SecretAccessKey) == "" || k.Expiration == 0 {
			return errors.New("iam identity center answered without complete credentials")
		}
		made.Date = wire.Date()
		made.Credentials = aws.Credentials{
			AccessKeyID: *k.AccessKeyId, SecretAccessKey: *k.SecretAccessKey, SessionToken: aws.ToString(k.SessionToken),
			CanExpire: true, Expires: time.UnixMilli(k.Expiration).UTC(), Source: "GetRoleCredentials", AccountID: account,
		}
		return CheckFields(made.Credentials)
	})
	return made, err
}

// SignInRefused reports whether a service says that the tokens of a sign-in are not
// accepted any more, so that a new sign-in helps.
func SignInRefused(err error) bool {
	var denied *signintypes.AccessDeniedException
	if errors.As(err, &denied) {
		switch denied.Error_ {
		case signintypes.OAuth2ErrorCodeTokenExpired, signintypes.OAuth2ErrorCodeUserCredentialsChanged, signintypes.OAuth2ErrorCodeOauthInvalidGrant:
			return true
		}
		return false
	}
	var invalid *signintypes.ValidationException
	return errors.As(err, &invalid) && isInvalidGrant(invalid) || renewalRefused(err) || errors.As(err, new(*ssotypes.UnauthorizedException))
}

// isInvalidGrant reports whether a refresh token or a code is refused. The service has a
// word for that, but uses the word for any invalid request too, with this message
// (aws-cli issue 10613).
func isInvalidGrant(e *signintypes.ValidationException) bool {
	return e.Error_ == signintypes.OAuth2ErrorCodeOauthInvalidGrant || strings.Contains(e.ErrorMessage(), "authorization grant is invalid")
}

// CodeExpired reports whether the code of a sign-in, or the client that it is for, is
// not accepted any more.
func CodeExpired(err error) bool {
	var denied *signintypes.AccessDeniedException
	var invalid *signintypes.ValidationException
	return errors.As(err, &denied) && denied.Error_ == signintypes.OAuth2ErrorCodeAuthcodeExpired || errors.As(err, &invalid) && isInvalidGrant(invalid) ||
		errors.As(err, new(*oidctypes.InvalidGrantException)) || ClientRefused(err)
}

// RenewalForbidden reports whether policies forbid to renew a login session.
func RenewalForbidden(err error) bool {
	var denied *signintypes.AccessDeniedException
	return errors.As(err, &denied) && denied.Error_ == signintypes.OAuth2ErrorCodeInsufficientPermissions
}

func optional(endpoint string) *string {
	if endpoint == "" {
		return nil
	}
	return &endpoint
}
