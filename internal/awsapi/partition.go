package awsapi

import "strings"

// partitionPrefixes give the partition of a region by the start of its name. Every
// other region is in "aws". Source: the partitions.json of the AWS SDKs, where each
// is a regular expression.
var partitionPrefixes = [...]struct{ prefix, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
	{"eusc-", "aws-eusc"},
}

// globalRegions are the names that SDKs have for "no region" in each partition,
// with the region in which its services for all regions are. STS has no endpoint
// under these names but the legacy global one. Source: the partitions.json of the
// AWS SDKs, implicitGlobalRegion.
var globalRegions = map[string]string{
	"aws-global":        DefaultRegion,
	"aws-cn-global":     "cn-northwest-1",
	"aws-us-gov-global": "us-gov-west-1",
	"aws-iso-global":    "us-iso-east-1",
	"aws-iso-b-global":  "us-isob-east-1",
	"aws-iso-e-global":  "eu-isoe-west-1",
	"aws-iso-f-global":  "us-isof-south-1",
	"aws-eusc-global":   "eusc-de-east-1",
}

// calledIn returns the region that is called for a region that is set, "" for none.
func calledIn(region string) string {
	if region == "" {
		return DefaultRegion
	}
	if called, ok := globalRegions[region]; ok {
		return called
	}
	return region
}

// PartitionOf returns the partition that a region is in, "" for none.
func PartitionOf(region string) string {
	region = strings.TrimPrefix(calledIn(region), "fips-") // as in fips-us-gov-west-1, which the Go SDK still accepts
	for _, p := range partitionPrefixes {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition
		}
	}
	return "aws"
}
