package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// Identity is whose credentials a call was signed with.
type Identity struct {
	Account, ARN, UserID string
}

// WhoAmI asks STS whose credentials creds are. No policy can forbid that call. Source: API reference of GetCallerIdentity.
func (c Client) WhoAmI(ctx context.Context, creds aws.Credentials) (Identity, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	api, err := c.STS(creds)
	if err != nil {
		return Identity{}, err
	}
	out, err := api.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, Failed("get caller identity with "+creds.AccessKeyID, err)
	}
	id := Identity{aws.ToString(out.Account), aws.ToString(out.Arn), aws.ToString(out.UserId)}
	if id.Account == "" || id.ARN == "" {
		return Identity{}, errors.New("sts answered without an account or ARN")
	}
	return id, nil
}

// GetSessionToken makes a session of the long-term key.
func (c Client) GetSessionToken(ctx context.Context, longTerm aws.Credentials, in *sts.GetSessionTokenInput) (aws.Credentials, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	api, err := c.STS(longTerm)
	if err != nil {
		return aws.Credentials{}, err
	}
	out, err := api.GetSessionToken(ctx, in)
	if err != nil {
		return aws.Credentials{}, Failed("get session token with "+longTerm.AccessKeyID, err)
	}
	return issued(out.Credentials, "GetSessionToken")
}

// AssumeRole makes a session of a role for source, which may be a long-term key or a session.
func (c Client) AssumeRole(ctx context.Context, source aws.Credentials, in *sts.AssumeRoleInput) (aws.Credentials, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	api, err := c.STS(source)
	if err != nil {
		return aws.Credentials{}, err
	}
	out, err := api.AssumeRole(ctx, in)
	if err != nil {
		return aws.Credentials{}, Failed(fmt.Sprintf("assume role %s with %s", aws.ToString(in.RoleArn), source.AccessKeyID), err)
	}
	return issued(out.Credentials, "AssumeRole")
}

// issued turns what STS answers into what the SDK works with.
func issued(c *types.Credentials, operation string) (aws.Credentials, error) {
	if c == nil || aws.ToString(c.AccessKeyId) == "" || aws.ToString(c.SecretAccessKey) == "" || c.Expiration == nil {
		return aws.Credentials{}, errors.New("sts answered without complete credentials")
	}
	return aws.Credentials{
		AccessKeyID:     *c.AccessKeyId,
		SecretAccessKey: *c.SecretAccessKey,
		SessionToken:    aws.ToString(c.SessionToken),
		CanExpire:       true,
		Expires:         *c.Expiration,
		Source:          operation,
	}, nil
}

// ServerTime asks STS for its time, to the second. The request carries no credentials: STS refuses it, and dates the refusal.
func (c Client) ServerTime(ctx context.Context) (time.Time, error) {
	ctx, cancel := withTimeout(ctx)
	defer cancel()
	api, err := c.STS(aws.Credentials{})
	if err != nil {
		return time.Time{}, err
	}
	anonymous := sts.New(api.Options(), func(o *sts.Options) { o.Credentials = aws.AnonymousCredentials{} })
	_, err = anonymous.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.Response == nil {
		return time.Time{}, Failed("ask for the time", err)
	}
	t, err := http.ParseTime(response.Response.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("sts answered without its time: %w", err)
	}
	return t, nil
}
