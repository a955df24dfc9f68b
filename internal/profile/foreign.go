package profile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
)

// Foreign is a setting by which another tool finds credentials, or an MFA device.
// No SDK reads it.
type Foreign struct {
	Tool   string // that reads it
	Key    string
	Pos    awsini.Pos
	Source string // the profile whose credentials it stands for; "" if the lines are enough
	Lines  []Line // what SDKs and awsexec read in its place; if there is a Source, in that
}

// Line is a setting as it is to be written.
type Line struct{ Key, Value string }

// foreign are the settings of other tools that stand for credentials, by prefix.
var foreign = []struct{ prefix, tool string }{
	{"granted_sso_", "granted"},
	{"saml_", "aws-runas"},
	{"web_identity_auth_url", "aws-runas"},
	{"jump_role_arn", "aws-runas"},
	{"web_identity_token_process", "aws-vault"},
	{"x_principal_arn", "saml2aws"},
	{"azure_", "aws-azure-login"},
	{"okta_", "gimme-aws-creds"},
	{"aws_saml_url", "aws-okta"},
	{"adfs_config.", "aws-adfs"},
	{"google_config.", "aws-google-auth"},
}

// included are the settings that aws-vault takes from a profile that include_profile
// names. Sources: ProfileSection and populateFromConfigFile in its vault/config.go.
var included = []string{
	"mfa_serial", "role_arn", "source_profile", "external_id", "role_session_name", "duration_seconds", "sso_session", "sso_start_url", "sso_region",
	"sso_account_id", "sso_role_name", "web_identity_token_file", "credential_process", "region",
}

// Foreign returns the setting by which another tool would find credentials for p;
// nil if there is none.
func (p *Profile) Foreign() *Foreign {
	include := p.include()
	switch {
	case include.HasCredentials() && include.line("source_profile") != "" && p.RoleARN == "" && include.line("role_arn") == "":
		return p.alias(include, include.line("source_profile"))
	case include.HasCredentials():
		return include
	case p.SourceProfile != "" && p.SourceProfile != p.Name && p.RoleARN == "":
		return p.alias(&Foreign{Tool: "aws-vault", Key: "source_profile", Pos: p.Origin["source_profile"], Lines: include.lines()}, p.SourceProfile)
	}
	var first *Foreign
	for key, value := range p.settings() {
		for _, f := range foreign {
			if strings.HasPrefix(key, f.prefix) && (first == nil || value.Pos.Line < first.Pos.Line) {
				first = &Foreign{Tool: f.tool, Key: key, Pos: value.Pos}
			}
		}
	}
	if first != nil && first.Tool == "granted" {
		for _, key := range included {
			if value := p.settings()["granted_"+key].Text; value != "" {
				first.Lines = append(first.Lines, Line{key, value})
			}
		}
	}
	if first == nil {
		return include // which has a key under the name of p elsewhere
	}
	return first
}

// alias makes f stand for the credentials of source. An MFA device is then a setting of
// that, if it has none.
func (p *Profile) alias(f *Foreign, source string) *Foreign {
	device := cmp.Or(p.MFASerial, f.line("mfa_serial"))
	f.Source, f.Lines = source, nil
	if own, _ := p.config.Lookup(source); device != "" && own["mfa_serial"].Text == "" {
		f.Lines = []Line{{"mfa_serial", device}}
	}
	return f
}

// ForeignMFA returns the setting by which another tool would find an MFA device for
// p, which has none of its own; nil if there is none.
func (p *Profile) ForeignMFA() *Foreign {
	if p.MFASerial != "" {
		return nil
	}
	if f := p.include(); f != nil && f.line("mfa_serial") != "" {
		f.Lines = []Line{{"mfa_serial", f.line("mfa_serial")}}
		return f
	}
	if device := p.settings()["aws_mfa_device"]; device.Text != "" {
		return &Foreign{Tool: "aws-mfa", Key: "aws_mfa_device", Pos: device.Pos, Lines: []Line{{"mfa_serial", device.Text}}}
	}
	return nil
}

// HasCredentials reports whether f has settings by which credentials are found.
func (f *Foreign) HasCredentials() bool {
	return slices.ContainsFunc(f.lines(), func(l Line) bool { return l.Key != "region" && l.Key != "mfa_serial" })
}

func (f *Foreign) lines() []Line {
	if f == nil {
		return nil
	}
	return f.Lines
}

func (f *Foreign) line(key string) string {
	for _, l := range f.lines() {
		if l.Key == key {
			return l.Value
		}
	}
	return ""
}

func (p *Profile) settings() awsini.Settings {
	if p.config == nil {
		return nil
	}
	settings, _ := p.config.Lookup(p.Name)
	return settings
}

// include returns include_profile, or parent_profile as it was called before, with
// the settings that p lacks and aws-vault takes from there; nil if there is none.
func (p *Profile) include() *Foreign {
	own := p.settings()
	key := includeKey(own)
	if key == "" {
		return nil
	}
	f := &Foreign{Tool: "aws-vault", Key: key, Pos: own[key].Pos}
	lacks := map[string]string{}
	seen := []string{p.Name}
	for next := own[key].Text; next != "" && !slices.Contains(seen, next); {
		settings, _ := p.config.Lookup(next)
		for _, name := range included {
			if own[name].Text == "" {
				lacks[name] = cmp.Or(lacks[name], settings[name].Text)
			}
		}
		seen = append(seen, next)
		next = settings[includeKey(settings)].Text
	}
	// The last of them inherits from [default], as every profile does there.
	if defaults, _ := p.config.Lookup(DefaultName); own["mfa_serial"].Text == "" {
		lacks["mfa_serial"] = cmp.Or(lacks["mfa_serial"], defaults["mfa_serial"].Text)
	}
	for _, name := range included {
		if lacks[name] != "" {
			f.Lines = append(f.Lines, Line{name, lacks[name]})
		}
	}
	return f
}

// includeKey returns the setting that includes another profile; "" if there is none.
func includeKey(s awsini.Settings) string {
	for _, key := range []string{"include_profile", "parent_profile"} {
		if s[key].Text != "" {
			return key
		}
	}
	return ""
}
