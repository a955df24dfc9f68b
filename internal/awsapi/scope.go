package awsapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// Scope is where tokens that STS makes for a client hold. Clients with equal scopes
// can use each other's tokens.
//
// A token of a regional endpoint holds in all regions of its partition, whichever
// of its hosts made it (FIPS, dual-stack). Source: "Manage AWS STS in an AWS Region"
// in the IAM User Guide.
type Scope struct {
	Partition string
	Endpoint  string // the endpoint if it is the user's own and not one of AWS, else ""

	// Region is the opt-in region that is called through the legacy global
	// endpoint, else "". A token that the global endpoint made for another region
	// may not hold there.
	Region string
}

// globalHost is the legacy global endpoint. Clients call it only where the user
// names it as an endpoint: sts_regional_endpoints = legacy is ignored, as in the Go
// SDK.
const globalHost = "sts.amazonaws.com"

// defaultRegions are the regions that are enabled in every account: those from
// before March 20, 2019. Every later one is opt-in. Source: "Specify which AWS
// Regions your account can use" in the AWS Account Management Reference.
var defaultRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
	"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
}

// regionalHost matches the hosts of STS in a region that AWS has itself, of
// a VPC too. Source: "AWS STS Regions and endpoints" in the IAM User Guide, and
// "Access an AWS service using an interface VPC endpoint" in the VPC guide.
var regionalHost = lazyregexp.New(`^(?:sts|sts-fips|vpce-[a-z0-9-]+\.sts)\.([a-z]+(?:-[a-z]+)+-[0-9]+)` +
	`(?:\.vpce)?\.(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws|api\.amazonwebservices\.com\.cn|c2s\.ic\.gov|sc2s\.sgov\.gov)$`)

// Scope returns where tokens hold that STS makes for c.
func (c Client) Scope() Scope {
	s := Scope{Partition: PartitionOf(c.Region), Endpoint: canonical(c.Endpoint)}
	if host, secure := strings.CutPrefix(s.Endpoint, "https://"); secure {
		if m := regionalHost().FindStringSubmatch(host); m != nil && PartitionOf(m[1]) == s.Partition {
			s.Endpoint = ""
		}
	}
	if u, err := url.Parse(s.Endpoint); err == nil && strings.EqualFold(u.Hostname(), globalHost) && !slices.Contains(defaultRegions, c.CalledRegion()) {
		s.Region = c.CalledRegion()
	}
	return s
}

// canonical returns the one form of an endpoint that calls the same server.
func canonical(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return endpoint
	}
	u.Host = strings.ToLower(u.Host)
	if port, ok := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; ok {
		u.Host = strings.TrimSuffix(u.Host, port)
	}
	return strings.TrimRight(u.String(), "/")
}
