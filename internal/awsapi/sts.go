package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// Identity is the owner of the credentials that signed a call.
type Identity struct {
	Account, ARN, UserID string
}

// WhoAmI asks STS whose credentials creds are. No policy can forbid that call.
// Source: API reference of GetCallerIdentity.
func (c Client) WhoAmI(ctx context.Context, creds aws.Credentials) (id Identity, err error) {
	_, err = c.callSTS(ctx, creds, "get caller identity with "+creds.AccessKeyID, func(ctx context.Context, api *sts.Client) error {
		out, err := api.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		if err != nil {
			return err
		}
		id = Identity{aws.ToString(out.Account), aws.ToString(out.Arn), aws.ToString(out.UserId)}
		if id.Account == "" || id.ARN == "" {
			return errors.New("sts answered without an account or ARN")
		}
		return checkText("identity", id.Account+id.ARN+id.UserID, maxIdentity)
	})
	return id, err
}

// Issued are credentials that AWS has made.
type Issued struct {
	aws.Credentials // they expire, by AWS's clock

	// Date is when they were made, by AWS's clock and to the second; zero if the
	// answer has no date.
	Date time.Time

	// Packed is how much of the room for session policies and tags they take, in
	// percent; 0 if there are none.
	Packed int
}

// GetSessionToken makes a session of the long-term key.
func (c Client) GetSessionToken(ctx context.Context, longTerm aws.Credentials, in *sts.GetSessionTokenInput) (Issued, error) {
	var out *sts.GetSessionTokenOutput
	wire, err := c.callSTS(ctx, longTerm, "get session token with "+longTerm.AccessKeyID, func(ctx context.Context, api *sts.Client) (err error) {
		out, err = api.GetSessionToken(ctx, in)
		return err
	})
	if err != nil {
		return Issued{}, err
	}
	return issued(out.Credentials, "GetSessionToken", wire)
}

// GetFederationToken makes a session of the long-term key for a user that is not in
// IAM, whose ARN it returns.
func (c Client) GetFederationToken(ctx context.Context, longTerm aws.Credentials, in *sts.GetFederationTokenInput) (made Issued, user string, err error) {
	var out *sts.GetFederationTokenOutput
	wire, err := c.callSTS(ctx, longTerm, "get federation token with "+longTerm.AccessKeyID, func(ctx context.Context, api *sts.Client) (err error) {
		out, err = api.GetFederationToken(ctx, in)
		return err
	})
	if err != nil {
		return Issued{}, "", err
	}
	if out.FederatedUser != nil {
		user = aws.ToString(out.FederatedUser.Arn)
	}
	made, err = issued(out.Credentials, "GetFederationToken", wire)
	made.Packed = int(aws.ToInt32(out.PackedPolicySize)) //lint:ignore SA1019 the limit that a policy meets first
	return made, user, cmp.Or(err, checkText("ARN", user, maxIdentity))
}

// AssumeRole makes a session of a role for source, which may be a long-term key
// or a session.
func (c Client) AssumeRole(ctx context.Context, source aws.Credentials, in *sts.AssumeRoleInput) (Issued, error) {
	var out *sts.AssumeRoleOutput
	operation := fmt.Sprintf("assume role %s with %s", aws.ToString(in.RoleArn), source.AccessKeyID)
	wire, err := c.callSTS(ctx, source, operation, func(ctx context.Context, api *sts.Client) (err error) {
		out, err = api.AssumeRole(ctx, in)
		return err
	})
	if err != nil {
		return Issued{}, err
	}
	made, err := issued(out.Credentials, "AssumeRole", wire)
	made.Packed = int(aws.ToInt32(out.PackedPolicySize)) //lint:ignore SA1019 the limit that a policy meets first
	return made, err
}

// AssumeRoleWithWebIdentity makes a session of a role for the token of an
// OpenID Connect provider. Set sets the role and the other parameters.
func (c Client) AssumeRoleWithWebIdentity(ctx context.Context, token stscreds.IdentityTokenRetriever, set func(*stscreds.WebIdentityRoleOptions)) (Issued, error) {
	var o stscreds.WebIdentityRoleOptions
	set(&o)
	var made aws.Credentials
	var answer answeredWeb
	wire, err := c.callSTS(ctx, aws.Credentials{}, "assume role "+o.RoleARN, func(ctx context.Context, api *sts.Client) (err error) {
		answer.Client = api
		made, err = stscreds.NewWebIdentityRoleProvider(&answer, o.RoleARN, token, set).Retrieve(ctx)
		if err == nil && made.SessionToken == "" {
			err = ErrNoToken
		}
		return cmp.Or(err, CheckFields(made))
	})
	if err != nil {
		return Issued{}, err
	}
	return Issued{Credentials: made, Date: wire.Date(), Packed: answer.packed}, nil
}

// answeredWeb is a client of STS that keeps what the SDK's provider passes over.
type answeredWeb struct {
	*sts.Client
	packed int
}

// AssumeRoleWithWebIdentity implements stscreds.AssumeRoleWithWebIdentityAPIClient.
func (a *answeredWeb) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput, options ...func(*sts.Options)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	out, err := a.Client.AssumeRoleWithWebIdentity(ctx, in, options...)
	if err == nil {
		a.packed = int(aws.ToInt32(out.PackedPolicySize)) //lint:ignore SA1019 the limit that a policy meets first
	}
	return out, err
}

// ErrNoToken is the error for an answer of an STS that is not that of AWS.
var ErrNoToken = errors.New("sts answered without a session token: what it made is not temporary credentials")

// issued returns the credentials in an answer of STS.
func issued(c *types.Credentials, operation string, wire *Wire) (Issued, error) {
	if c == nil || aws.ToString(c.AccessKeyId) == "" || aws.ToString(c.SecretAccessKey) == "" || c.Expiration == nil {
		return Issued{}, errors.New("sts answered without complete credentials")
	}
	if aws.ToString(c.SessionToken) == "" {
		return Issued{}, ErrNoToken
	}
	made := aws.Credentials{
		AccessKeyID:     *c.AccessKeyId,
		SecretAccessKey: *c.SecretAccessKey,
		SessionToken:    aws.ToString(c.SessionToken),
		CanExpire:       true,
		Expires:         *c.Expiration,
		Source:          operation,
	}
	return Issued{Credentials: made, Date: wire.Date()}, CheckFields(made)
}

// Limits of the parts of credentials, far above what AWS makes. A token with many
// session tags has a few kilobytes.
const (
	maxKeyID    = 128 // Source: API reference of STS, Credentials
	maxSecret   = 1 << 10
	maxToken    = 64 << 10
	maxIdentity = 4 << 10
)

// CheckFields returns an error if a part of the credentials in an answer is
// longer than any of AWS, or holds characters that AWS does not use.
func CheckFields(c aws.Credentials) error {
	for _, f := range []struct {
		name, value string
		most        int
	}{
		{"access key id", c.AccessKeyID, maxKeyID}, {"secret access key", c.SecretAccessKey, maxSecret}, {"session token", c.SessionToken, maxToken},
	} {
		if err := checkText(f.name, f.value, f.most); err != nil {
			return err
		}
	}
	return nil
}

// checkText checks the length and the characters of a part of an answer. The
// error does not quote it.
func checkText(name, value string, most int) error {
	if len(value) > most {
		return fmt.Errorf("the %s in the answer has %d bytes, more than the %d that are taken", name, len(value), most)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("the %s in the answer holds characters that none of AWS has", name)
	}
	return nil
}

// ServerTime asks STS for its time, to the second. The request carries no
// credentials: STS refuses it, and dates the refusal.
func (c Client) ServerTime(ctx context.Context) (time.Time, error) {
	const operation = "ask for the time"
	wire, err := c.callSTS(ctx, aws.Credentials{}, operation, func(ctx context.Context, api *sts.Client) error {
		anonymous := sts.New(api.Options(), func(o *sts.Options) { o.Credentials = aws.AnonymousCredentials{} })
		_, err := anonymous.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	})
	if wire != nil && !wire.Date().IsZero() {
		return wire.Date(), nil
	}
	if err == nil || Refused(err) {
		err = Failed(operation, errors.New("sts answered without its time"))
	}
	return time.Time{}, err
}
