// Package registry knows the hosts of the registries of Amazon ECR.
package registry

import "strings"

// publicRegion is where ECR Public makes passwords.
const publicRegion = "us-east-1"

// Registry is a registry of Amazon ECR.
type Registry struct {
	Host    string
	Public  bool
	Account string // that owns it; "" for the public one
	Region  string // that signs for it

	API string // the host of the service that makes passwords for it
}

// publicRegistries are the hosts of ECR Public, which has one registry for all.
var publicRegistries = []string{"public.ecr.aws", "ecr-public.aws.com"}

// registryDomains are the ends of the hosts of registries, with those of the service.
// Sources: the endpoints of ECR in the AWS General Reference, and the endpoint rules
// of the AWS SDKs.
var registryDomains = []struct {
	registry, api string
	dualStack     bool
}{
	{"amazonaws.com", "amazonaws.com", false},
	{"amazonaws.com.cn", "amazonaws.com.cn", false},
	{"amazonaws.eu", "amazonaws.eu", false},
	{"c2s.ic.gov", "c2s.ic.gov", false},
	{"sc2s.sgov.gov", "sc2s.sgov.gov", false},
	{"cloud.adc-e.uk", "cloud.adc-e.uk", false},
	{"csp.hci.ic.gov", "csp.hci.ic.gov", false},
	{"on.aws", "api.aws", true},
	{"on.amazonwebservices.com.cn", "api.amazonwebservices.com.cn", true},
}

// Parse returns the registry of ECR at a host, which may have a scheme and a
// path. Ok is false for any other registry.
func Parse(server string) (r Registry, ok bool) {
	host := server
	if _, rest, found := strings.Cut(server, "://"); found {
		host = rest
	}
	host, _, _ = strings.Cut(host, "/")
	host = strings.ToLower(strings.TrimSuffix(host, ":443"))
	for _, public := range publicRegistries {
		if host == public {
			return Registry{Host: host, Public: true, Region: publicRegion, API: "api.ecr-public." + publicRegion + ".amazonaws.com"}, true
		}
	}
	account, rest, _ := strings.Cut(host, ".")
	if len(account) != 12 || strings.Trim(account, "0123456789") != "" {
		return Registry{}, false
	}
	for _, form := range []struct {
		prefix          string
		fips, dualStack bool
	}{{"dkr.ecr.", false, false}, {"dkr.ecr-fips.", true, false}, {"dkr-ecr.", false, true}, {"dkr-ecr-fips.", true, true}} {
		of, found := strings.CutPrefix(rest, form.prefix)
		region, domain, _ := strings.Cut(of, ".")
		if !found || region == "" || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			continue
		}
		for _, d := range registryDomains {
			if d.registry == domain && d.dualStack == form.dualStack {
				return Registry{Host: host, Account: account, Region: region, API: apiHost(form.fips, form.dualStack, region, d.api)}, true
			}
		}
	}
	return Registry{}, false
}

// apiHost returns the host of the service that makes passwords for a registry.
func apiHost(fips, dualStack bool, region, domain string) string {
	switch {
	case fips:
		return "ecr-fips." + region + "." + domain
	case dualStack:
		return "ecr." + region + "." + domain
	}
	return "api.ecr." + region + "." + domain
}
