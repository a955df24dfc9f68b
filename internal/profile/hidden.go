package profile

import (
	"fmt"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
)

// ofCredentials are the settings by which SDKs find credentials.
var ofCredentials = []string{
	"aws_access_key_id", "role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session", "credential_process",
}

// Hidden returns an error if the config file has p in two sections, and the one that
// does not count here has the settings of credentials: [profile default] before
// [default], or [profile dev] before [profile "dev"]. Botocore takes the last of
// them, the Go SDK the one with the plain word profile.
func (p *Profile) Hidden() error {
	if p.config == nil {
		return nil
	}
	counts := p.config.Config.Profiles[p.Name]
	for _, s := range p.config.Config.Sections {
		word, name, _ := strings.Cut(s.Name, " ")
		if counts == nil || s == counts || word != "profile" || awsini.Trim(name) != p.Name {
			continue
		}
		settings := p.config.Config.SettingsOf(s)
		for _, key := range ofCredentials {
			if value, ok := settings[key]; ok && value.Text != "" {
				return &SettingError{p.Name, key, value.Pos, fmt.Sprintf(
					"is in a section that the one in line %d hides from the AWS CLI, boto3 and awsexec, and not from the Go SDK: put what is right into one section", counts.Line)}
			}
		}
	}
	return nil
}
