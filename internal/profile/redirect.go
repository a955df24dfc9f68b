package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Redirection is a pair of AWS files in which some profiles get their credentials from a command. It holds no access keys.
type Redirection struct {
	Config      []byte
	Credentials []byte // nil if the user's own file serves: nothing in it would win over the command
}

// Redirect makes of the user's two files a pair in which the credential_process of profile name is command(name), and nothing beside it
// would win over it in any SDK. All other profiles and sections stay as they are, with two exceptions: comments are left out,
// since they may hold old keys, and a profile whose access keys are in a file that must be copied becomes one with the
// credential_process other(profile).
//
// The user's credentials file is copied only if it has something for one of these profiles that would win.
func Redirect(files Files, config, credentials []byte, name, command string, other func(profile string) string) (Redirection, error) {
	c, err := Parse(files.Config, config, ConfigFile)
	if err != nil {
		return Redirection{}, err
	}
	k, err := Parse(files.Credentials, credentials, CredentialsFile)
	if err != nil {
		return Redirection{}, err
	}
	if err := checkDefaults(c, k); err != nil {
		return Redirection{}, err
	}

	commands := map[string]string{name: command}
	add := func(f *File) {
		for profile := range f.withKeys() {
			if profile != name {
				commands[profile] = other(profile)
			}
		}
	}
	add(c)
	copied := false
	for profile := range commands {
		s, ok := k.Lookup(profile)
		copied = copied || ok && rival(s) != ""
	}
	if copied {
		add(k)
	}

	var r Redirection
	r.Config = c.without(config, ConfigFile, commands)
	for _, profile := range slices.Sorted(maps.Keys(commands)) {
		if r.Config, _, err = AddCredentialProcess(r.Config, files.Config, profile, commands[profile]); err != nil {
			return Redirection{}, err
		}
	}
	if copied {
		r.Credentials = k.without(credentials, CredentialsFile, commands)
		if _, err := Parse(files.Credentials, r.Credentials, CredentialsFile); err != nil {
			return Redirection{}, err
		}
	}
	return r, nil
}

// isRival tells whether key is a way to credentials, some of which win over a credential_process in some SDK.
func isRival(key string) bool {
	switch key {
	case "credential_process", "role_arn", "source_profile", "credential_source", "web_identity_token_file", "login_session",
		"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name":
		return true
	}
	return isKey(key)
}

// isKey tells whether key is a part of an access key.
func isKey(key string) bool {
	switch key {
	case "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token":
		return true
	}
	return false
}

// rival returns a setting that is one, or "".
func rival(s Settings) string {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if isRival(key) {
			return key
		}
	}
	return ""
}

// checkDefaults refuses what a section called DEFAULT would give to every profile.
func checkDefaults(files ...*File) error {
	for _, f := range files {
		for _, s := range f.defaults {
			if isRival(s.key) {
				return fmt.Errorf("%s: %s in [DEFAULT] is a setting of every profile", Pos{f.Path, s.line}, s.key)
			}
		}
	}
	return nil
}

// withKeys returns the profiles that have access keys in f.
func (f *File) withKeys() map[string]bool {
	found := map[string]bool{}
	for name, s := range f.profiles {
		if slices.ContainsFunc(s.own, func(s setting) bool { return isKey(s.key) }) {
			found[name] = true
		}
	}
	return found
}

// profileOf is the profile that a section is for, "" if for none.
func profileOf(section string, kind Kind) string {
	if kind == CredentialsFile || section == "default" {
		return section
	}
	if words, err := splitWords(section); err == nil && len(words) == 2 && strings.HasPrefix(section, "profile") {
		return words[1]
	}
	return ""
}

// without returns data, the contents of f, without comments, without access keys anywhere, and without the rivals of a credential_process
// in the sections of the profiles that have a command.
func (f *File) without(data []byte, kind Kind, commands map[string]string) []byte {
	lines := splitLines(strings.TrimPrefix(string(data), bom))
	drop := make([]bool, len(lines))
	dropSetting := func(first int) { // with the lines that it goes on in
		indent := width(indentOf(lines[first]))
		drop[first] = true
		for i := first + 1; i < len(lines) && (!isSetting(lines[i]) || width(indentOf(lines[i])) > indent); i++ {
			drop[i] = drop[i] || isSetting(lines[i])
		}
	}
	for _, s := range f.sections {
		if _, ok := commands[profileOf(s.name, kind)]; !ok {
			continue
		}
		for _, own := range s.own {
			if isRival(own.key) {
				dropSetting(own.line - 1)
			}
		}
	}
	// Access keys go wherever they are: in sections that are no profiles, or where another SDK sees a key and we the continuation of a value.
	for i, line := range lines {
		key, _, _ := cutOption(trim(line))
		switch {
		case trim(line) != "" && !isSetting(line):
			drop[i] = true
		case isKey(key) && !drop[i]:
			dropSetting(i)
		}
	}
	var b strings.Builder
	for i, line := range lines {
		if !drop[i] {
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}
