package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

func TestPartition(t *testing.T) {
	server := startSTS(t)
	role := func(arn string, source *profile.Profile) *profile.Profile {
		return &profile.Profile{Name: "role", RoleARN: arn, SourceProfile: source.Name, Source: source,
			Origin: map[string]awsini.Pos{"role_arn": {File: "config", Line: 2}}}
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
			_, err := New(t.Context(), tt.profile, o.Parts, o.Flags)
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
