package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/profile"
)

// TestPartitionOf compares with the SDK, which shows partitions only as names of hosts.
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
	} {
		if got := partitionOf(region); got != want {
			t.Errorf("partitionOf(%q) = %s, want %s", region, got, want)
		}
		if region == "" {
			continue
		}
		e, err := sts.NewDefaultEndpointResolverV2().ResolveEndpoint(t.Context(), sts.EndpointParameters{Region: aws.String(region)})
		if err != nil || !strings.HasSuffix(e.URI.Host, suffixes[want]) {
			t.Errorf("the SDK calls %s in %q, want a host in %s, error %v", e.URI.Host, region, want, err)
		}
	}
}

func TestPartition(t *testing.T) {
	server := startSTS(t)
	role := func(arn string, source *profile.Profile) *profile.Profile {
		return &profile.Profile{Name: "role", RoleARN: arn, SourceProfile: source.Name, Source: source,
			Origin: map[string]profile.Pos{"role_arn": {File: "config", Line: 2}}}
	}
	work := &profile.Profile{Name: "work"}
	middle := role("arn:aws-cn:iam::123456789012:role/y", work)
	middle.Name = "middle"
	for _, tt := range []struct {
		name    string
		profile *profile.Profile
		region  string
		says    []string // of the error; none is no error of partitions
	}{
		{"same", role("arn:aws:iam::123456789012:role/x", work), "eu-west-1", nil},
		{"no region", role("arn:aws:iam::123456789012:role/x", work), "", nil},
		{"same, China", role("arn:aws-cn:iam::123456789012:role/x", work), "cn-north-1", nil},
		{"role of China", role("arn:aws-cn:iam::123456789012:role/x", work), "eu-west-1",
			[]string{`profile "role"`, "config:2: role_arn", "arn:aws-cn:iam::123456789012:role/x is in partition aws-cn", "region eu-west-1 is in aws"}},
		{"role of GovCloud, no region", role("arn:aws-us-gov:iam::123456789012:role/x", work), "",
			[]string{"aws-us-gov", "no region set", "us-east-1"}},
		{"commercial role in GovCloud", role("arn:aws:iam::123456789012:role/x", work), "us-gov-west-1", []string{"region us-gov-west-1 is in aws-us-gov"}},
		{"role in the middle", role("arn:aws:iam::123456789012:role/x", middle), "eu-west-1", []string{"role/y"}},
		{"device", &profile.Profile{Name: "work", MFASerial: "arn:aws-us-gov:iam::123456789012:mfa/me"}, "eu-west-1", []string{"mfa_serial", "aws-us-gov"}},
		{"hardware device", &profile.Profile{Name: "work", MFASerial: "GAHT12345678"}, "cn-north-1", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, server)
			o.Client.Region = tt.region
			_, err := New(t.Context(), tt.profile, o)
			var partition *PartitionError
			if errors.As(err, &partition) != (tt.says != nil) {
				t.Fatalf("error %v", err)
			}
			for _, want := range tt.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
	if n := len(server.Requests()); n != 0 {
		t.Errorf("%d calls, want none before partitions are compared", n)
	}
}
