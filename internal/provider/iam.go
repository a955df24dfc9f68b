package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// IAM is the part of AWS IAM that rotates the access keys of the user who calls it. It must be signed by a long-term key, or by a
// session that was made with MFA: AWS refuses others with InvalidClientTokenId.
type IAM struct {
	client      Client
	credentials aws.Credentials
}

// IAM returns a client that signs with creds.
func (c Client) IAM(creds aws.Credentials) *IAM { return &IAM{c, creds} }

// AccessKey is a long-term key as IAM lists it, without its secret.
type AccessKey struct {
	ID      string
	Active  bool
	Created time.Time
}

// MaxAccessKeys is how many keys IAM lets a user have. Source: "IAM and AWS STS quotas" in the IAM User Guide.
const MaxAccessKeys = 2

// AccessKeys lists the user's keys. One that was made a moment ago may be missing yet.
func (i *IAM) AccessKeys(ctx context.Context) ([]AccessKey, error) {
	var out struct {
		Keys []struct {
			AccessKeyID string `xml:"AccessKeyId"`
			Status      string
			CreateDate  time.Time
		} `xml:"ListAccessKeysResult>AccessKeyMetadata>member"`
	}
	if err := i.call(ctx, "list access keys", "ListAccessKeys", nil, &out); err != nil {
		return nil, err
	}
	keys := make([]AccessKey, len(out.Keys))
	for n, k := range out.Keys {
		keys[n] = AccessKey{k.AccessKeyID, k.Status == "Active", k.CreateDate}
	}
	return keys, nil
}

// CreateAccessKey makes one more key for the user. When the error is [ErrOutcomeUnknown], there may be one, whose secret is lost.
func (i *IAM) CreateAccessKey(ctx context.Context) (aws.Credentials, error) {
	var out struct {
		AccessKeyID     string `xml:"CreateAccessKeyResult>AccessKey>AccessKeyId"`
		SecretAccessKey string `xml:"CreateAccessKeyResult>AccessKey>SecretAccessKey"`
	}
	if err := i.call(ctx, "create an access key", "CreateAccessKey", nil, &out); err != nil {
		return aws.Credentials{}, err
	}
	if out.AccessKeyID == "" || out.SecretAccessKey == "" {
		return aws.Credentials{}, fmt.Errorf("create an access key: %w: iam answered without one", ErrOutcomeUnknown)
	}
	return aws.Credentials{AccessKeyID: out.AccessKeyID, SecretAccessKey: out.SecretAccessKey}, nil
}

// DeactivateAccessKey switches one of the user's keys off.
func (i *IAM) DeactivateAccessKey(ctx context.Context, id string) error {
	return i.call(ctx, "switch off access key "+id, "UpdateAccessKey", url.Values{"AccessKeyId": {id}, "Status": {"Inactive"}}, nil)
}

// DeleteAccessKey deletes one of the user's keys.
func (i *IAM) DeleteAccessKey(ctx context.Context, id string) error {
	return i.call(ctx, "delete access key "+id, "DeleteAccessKey", url.Values{"AccessKeyId": {id}}, nil)
}

// KeyUse is when and for what a key was used last. The zero value is never. AWS may tell hours late.
type KeyUse struct {
	Time            time.Time
	Service, Region string
}

// AccessKeyLastUsed tells of the last use of one of the user's keys.
func (i *IAM) AccessKeyLastUsed(ctx context.Context, id string) (KeyUse, error) {
	var out struct {
		Date    string `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>LastUsedDate"`
		Service string `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>ServiceName"`
		Region  string `xml:"GetAccessKeyLastUsedResult>AccessKeyLastUsed>Region"`
	}
	operation := "ask for the last use of access key " + id
	if err := i.call(ctx, operation, "GetAccessKeyLastUsed", url.Values{"AccessKeyId": {id}}, &out); err != nil {
		return KeyUse{}, err
	}
	if out.Date == "" {
		return KeyUse{}, nil
	}
	used, err := time.Parse(time.RFC3339, out.Date)
	if err != nil {
		return KeyUse{}, called(operation, errors.New("iam answered without a date"))
	}
	return KeyUse{used, out.Service, out.Region}, nil
}

// iamHosts are where each partition has IAM, which is one service for all its regions, and the region that its requests are signed
// for. Source: the endpoint rules of the AWS SDK for Go (service/iam v1.64).
var iamHosts = map[string]struct{ region, host, dualStack, fips, fipsDualStack string }{
	"aws":        {"us-east-1", "iam.amazonaws.com", "iam.global.api.aws", "iam-fips.amazonaws.com", "iam-fips.global.api.aws"},
	"aws-cn":     {"cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "iam.global.api.amazonwebservices.com.cn", "iam-fips.amazonaws.com.cn", "iam-fips.api.amazonwebservices.com.cn"},
	"aws-us-gov": {"us-gov-west-1", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws"},
	"aws-iso":    {"us-iso-east-1", "iam.us-iso-east-1.c2s.ic.gov", "iam.api.aws.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov", "iam-fips.api.aws.ic.gov"},
	"aws-iso-b":  {"us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov", "iam.api.aws.scloud", "iam-fips.us-isob-east-1.sc2s.sgov.gov", "iam-fips.api.aws.scloud"},
	"aws-iso-e":  {"eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk", "iam.api.cloud-aws.adc-e.uk", "iam-fips.cloud.adc-e.uk", "iam-fips.api.cloud-aws.adc-e.uk"},
	"aws-iso-f":  {"us-isof-south-1", "iam.us-isof-south-1.csp.hci.ic.gov", "iam.api.aws.hci.ic.gov", "iam-fips.csp.hci.ic.gov", "iam-fips.api.aws.hci.ic.gov"},
	"aws-eusc":   {"eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "iam.global.api.amazonwebservices.eu", "iam-fips.amazonaws.eu", "iam-fips.api.amazonwebservices.eu"},
}

// iamEndpoint is the URL of IAM and the region to sign for.
func (c Client) iamEndpoint() (endpoint, region string) {
	hosts := iamHosts[partitionOf(c.region())]
	if c.IAMEndpoint != "" {
		return c.IAMEndpoint, hosts.region
	}
	host := hosts.host
	fips, dualStack := c.FIPS == aws.FIPSEndpointStateEnabled, c.DualStack == aws.DualStackEndpointStateEnabled
	switch {
	case fips && dualStack:
		host = hosts.fipsDualStack
	case fips:
		host = hosts.fips
	case dualStack:
		host = hosts.dualStack
	}
	return "https://" + host, hosts.region
}
