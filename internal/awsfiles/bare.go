package awsfiles

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// harmless are the settings of a profile that are not secret and do not lead to
// credentials, apart from those that a variable can hold. Source: the settings
// reference of the AWS SDKs and Tools Reference Guide, "AWS CLI supported config file
// settings", and botocore's session and configprovider modules.
var harmless = []string{
	"api_versions", "cli_binary_format", "cli_error_format", "cli_follow_urlparam", "cli_help_output", "cli_hide_warnings", "cli_history",
	"cli_timestamp_format", "connect_timeout", "parameter_validation", "s3", "s3api", "user_agent_appid", "user_agent_extra",
}

// WithoutCredentials returns the text of a config file for a program that gets its
// credentials by other means, and variables for the settings that have one; see
// [profile.HasVariable]. It has the profile called name without settings that lead to
// credentials or hold secrets. It has no other profile, which would seem to have these
// credentials.
//
// As the default profile it has only the settings without a variable, and none if
// there are none: some tools look no further than a default profile.
func WithoutCredentials(c *profile.Config, name string) []byte {
	settings, _ := c.Lookup(name)
	maps.DeleteFunc(settings, func(key string, _ awsini.Value) bool {
		return !slices.Contains(harmless, key) && !profile.HasVariable(key)
	})
	rest := maps.Clone(settings)
	maps.DeleteFunc(rest, func(key string, _ awsini.Value) bool { return profile.HasVariable(key) })
	var b strings.Builder
	if len(rest) > 0 {
		b.WriteString("[default]\n")
		writeSettings(&b, rest, "")
		b.WriteString("\n")
	}
	if name == "default" {
		return []byte(b.String())
	}
	b.WriteString("[" + sectionName(name) + "]\n")
	writeSettings(&b, settings, "")
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

// Elsewhere returns the text of a config file, as WithoutCredentials has returned it,
// for a program that does not see this machine's files: without ca_bundle.
func Elsewhere(config []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(config) {
		if key, _, _ := bytes.Cut(line, []byte("=")); string(bytes.TrimSpace(key)) != "ca_bundle" {
			kept = append(kept, line...)
		}
	}
	return kept
}
