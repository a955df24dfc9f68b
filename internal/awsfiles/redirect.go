package awsfiles

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// Redirection is a pair of AWS files in which some profiles get their credentials
// from a command. It holds no access keys.
type Redirection struct {
	Config      []byte
	Credentials []byte // nil if the user's own file can be used: nothing in it would win over the command
}

// Lead is what a profile gets in a Redirection.
type Lead struct {
	Command string // its credential_process
	Region  string // its region; "" for the one that it has
}

// Redirect returns a pair of files, made from the user's two, in which the profile
// name has what lead says, and no SDK would use anything else for it. All other profiles and sections stay as they are, with two
// exceptions: comments are removed, since they may hold old keys, and a profile
// whose access keys are in a file that must be copied gets the credential_process
// other(profile).
//
// The user's credentials file is copied only if an SDK would use something in it for
// one of these profiles instead.
func Redirect(files profile.Files, config, credentials []byte, name string, lead Lead, other func(profile string) string) (Redirection, error) {
	c, err := awsini.Parse(files.Config, config, awsini.ConfigFile)
	if err != nil {
		return Redirection{}, err
	}
	k, err := awsini.Parse(files.Credentials, credentials, awsini.CredentialsFile)
	if err != nil {
		return Redirection{}, err
	}
	if err := checkDefaults(c, k); err != nil {
		return Redirection{}, err
	}

	commands := map[string]string{name: lead.Command}
	add := func(f *awsini.File) {
		for profile := range withKeys(f) {
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
		if _, has := s["region"]; profile == name && has && lead.Region != "" {
			copied = true
		}
	}
	if copied {
		add(k)
	}

	drops := func(profile, key string) bool {
		_, redirected := commands[profile]
		return redirected && isRival(key) || profile == name && key == "region" && lead.Region != ""
	}
	var r Redirection
	r.Config = without(c, config, awsini.ConfigFile, drops)
	for _, profile := range slices.Sorted(maps.Keys(commands)) {
		if r.Config, _, err = AddCredentialProcess(r.Config, files.Config, profile, commands[profile]); err != nil {
			return Redirection{}, err
		}
	}
	if lead.Region != "" {
		before, err := awsini.Parse(files.Config, r.Config, awsini.ConfigFile)
		if err != nil {
			return Redirection{}, err
		}
		if r.Config, err = addSetting(r.Config, before, name, "region", lead.Region); err != nil {
			return Redirection{}, err
		}
	}
	if copied {
		r.Credentials = without(k, credentials, awsini.CredentialsFile, drops)
		if _, err := awsini.Parse(files.Credentials, r.Credentials, awsini.CredentialsFile); err != nil {
			return Redirection{}, err
		}
	}
	return r, nil
}

// isRival reports whether key is a way to credentials, some of which win over a
// credential_process in some SDK.
func isRival(key string) bool {
	switch key {
	case "credential_process", "role_arn", "source_profile", "credential_source", "web_identity_token_file", "login_session",
		"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name":
		return true
	}
	return isKeySetting(key)
}

// rival returns a setting that is one, "" if there is none.
func rival(s awsini.Settings) string {
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if isRival(key) {
			return key
		}
	}
	return ""
}

// checkDefaults returns an error about a rival in a section called DEFAULT, which
// every profile would have.
func checkDefaults(files ...*awsini.File) error {
	for _, f := range files {
		for _, s := range f.Defaults {
			if isRival(s.Key) {
				return fmt.Errorf("%s: %s in [DEFAULT] is a setting of every profile", awsini.Pos{File: f.Path, Line: s.Line}, s.Key)
			}
		}
	}
	return nil
}

// withKeys returns the profiles that have access keys in f.
func withKeys(f *awsini.File) map[string]bool {
	found := map[string]bool{}
	for name, s := range f.Profiles {
		if slices.ContainsFunc(s.Own, func(s awsini.Setting) bool { return isKeySetting(s.Key) }) {
			found[name] = true
		}
	}
	return found
}

// profileOf returns the profile that a section is for, "" if it is for none.
func profileOf(section string, kind awsini.Kind) string {
	if kind == awsini.CredentialsFile || section == "default" {
		return section
	}
	if words, err := awsini.SplitWords(section); err == nil && len(words) == 2 && strings.HasPrefix(section, "profile") {
		return words[1]
	}
	return ""
}

// without returns data, the content of f, without comments and access keys, and
// without the settings of profiles for which drops is true.
func without(f *awsini.File, data []byte, kind awsini.Kind, drops func(profile, key string) bool) []byte {
	lines := awsini.SplitLines(strings.TrimPrefix(string(data), awsini.BOM))
	drop := make([]bool, len(lines))
	dropSetting := func(first int) { // with the lines that it goes on in
		indent := awsini.Width(awsini.Indent(lines[first]))
		drop[first] = true
		for i := first + 1; i < len(lines) && (!awsini.IsSetting(lines[i]) || awsini.Width(awsini.Indent(lines[i])) > indent); i++ {
			drop[i] = drop[i] || awsini.IsSetting(lines[i])
		}
	}
	for _, s := range f.Sections {
		for _, own := range s.Own {
			if drops(profileOf(s.Name, kind), own.Key) {
				dropSetting(own.Line - 1)
			}
		}
	}
	// Access keys are dropped wherever they are: in sections that are not profiles,
	// or where another SDK sees a key and this reader the continuation of a value.
	for i, line := range lines {
		key, _, _ := awsini.CutOption(awsini.Trim(line))
		switch {
		case awsini.Trim(line) != "" && !awsini.IsSetting(line):
			drop[i] = true
		case isKeySetting(key) && !drop[i]:
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
