package profile

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
)

// setting is a setting that has nothing to do with credentials, and the variables
// that stand for it.
type setting struct {
	key       string
	within    string // the key in an s3 block that stands for the same, "" for none
	variables []string
	kind      kind
}

// kind returns the value of the variable for the value of a setting. It is false
// for a value that the variable must not have: one that botocore or the Go SDK
// refuses there. A program that works with the default would fail because of it.
type kind func(value string) (string, bool)

// text is any value of one line but an empty one, which counts as absent.
func text(value string) (string, bool) {
	return value, value != "" && !strings.ContainsFunc(value, unicode.IsControl)
}

// switched is true or false. Both SDKs take every other value of a setting for
// false, and the Go SDK refuses it in a variable.
func switched(value string) (string, bool) {
	return strconv.FormatBool(isTrue(value)), value != ""
}

// among is one of values, as written.
func among(values ...string) kind {
	return func(value string) (string, bool) { return value, slices.Contains(values, value) }
}

// amongFolded is one of values, in any letter case.
func amongFolded(values ...string) kind {
	return func(value string) (string, bool) {
		return value, slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, value) })
	}
}

// number is a whole number from least to most.
func number(least, most uint64) kind {
	return func(value string) (string, bool) {
		n, err := strconv.ParseUint(value, 10, 31)
		return value, err == nil && n >= least && n <= most
	}
}

// settings are those that a variable of botocore, the Go SDK or the AWS CLI can
// hold, but for the region and the endpoints. Sources: configprovider.py and args.py
// of botocore, env_config.go and shared_config.go of the Go SDK, clidriver.py of the
// AWS CLI.
//
// The value legacy of retry_mode is left out: the Go SDK refuses it.
var settings = []setting{
	{key: "use_fips_endpoint", variables: []string{"AWS_USE_FIPS_ENDPOINT"}, kind: switched},
	{key: "use_dualstack_endpoint", variables: []string{"AWS_USE_DUALSTACK_ENDPOINT"}, kind: switched},
	{key: "ca_bundle", variables: []string{"AWS_CA_BUNDLE"}, kind: text},
	{key: "sts_regional_endpoints", variables: []string{"AWS_STS_REGIONAL_ENDPOINTS"}, kind: among("legacy", "regional")},
	{key: "defaults_mode", variables: []string{"AWS_DEFAULTS_MODE"}, kind: amongFolded("legacy", "auto", "standard", "in-region", "cross-region", "mobile")},
	{key: "retry_mode", variables: []string{"AWS_RETRY_MODE"}, kind: among("standard", "adaptive")},
	{key: "max_attempts", variables: []string{"AWS_MAX_ATTEMPTS"}, kind: number(1, 1<<31-1)},
	{key: "request_checksum_calculation", variables: []string{"AWS_REQUEST_CHECKSUM_CALCULATION"}, kind: amongFolded("when_supported", "when_required")},
	{key: "response_checksum_validation", variables: []string{"AWS_RESPONSE_CHECKSUM_VALIDATION"}, kind: amongFolded("when_supported", "when_required")},
	{key: "account_id_endpoint_mode", variables: []string{"AWS_ACCOUNT_ID_ENDPOINT_MODE"}, kind: among("preferred", "required", "disabled")},
	{key: "disable_request_compression", variables: []string{"AWS_DISABLE_REQUEST_COMPRESSION"}, kind: switched},
	{key: "request_min_compression_size_bytes", variables: []string{"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES"}, kind: number(1, 1<<20)},
	{key: "sigv4a_signing_region_set", variables: []string{"AWS_SIGV4A_SIGNING_REGION_SET"}, kind: text},
	{key: "auth_scheme_preference", variables: []string{"AWS_AUTH_SCHEME_PREFERENCE"}, kind: text},
	{key: "sdk_ua_app_id", variables: []string{"AWS_SDK_UA_APP_ID"}, kind: text},
	{key: "disable_host_prefix_injection", variables: []string{"AWS_DISABLE_HOST_PREFIX_INJECTION"}, kind: switched},
	{key: "disable_clock_skew_correction", variables: []string{"AWS_DISABLE_CLOCK_SKEW_CORRECTION"}, kind: switched},
	{key: "endpoint_discovery_enabled", variables: []string{"AWS_ENDPOINT_DISCOVERY_ENABLED", "AWS_ENABLE_ENDPOINT_DISCOVERY"}, kind: amongFolded("true", "false", "auto")},
	{key: "s3_use_arn_region", within: "use_arn_region", variables: []string{"AWS_S3_USE_ARN_REGION"}, kind: switched},
	{key: "s3_us_east_1_regional_endpoint", within: "us_east_1_regional_endpoint", variables: []string{"AWS_S3_US_EAST_1_REGIONAL_ENDPOINT"}, kind: among("legacy", "regional")},
	{key: "s3_disable_multiregion_access_points", within: "s3_disable_multiregion_access_points", variables: []string{"AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS"}, kind: switched},
	{key: "s3_disable_express_session_auth", variables: []string{"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH"}, kind: switched},
	{key: "ec2_metadata_service_endpoint", variables: []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT"}, kind: text},
	{key: "ec2_metadata_service_endpoint_mode", variables: []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"}, kind: amongFolded("ipv4", "ipv6")},
	{key: "ec2_metadata_v1_disabled", variables: []string{"AWS_EC2_METADATA_V1_DISABLED"}, kind: switched},
	{key: "imds_use_ipv6", variables: []string{"AWS_IMDS_USE_IPV6"}, kind: switched},
	{key: "metadata_service_timeout", variables: []string{"AWS_METADATA_SERVICE_TIMEOUT"}, kind: number(1, 1<<31-1)},
	{key: "metadata_service_num_attempts", variables: []string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS"}, kind: number(1, 1<<31-1)},
	{key: "data_path", variables: []string{"AWS_DATA_PATH"}, kind: text},
	{key: "tcp_keepalive", variables: []string{"BOTOCORE_TCP_KEEPALIVE"}, kind: switched},
	{key: "output", variables: []string{"AWS_DEFAULT_OUTPUT"}, kind: text},
	{key: "cli_auto_prompt", variables: []string{"AWS_CLI_AUTO_PROMPT"}, kind: text},
	{key: "cli_pager", variables: []string{"AWS_PAGER"}, kind: pager},
}

// pager is a command line. An empty one means no pager.
func pager(value string) (string, bool) {
	_, ok := text(value)
	return value, ok || value == ""
}

// HasVariable reports whether a program can get a setting by a variable: [Variables]
// has it, or [Region].
func HasVariable(key string) bool {
	switch key {
	case "region", "endpoint_url", "services", "ignore_configured_endpoint_urls":
		return true
	}
	return slices.ContainsFunc(settings, func(s setting) bool { return s.key == key })
}

// Variables returns the variables that stand for the settings of p itself, not of
// its sources, that have nothing to do with credentials: pairs of a name and a value.
// A variable that the environment has is not among them, nor is a setting that such
// a variable switches off: SDKs take what the environment has. An empty variable
// counts as absent, as in the Go SDK; only an empty AWS_PAGER means something.
//
// The region is not among them.
func Variables(lookup func(string) (string, bool), p *Profile) [][2]string {
	if p.config == nil {
		return nil
	}
	own, _ := p.config.Lookup(p.Name)
	env := func(name string) string { value, _ := lookup(name); return value }
	variables := endpoints(env, p.config, own)
	for _, s := range settings {
		written, ok := own[s.key]
		if !ok && s.within != "" {
			written, ok = own["s3"].Nested[s.within]
		}
		value, valid := s.kind(written.Text)
		if !ok || !valid || written.Nested != nil {
			continue
		}
		for _, name := range s.variables {
			if there, set := lookup(name); !set || there == "" && name != "AWS_PAGER" {
				variables = append(variables, [2]string{name, value})
			}
		}
	}
	return variables
}

// endpoints returns the variables for the endpoints in the settings of a profile. A
// variable for all services comes before a setting for one of them, as in [STSEndpoint].
func endpoints(env func(string) string, c *Config, own awsini.Settings) (variables [][2]string) {
	const ignore = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	ignored, valid := switched(own["ignore_configured_endpoint_urls"].Text)
	if valid && env(ignore) == "" {
		variables = append(variables, [2]string{ignore, ignored})
	}
	if isTrue(cmp.Or(env(ignore), ignored)) || env("AWS_ENDPOINT_URL") != "" {
		return variables
	}
	if url, ok := text(own["endpoint_url"].Text); ok {
		variables = append(variables, [2]string{"AWS_ENDPOINT_URL", url})
	}
	section, ok := c.Config.Services[own["services"].Text]
	if !ok {
		return variables
	}
	services := c.Config.SettingsOf(section)
	for _, service := range slices.Sorted(maps.Keys(services)) {
		name := "AWS_ENDPOINT_URL_" + strings.ToUpper(service)
		if url, ok := text(services[service].Nested["endpoint_url"].Text); ok && isVariable(service) && env(name) == "" {
			variables = append(variables, [2]string{name, url})
		}
	}
	return variables
}

// isVariable reports whether s, in upper case, can end the name of a variable. SDKs
// write the id of a service with _ for its spaces, and no other key means a service
// to them.
func isVariable(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
