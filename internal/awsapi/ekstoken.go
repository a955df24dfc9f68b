package awsapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What EKS takes as a token. Source: token.go of aws-iam-authenticator, which EKS
// runs, and "eks get-token" of the AWS CLI.
const (
	eksTokenPrefix  = "k8s-aws-v1."
	eksClusterName  = "x-k8s-aws-id" // the header that names the cluster
	eksTokenSeconds = "60"           // X-Amz-Expires; EKS takes the token for 15 minutes

	// EKSTokenLife is how long a token is used, a minute less than EKS takes it.
	EKSTokenLife = 14 * time.Minute
)

// EKSToken returns a token that says to a cluster of EKS whose credentials creds are:
// the URL of a GetCallerIdentity, signed at a time. It makes no call.
func (c Client) EKSToken(ctx context.Context, creds aws.Credentials, cluster string, at time.Time) (string, error) {
	endpoint, err := c.stsURL(ctx)
	if err != nil {
		return "", err
	}
	endpoint.RawQuery = "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=" + eksTokenSeconds
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint.String(), nil)
	if err != nil {
		return "", fmt.Errorf("sign a token for cluster %q: %w", cluster, err)
	}
	r.Header.Set(eksClusterName, cluster)
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, creds, r, hex.EncodeToString(empty[:]), "sts", c.CalledRegion(), at)
	if err != nil {
		return "", fmt.Errorf("sign a token for cluster %q: %w", cluster, err)
	}
	return eksTokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(likeBotocore(signed))), nil
}

// likeBotocore returns a signed URL with its parameters in the order of botocore, which
// does not change what is signed: the token is then the AWS CLI's, byte for byte.
func likeBotocore(signed string) string {
	base, query, _ := strings.Cut(signed, "?")
	var before, last []string
	for parameter := range strings.SplitSeq(query, "&") {
		switch name, _, _ := strings.Cut(parameter, "="); name {
		case "X-Amz-Security-Token", "X-Amz-Signature":
			last = append(last, parameter)
		default:
			before = append(before, parameter)
		}
	}
	return base + "?" + strings.Join(append(before, last...), "&")
}

// stsURL returns the URL at which STS is called.
func (c Client) stsURL(ctx context.Context) (*url.URL, error) {
	if err := checkEndpoint(c.Endpoint); err != nil {
		return nil, err
	}
	parameters := sts.EndpointParameters{
		Region:            aws.String(c.CalledRegion()),
		UseFIPS:           aws.Bool(c.FIPS == aws.FIPSEndpointStateEnabled),
		UseDualStack:      aws.Bool(c.DualStack == aws.DualStackEndpointStateEnabled),
		UseGlobalEndpoint: aws.Bool(false),
	}
	if c.Endpoint != "" {
		parameters.Endpoint = aws.String(c.Endpoint)
		parameters.UseFIPS, parameters.UseDualStack = aws.Bool(false), aws.Bool(false)
	}
	resolved, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, parameters)
	if err != nil {
		return nil, Failed("find the endpoint of STS in "+c.CalledRegion(), err)
	}
	u := resolved.URI
	if u.Path == "" {
		u.Path = "/"
	}
	return &u, nil
}
