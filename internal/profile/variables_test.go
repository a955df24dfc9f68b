package profile

import (
	"slices"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
)

// variablesOf returns the variables of profile x of a config file, as NAME=value.
func variablesOf(t *testing.T, config string, environ ...string) []string {
	t.Helper()
	file, err := awsini.Parse("config", []byte(config), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&Config{Config: file, Credentials: &awsini.File{}}).Profile("x")
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) (string, bool) {
		for _, kv := range environ {
			if value, ok := strings.CutPrefix(kv, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}
	var got []string
	for _, kv := range Variables(lookup, p) {
		got = append(got, kv[0]+"="+kv[1])
	}
	return got
}

func TestVariables(t *testing.T) {
	const services = "services = local\n[services local]\ns3 =\n  endpoint_url = http://s3\nelastic_beanstalk =\n  endpoint_url = http://eb\n  other = 1\nno-service =\n  endpoint_url = http://no\nsts =\n  other = 1\nflat = http://no\n"
	for _, tt := range []struct {
		name, config string // of the profile
		environ      []string
		want         string
	}{
		{"none", "region = eu-west-1\nrole_arn = r\nmfa_serial = m\n", nil, ""},
		{"the endpoint of all services", "endpoint_url = http://all", nil, "AWS_ENDPOINT_URL=http://all"},
		{"endpoints of services", "endpoint_url = http://all\n" + services, nil,
			"AWS_ENDPOINT_URL=http://all AWS_ENDPOINT_URL_ELASTIC_BEANSTALK=http://eb AWS_ENDPOINT_URL_S3=http://s3"},
		{"a variable of a service comes first", services, []string{"AWS_ENDPOINT_URL_S3=http://mine"}, "AWS_ENDPOINT_URL_ELASTIC_BEANSTALK=http://eb"},
		{"a variable of all services comes first", "endpoint_url = http://all\n" + services, []string{"AWS_ENDPOINT_URL=http://mine"}, ""},
		{"an empty variable is none", "endpoint_url = http://all\nmax_attempts = 2", []string{"AWS_ENDPOINT_URL=", "AWS_MAX_ATTEMPTS="}, "AWS_ENDPOINT_URL=http://all AWS_MAX_ATTEMPTS=2"},
		{"endpoints that the profile ignores", "ignore_configured_endpoint_urls = TRUE\nendpoint_url = http://all\n" + services, nil, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"},
		{"endpoints that a variable ignores", "endpoint_url = http://all\n" + services, []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"}, ""},
		{"endpoints that a variable restores", "ignore_configured_endpoint_urls = true\nendpoint_url = http://all", []string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false"}, "AWS_ENDPOINT_URL=http://all"},
		{"no such section", "services = other\nendpoint_url = http://all\n[services local]\n[services other]\n", nil, "AWS_ENDPOINT_URL=http://all"},
		{"switches", "use_fips_endpoint = True\nuse_dualstack_endpoint = yes\ndisable_request_compression = FALSE", nil,
			"AWS_USE_FIPS_ENDPOINT=true AWS_USE_DUALSTACK_ENDPOINT=false AWS_DISABLE_REQUEST_COMPRESSION=false"},
		{"a variable of the user", "use_fips_endpoint = true\nca_bundle = ~/ca.pem", []string{"AWS_USE_FIPS_ENDPOINT=false"}, "AWS_CA_BUNDLE=~/ca.pem"},
		{"retries", "retry_mode = adaptive\nmax_attempts = 7\ndefaults_mode = In-Region\nsts_regional_endpoints = legacy", nil,
			"AWS_STS_REGIONAL_ENDPOINTS=legacy AWS_DEFAULTS_MODE=In-Region AWS_RETRY_MODE=adaptive AWS_MAX_ATTEMPTS=7"},
		{"requests", "request_checksum_calculation = WHEN_REQUIRED\nresponse_checksum_validation = when_required\nrequest_min_compression_size_bytes = 1\nsigv4a_signing_region_set = a,b\nauth_scheme_preference = sigv4a\nsdk_ua_app_id = app\naccount_id_endpoint_mode = disabled", nil,
			"AWS_REQUEST_CHECKSUM_CALCULATION=WHEN_REQUIRED AWS_RESPONSE_CHECKSUM_VALIDATION=when_required AWS_ACCOUNT_ID_ENDPOINT_MODE=disabled AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES=1 AWS_SIGV4A_SIGNING_REGION_SET=a,b AWS_AUTH_SCHEME_PREFERENCE=sigv4a AWS_SDK_UA_APP_ID=app"},
		{"two names for one setting", "endpoint_discovery_enabled = auto", []string{"AWS_ENABLE_ENDPOINT_DISCOVERY=true"}, "AWS_ENDPOINT_DISCOVERY_ENABLED=auto"},
		{"S3", "s3_disable_express_session_auth = true\ns3_use_arn_region = true\ns3 =\n  use_arn_region = false\n  us_east_1_regional_endpoint = regional\n  addressing_style = path", nil,
			"AWS_S3_USE_ARN_REGION=true AWS_S3_US_EAST_1_REGIONAL_ENDPOINT=regional AWS_S3_DISABLE_EXPRESS_SESSION_AUTH=true"},
		{"the AWS CLI", "output = yaml\ncli_pager =\ncli_auto_prompt = on", nil, "AWS_DEFAULT_OUTPUT=yaml AWS_CLI_AUTO_PROMPT=on AWS_PAGER="},
		{"an empty pager of the user", "cli_pager = more", []string{"AWS_PAGER="}, ""},
		{"refused in a variable", "retry_mode = legacy\nmax_attempts = many\nrequest_min_compression_size_bytes = 0\naccount_id_endpoint_mode = Required\ndefaults_mode = fast\nsts_regional_endpoints = none\nrequest_checksum_calculation = never\nec2_metadata_service_endpoint_mode = ipv5", nil, ""},
		{"no value", "retry_mode =\nuse_fips_endpoint =\nendpoint_url =\nservices =\noutput =", nil, ""},
		{"more than a line", "endpoint_url = http://a\n  http://b\nca_bundle = /a\n  /b", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := "[profile x]\n" + tt.config
			if got := variablesOf(t, config, tt.environ...); strings.Join(got, " ") != tt.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// A role has its own settings, not those of its source.
func TestVariablesOfRole(t *testing.T) {
	got := variablesOf(t, "[profile x]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = y\nmax_attempts = 2\n[profile y]\nendpoint_url = http://y\nmax_attempts = 3\n")
	if !slices.Equal(got, []string{"AWS_MAX_ATTEMPTS=2"}) {
		t.Errorf("got %q", got)
	}
}

func TestHasVariable(t *testing.T) {
	for key, want := range map[string]bool{"region": true, "services": true, "output": true, "s3": false, "role_arn": false, "parameter_validation": false} {
		if got := HasVariable(key); got != want {
			t.Errorf("%s: %t", key, got)
		}
	}
}
