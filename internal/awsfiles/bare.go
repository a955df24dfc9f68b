package awsfiles

import (
	"maps"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// harmless are the settings of a profile that are not secret and do not lead to
// credentials. Source: the settings reference of the AWS SDKs and Tools Reference
// Guide, "AWS CLI supported config file settings", and botocore's session and
// configprovider modules.
var harmless = []string{
	"account_id_endpoint_mode", "api_versions", "auth_scheme_preference", "ca_bundle", "cli_auto_prompt", "cli_binary_format",
	"cli_error_format", "cli_follow_urlparam", "cli_help_output", "cli_hide_warnings", "cli_history", "cli_pager", "cli_timestamp_format", "connect_timeout",
	"defaults_mode", "disable_request_compression", "ec2_metadata_service_endpoint", "ec2_metadata_service_endpoint_mode",
	"ec2_metadata_v1_disabled", "endpoint_discovery_enabled", "endpoint_url", "ignore_configured_endpoint_urls", "max_attempts",
	"metadata_service_num_attempts", "metadata_service_timeout", "output", "parameter_validation", "region",
	"request_checksum_calculation", "request_min_compression_size_bytes", "response_checksum_validation", "retry_mode", "s3",
	"s3_disable_express_session_auth", "s3_disable_multiregion_access_points", "s3_us_east_1_regional_endpoint",
	"s3_use_arn_region", "s3api", "sdk_ua_app_id", "services", "sigv4a_signing_region_set", "sts_regional_endpoints", "tcp_keepalive",
	"use_dualstack_endpoint", "use_fips_endpoint", "user_agent_appid", "user_agent_extra",
}

// WithoutCredentials returns the text of a config file for a program that gets its
// credentials by other means. It has the profile called name, also as the default
// one, without settings that lead to credentials or hold secrets. It has no other
// profile, which would seem to have these credentials.
func WithoutCredentials(c *profile.Config, name string) []byte {
	settings, _ := c.Lookup(name)
	maps.DeleteFunc(settings, func(key string, _ awsini.Value) bool { return !slices.Contains(harmless, key) })
	var b strings.Builder
	b.WriteString("[default]\n")
	writeSettings(&b, settings, "")
	if name != "default" {
		b.WriteString("\n[" + sectionName(name) + "]\n")
		writeSettings(&b, settings, "")
	}
	if section, ok := c.Config.Services[settings["services"].Text]; ok {
		b.WriteString("\n[" + section.Name + "]\n")
		writeSettings(&b, c.Config.SettingsOf(section), "")
	}
	return []byte(b.String())
}

// writeSettings writes settings as they were read, each line behind indent.
func writeSettings(b *strings.Builder, s awsini.Settings, indent string) {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		v := s[key]
		b.WriteString(indent + key + " =")
		if v.Nested != nil {
			b.WriteString("\n")
			writeSettings(b, v.Nested, indent+"    ")
			continue
		}
		if v.Text != "" {
			b.WriteString(" " + strings.ReplaceAll(v.Text, "\n", "\n"+indent+"    "))
		}
		b.WriteString("\n")
	}
}
