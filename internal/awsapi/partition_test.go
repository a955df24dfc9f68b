package awsapi

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// TestPartitionOf compares with the SDK, which shows partitions only as names
// of hosts.
func TestPartitionOf(t *testing.T) {
	suffixes := map[string]string{
		"aws":        ".amazonaws.com",
		"aws-cn":     ".amazonaws.com.cn",
		"aws-us-gov": ".amazonaws.com",
		"aws-iso":    ".c2s.ic.gov",
		"aws-iso-b":  ".sc2s.sgov.gov",
		"aws-iso-e":  ".cloud.adc-e.uk",
		"aws-iso-f":  ".csp.hci.ic.gov",
		"aws-eusc":   ".amazonaws.eu",
	}
	for region, want := range map[string]string{
		"us-east-1": "aws", "eu-west-1": "aws", "ap-southeast-7": "aws", "mx-central-1": "aws", "aws-global": "aws", "": "aws",
		"cn-north-1": "aws-cn", "cn-northwest-1": "aws-cn",
		"us-gov-west-1": "aws-us-gov", "us-gov-east-1": "aws-us-gov",
		"us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f",
		"eusc-de-east-1": "aws-eusc",
		"aws-cn-global":  "aws-cn", "aws-us-gov-global": "aws-us-gov", "aws-iso-global": "aws-iso", "aws-iso-b-global": "aws-iso-b",
		"aws-iso-e-global": "aws-iso-e", "aws-iso-f-global": "aws-iso-f", "aws-eusc-global": "aws-eusc",
	} {
		if got := PartitionOf(region); got != want {
			t.Errorf("PartitionOf(%q) = %s, want %s", region, got, want)
		}
		e, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), sts.EndpointParameters{Region: aws.String(Client{Region: region}.CalledRegion())})
		if err != nil || !strings.HasSuffix(e.URI.Host, suffixes[want]) {
			t.Errorf("the SDK calls %s in %q, want a host in %s, error %v", e.URI.Host, region, want, err)
		}
		if e.URI.Host == globalHost {
			t.Errorf("in %q the SDK calls the global endpoint", region)
		}
	}
}
