package registry

import "testing"

func TestParse(t *testing.T) {
	for server, want := range map[string]string{ // region and host of the service
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com":                       "eu-west-1 api.ecr.eu-west-1.amazonaws.com",
		"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com":               "eu-west-1 api.ecr.eu-west-1.amazonaws.com",
		"https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/team/image": "eu-west-1 api.ecr.eu-west-1.amazonaws.com",
		"123456789012.DKR.ecr.eu-west-1.amazonaws.com:443":                   "eu-west-1 api.ecr.eu-west-1.amazonaws.com",
		"123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com":              "us-gov-west-1 ecr-fips.us-gov-west-1.amazonaws.com",
		"123456789012.dkr-ecr.eu-west-1.on.aws":                              "eu-west-1 ecr.eu-west-1.api.aws",
		"123456789012.dkr-ecr-fips.us-east-1.on.aws":                         "us-east-1 ecr-fips.us-east-1.api.aws",
		"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn":                   "cn-north-1 api.ecr.cn-north-1.amazonaws.com.cn",
		"123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn":        "cn-north-1 ecr.cn-north-1.api.amazonwebservices.com.cn",
		"123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov":                      "us-iso-east-1 api.ecr.us-iso-east-1.c2s.ic.gov",
		"123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov":                  "us-isob-east-1 api.ecr.us-isob-east-1.sc2s.sgov.gov",
		"123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk":                 "eu-isoe-west-1 api.ecr.eu-isoe-west-1.cloud.adc-e.uk",
		"123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov":                "us-isof-south-1 api.ecr.us-isof-south-1.csp.hci.ic.gov",
		"123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu":                   "eusc-de-east-1 api.ecr.eusc-de-east-1.amazonaws.eu",
		"public.ecr.aws":                                           "us-east-1 api.ecr-public.us-east-1.amazonaws.com",
		"https://public.ecr.aws/team":                              "us-east-1 api.ecr-public.us-east-1.amazonaws.com",
		"https://index.registry.example/v1/":                       "",
		"dkr.ecr.eu-west-1.amazonaws.com":                          "",
		"12345678901.dkr.ecr.eu-west-1.amazonaws.com":              "",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com.example.org": "",
		"123456789012.dkr.ecr.eu-west-1.example.org":               "",
		"123456789012.dkr.ecr.a@b.amazonaws.com":                   "",
		"123456789012.dkr.ecr..amazonaws.com":                      "",
		"123456789012.dkr.ecr.eu-west-1.on.aws":                    "",
		"x@123456789012.dkr.ecr.eu-west-1.amazonaws.com":           "",
		"123456789012.dkr.ecr.eu-west-1.amazonaws.com:8443":        "",
		"evil.example/123456789012.dkr.ecr.a.amazonaws.com":        "",
		"": "",
	} {
		r, ok := Parse(server)
		got := ""
		if ok {
			got = r.Region + " " + r.API
		}
		if got != want {
			t.Errorf("%s: %q, want %q", server, got, want)
		}
	}
}
