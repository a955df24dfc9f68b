package awsfiles

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// AddLoginSession returns data, the content of the config file at path, with a profile
// that signs in as session, and with a region unless that is "" or the profile has one.
// Where and how is as for [AddCredentialProcess]. Changed is false, and out is data, if
// the lines are there already.
//
// It is an error if the profile has a setting that SDKs would use instead, or another
// login_session.
func AddLoginSession(data []byte, path, name, session, region string) (out []byte, changed bool, err error) {
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, false, fmt.Errorf("profile %q: the name is empty or has control characters", name)
	}
	before, err := awsini.Parse(path, data, awsini.ConfigFile)
	if err != nil {
		return nil, false, err
	}
	if section, ok := before.Profiles[name]; ok {
		if err := CheckLoginSession(name, before.SettingsOf(section), session); err != nil {
			return nil, false, err
		}
	}
	settings := []Setting{{"login_session", session}}
	if region != "" {
		settings = append(settings, Setting{"region", region})
	}
	return AddSettings(data, path, name, settings)
}

// CheckLoginSession returns an error about a setting of a profile that does not go
// together with a login session. If session is "", any login_session does.
func CheckLoginSession(name string, settings awsini.Settings, session string) error {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		pos := settings[key].Pos
		switch {
		case key == "login_session" && session != "" && settings[key].Text != session:
			return &profile.SettingError{Profile: name, Key: key, Pos: pos, Reason: "is already there with another identity"}
		case key == "credential_process" || slices.Contains(sources, key):
			return &profile.SettingError{Profile: name, Key: key, Pos: pos, Reason: "does not go together with login_session"}
		}
	}
	return nil
}

// sources are the settings, besides credential_process and login_session, that say where
// a profile has its credentials from.
var sources = []string{
	"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "role_arn", "source_profile",
	"credential_source", "web_identity_token_file", "sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name",
}
