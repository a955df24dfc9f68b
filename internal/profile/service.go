package profile

import (
	"net/url"
	"strings"
)

// awsDomains are those of the services of AWS, its partitions and VPC endpoints
// included. Source: the partitions in the endpoint rules of the SDKs.
var awsDomains = []string{"amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "api.aws", "on.aws", "api.amazonwebservices.com.cn", "c2s.ic.gov", "sc2s.sgov.gov", "adc-e.uk", "csp.hci.ic.gov"}

// OtherService returns the endpoint of a service that is not of AWS to which the
// profile called name, or a variable, sends calls; "" if there is none. The keys of
// such a service need not look like those of AWS. An endpoint of STS or IAM alone
// does not count.
func (c *Config) OtherService(name string, env func(string) string) string {
	settings, _ := c.Lookup(name)
	if ignoresEndpoints(env, isTrue(settings["ignore_configured_endpoint_urls"].Text)) {
		return ""
	}
	endpoints := []string{env("AWS_ENDPOINT_URL"), env("AWS_ENDPOINT_URL_S3"), settings["endpoint_url"].Text, settings["s3"].Nested["endpoint_url"].Text}
	if section, ok := c.Config.Services[settings["services"].Text]; ok {
		for service, v := range c.Config.SettingsOf(section) {
			if service != "sts" && service != "iam" {
				endpoints = append(endpoints, v.Nested["endpoint_url"].Text)
			}
		}
	}
	for _, e := range endpoints {
		if e != "" && !isOfAWS(e) {
			return e
		}
	}
	return ""
}

// isOfAWS reports whether an endpoint is one of AWS.
func isOfAWS(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	host := "." + strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	for _, domain := range awsDomains {
		if strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
