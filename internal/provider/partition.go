package provider

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// PartitionError reports that a profile names something in another partition than
// that of the region that is called.
type PartitionError struct {
	Profile      string
	Setting, ARN string // role_arn or mfa_serial, and where and what it is
	Region       string // "" if none is set, which means us-east-1
}

// Partition returns the partition that the setting is in.
func (e *PartitionError) Partition() string {
	parsed, _ := arn.Parse(e.ARN)
	return parsed.Partition
}

func (e *PartitionError) Error() string {
	region := "region " + e.Region
	if e.Region == "" {
		region = "there is no region set, and the default " + awsapi.DefaultRegion
	}
	return fmt.Sprintf("profile %q: %s %s is in partition %s, and %s is in %s",
		e.Profile, e.Setting, e.ARN, e.Partition(), region, awsapi.PartitionOf(e.Region))
}

// checkPartition returns an error unless all roles and MFA devices that plan uses
// are in the partition that its calls go to. Partitions know nothing of each other,
// and AWS would answer that the key or the role does not exist. An MFA device
// without an ARN is a hardware device.
func (m *maker) checkPartition(plan *Plan) error {
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
			if err == nil && parsed.Partition != awsapi.PartitionOf(m.Client.Region) {
				return &PartitionError{p.Name, fmt.Sprintf("%s: %s", p.Origin[key], key), used[key], m.Client.Region}
			}
		}
	}
	return nil
}
