package provider

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// partitionPrefixes tell the partition of a region by the start of its name; every other region is one of "aws". Source: the
// partitions.json that the AWS SDKs are made with, where each is a regular expression.
var partitionPrefixes = [...]struct{ prefix, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
	{"eusc-", "aws-eusc"},
}

// partitionOf is the partition that a region is in.
func partitionOf(region string) string {
	for _, p := range partitionPrefixes {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}

// PartitionError says that a profile names something in another partition than that of the region that is called.
type PartitionError struct {
	Profile      string
	Setting, ARN string // role_arn or mfa_serial, and where and what it is
	Region       string // "" is none, which means us-east-1
}

func (e *PartitionError) Error() string {
	parsed, _ := arn.Parse(e.ARN)
	region := "region " + e.Region
	if e.Region == "" {
		region = "there is no region set, and the default " + defaultRegion
	}
	return fmt.Sprintf("profile %q: %s %s is in partition %s, and %s is in %s",
		e.Profile, e.Setting, e.ARN, parsed.Partition, region, partitionOf(e.Region))
}

// checkPartition checks that all roles and MFA devices that plan uses are where its calls go: partitions know nothing of each
// other, and AWS would answer that the key or the role does not exist. An MFA device that is no ARN is one of hardware.
func (o *Options) checkPartition(plan *Plan) error {
	for ; plan != nil; plan = plan.From {
		p := plan.Profile
		used := map[string]string{}
		switch {
		case plan.Kind == Role || plan.Kind == WebIdentity:
			used["role_arn"], used["mfa_serial"] = p.RoleARN, p.MFASerial
		case plan.LongTerm() || plan.Kind == Process:
			used["mfa_serial"] = p.MFASerial
		}
		for _, key := range []string{"role_arn", "mfa_serial"} {
			parsed, err := arn.Parse(used[key])
			if err == nil && parsed.Partition != partitionOf(o.Client.Region) {
				return &PartitionError{p.Name, fmt.Sprintf("%s: %s", p.Origin[key], key), used[key], o.Client.Region}
			}
		}
	}
	return nil
}
