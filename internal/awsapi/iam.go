package awsapi

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	smithyauth "github.com/aws/smithy-go/auth"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// IAM is the part of AWS IAM that is about the access keys and the MFA devices of
// the user who calls it. It must be signed by a long-term key, or by a session that was made with
// MFA: AWS refuses others with InvalidClientTokenId.
type IAM struct {
	client      Client
	credentials aws.Credentials
}

// IAM returns a client that signs with creds.
func (c Client) IAM(creds aws.Credentials) *IAM { return &IAM{c, creds} }

// ErrOutcomeUnknown means that a call that must not be repeated may have been
// executed: its answer did not arrive.
var ErrOutcomeUnknown = errors.New("it is not known whether AWS did it")

// AccessKey is a long-term key as IAM lists it, without its secret.
type AccessKey struct {
	ID      string
	Active  bool
	Created time.Time
}

// MFADevices returns the serial numbers of the user's MFA devices, as mfa_serial
// names them: the ARN of an authenticator app or of a passkey, or what is printed on
// a hardware token. Many users may not make this call.
func (i *IAM) MFADevices(ctx context.Context) (serials []string, err error) {
	err = i.call(ctx, "list MFA devices", func(ctx context.Context, api *iam.Client) error {
		out, err := api.ListMFADevices(ctx, &iam.ListMFADevicesInput{})
		if err != nil {
			return err
		}
		for _, d := range out.MFADevices {
			if err := checkText("serial number", aws.ToString(d.SerialNumber), maxSerial); err != nil {
				return err
			}
			serials = append(serials, aws.ToString(d.SerialNumber))
		}
		return nil
	})
	return serials, err
}

// maxSerial is the longest serial number of an MFA device. Source: API reference of
// IAM, MFADevice.
const maxSerial = 256

// MaxAccessKeys is how many keys IAM lets a user have. Source: "IAM and AWS STS
// quotas" in the IAM User Guide.
const MaxAccessKeys = 2

// AccessKeys returns the user's keys. One that was made a moment ago may still be
// missing.
func (i *IAM) AccessKeys(ctx context.Context) (keys []AccessKey, err error) {
	err = i.call(ctx, "list access keys", func(ctx context.Context, api *iam.Client) error {
		out, err := api.ListAccessKeys(ctx, &iam.ListAccessKeysInput{})
		if err != nil {
			return err
		}
		for _, k := range out.AccessKeyMetadata {
			if err := checkText("access key id", aws.ToString(k.AccessKeyId), maxKeyID); err != nil {
				return err
			}
			keys = append(keys, AccessKey{aws.ToString(k.AccessKeyId), k.Status == types.StatusTypeActive, aws.ToTime(k.CreateDate)})
		}
		return nil
	})
	return keys, err
}

// CreateAccessKey makes one more key for the user. When the error is
// [ErrOutcomeUnknown], there may be one, whose secret is lost.
func (i *IAM) CreateAccessKey(ctx context.Context) (made aws.Credentials, err error) {
	err = i.call(ctx, "create an access key", func(ctx context.Context, api *iam.Client) error {
		out, err := api.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}, func(o *iam.Options) { o.Retryer = retryUndone() })
		if err != nil {
			return err
		}
		if k := out.AccessKey; k != nil {
			made = aws.Credentials{AccessKeyID: aws.ToString(k.AccessKeyId), SecretAccessKey: aws.ToString(k.SecretAccessKey)}
		}
		if made.AccessKeyID == "" || made.SecretAccessKey == "" {
			return errors.New("iam answered without one")
		}
		return CheckFields(made)
	})
	var call *CallError
	if errors.As(err, &call) && !Refused(err) && !Throttled(err) {
		err = fmt.Errorf("%w; %w", err, ErrOutcomeUnknown)
	}
	if err != nil {
		return aws.Credentials{}, err
	}
	return made, nil
}

// DeactivateAccessKey makes one of the user's keys inactive.
func (i *IAM) DeactivateAccessKey(ctx context.Context, id string) error {
	return i.setStatus(ctx, "switch off access key "+id, id, types.StatusTypeInactive)
}

// ActivateAccessKey makes one of the user's keys active.
func (i *IAM) ActivateAccessKey(ctx context.Context, id string) error {
	return i.setStatus(ctx, "switch on access key "+id, id, types.StatusTypeActive)
}

func (i *IAM) setStatus(ctx context.Context, operation, id string, status types.StatusType) error {
	return i.call(ctx, operation, func(ctx context.Context, api *iam.Client) error {
		_, err := api.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{AccessKeyId: &id, Status: status})
		return err
	})
}

// DeleteAccessKey deletes one of the user's keys.
func (i *IAM) DeleteAccessKey(ctx context.Context, id string) error {
	return i.call(ctx, "delete access key "+id, func(ctx context.Context, api *iam.Client) error {
		_, err := api.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{AccessKeyId: &id})
		return err
	})
}

// KeyUse is when and for what a key was used last. The zero value means never.
// AWS may report it hours late.
type KeyUse struct {
	Time            time.Time
	Service, Region string
}

// AccessKeyLastUsed returns the last use of one of the user's keys.
func (i *IAM) AccessKeyLastUsed(ctx context.Context, id string) (use KeyUse, err error) {
	err = i.call(ctx, "ask for the last use of access key "+id, func(ctx context.Context, api *iam.Client) error {
		out, err := api.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
		if err == nil && out.AccessKeyLastUsed != nil && out.AccessKeyLastUsed.LastUsedDate != nil {
			u := out.AccessKeyLastUsed
			use = KeyUse{*u.LastUsedDate, cut(aws.ToString(u.ServiceName)), cut(aws.ToString(u.Region))}
		}
		return err
	})
	return use, err
}

// call makes one call of IAM, bounded in time.
func (i *IAM) call(ctx context.Context, operation string, do func(context.Context, *iam.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, CallTimeout)
	defer cancel()
	api, wire, err := i.client.iam(ctx, i.credentials)
	if err != nil {
		return err
	}
	defer wire.Close()
	if err := wire.Cause(ctx, do(ctx, api)); err != nil {
		return Failed(operation+" with "+i.credentials.AccessKeyID, err)
	}
	return nil
}

// iam returns the SDK's client of IAM, which has one endpoint for all regions
// of a partition.
func (c Client) iam(ctx context.Context, creds aws.Credentials) (*iam.Client, *Wire, error) {
	if err := checkEndpoint(c.IAMEndpoint); err != nil {
		return nil, nil, err
	}
	cfg, wire, err := c.config(creds)
	if err != nil {
		return nil, nil, err
	}
	if c.IAMEndpoint != "" {
		if cfg.Region, err = iamRegion(ctx, cfg.Region); err != nil {
			return nil, nil, err
		}
	}
	return iam.NewFromConfig(cfg, func(o *iam.Options) {
		if c.IAMEndpoint != "" {
			o.BaseEndpoint = aws.String(c.IAMEndpoint)
		}
		o.EndpointOptions.UseFIPSEndpoint = c.FIPS
		o.EndpointOptions.UseDualStackEndpoint = c.DualStack
	}), wire, nil
}

// iamRegion returns the region that requests to IAM are signed for. The SDK
// knows it for AWS's own endpoints only.
func iamRegion(ctx context.Context, region string) (string, error) {
	endpoint, err := iam.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, iam.EndpointParameters{
		Region: aws.String(region), UseDualStack: aws.Bool(false), UseFIPS: aws.Bool(false),
	})
	if err != nil {
		return "", err
	}
	schemes, _ := smithyauth.GetAuthOptions(&endpoint.Properties)
	for _, s := range schemes {
		if r, ok := smithyhttp.GetSigV4SigningRegion(&s.SignerProperties); ok {
			return r, nil
		}
	}
	return region, nil
}

// retryUndone returns a retryer for what must not be done twice. It repeats a request
// only if AWS did not process it, because there were too many requests, or because
// the signature had a wrong date.
func retryUndone() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
			var misdated interface{ RetryableError() bool } // the SDK's mark of a refusal that its view of the clock explains
			return aws.BoolTernary(Throttled(err) || Refused(err) && errors.As(err, &misdated) && misdated.RetryableError())
		})}
	})
}
