package profile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// AddCredentialProcess returns data, the contents of the config file at path, with the line "credential_process = command"
// added to a profile: at the end of its section, or with a new section at the end of the file. Every other byte stays as it
// is, and the new lines end as the lines beside them. Changed is false, and out is data, if the line is already there.
//
// It is an error if the file cannot be parsed, if the profile has another credential_process or a setting that SDKs would
// take in its place, or if command or the name cannot be written in such a file. Keys in the credentials file are for the
// caller to see.
func AddCredentialProcess(data []byte, path, profile, command string) (out []byte, changed bool, err error) {
	if command == "" || trim(command) != command || strings.ContainsFunc(command, unicode.IsControl) {
		return nil, false, errors.New("credential_process: the command is empty, has control characters or spaces around it")
	}
	if profile == "" || strings.ContainsFunc(profile, unicode.IsControl) {
		return nil, false, fmt.Errorf("profile %q: the name is empty or has control characters", profile)
	}
	before, err := Parse(path, data, ConfigFile)
	if err != nil {
		return nil, false, err
	}

	line := "credential_process = " + command
	if section, ok := before.profiles[profile]; ok {
		settings := before.settings(section)
		if err := conflict(profile, settings, command); err != nil {
			return nil, false, err
		}
		if _, ok := settings["credential_process"]; ok {
			return data, false, nil
		}
		out = insert(string(data), section, line)
	} else {
		out = appendSection(string(data), sectionName(profile), line)
	}

	after, err := Parse(path, out, ConfigFile)
	if err != nil {
		return nil, false, err
	}
	if !addsOnly(before, after, profile, command) {
		return nil, false, fmt.Errorf("profile %q: %s: the file's layout does not let a line be added safely", profile, path)
	}
	return out, true, nil
}

// conflict finds a setting beside which credential_process would not count, or not for every SDK.
func conflict(profile string, settings Settings, command string) error {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		pos := settings[key].Pos
		switch key {
		case "credential_process":
			if settings[key].Text != command {
				return &SettingError{profile, key, pos, "is already there with another command"}
			}
		case "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "role_arn", "source_profile",
			"credential_source", "web_identity_token_file", "login_session",
			"sso_session", "sso_start_url", "sso_region", "sso_account_id", "sso_role_name":
			return &SettingError{profile, key, pos, "does not go together with credential_process"}
		}
	}
	return nil
}

func sectionName(profile string) string {
	if profile == "default" {
		return profile
	}
	return "profile " + quoteWord(profile)
}

// insert puts line below the last line of a section, indented so that neither it nor what comes after it becomes the
// continuation of a value.
func insert(data string, s *section, line string) []byte {
	lines := splitLines(data)
	indent := ""
	if s.lastKey > 0 {
		indent = indentOf(lines[s.lastKey-1])
	} else if next := slices.IndexFunc(lines[s.last:], isSetting); next >= 0 {
		indent = indentOf(lines[s.last+next])
	}
	eol := ending(lines[s.last-1])
	if eol == "" {
		eol = firstEnding(lines)
		return []byte(data + eol + indent + line + eol)
	}
	return []byte(strings.Join(lines[:s.last], "") + indent + line + eol + strings.Join(lines[s.last:], ""))
}

// appendSection puts a new section at the end, set off by an empty line.
func appendSection(data, name, line string) []byte {
	lines := splitLines(data)
	eol := firstEnding(lines)
	gap := ""
	if n := len(lines); n > 0 && strings.TrimPrefix(lines[n-1], bom) != "" {
		if ending(lines[n-1]) == "" {
			gap = eol
		}
		if trim(lines[n-1]) != "" {
			gap += eol
		}
	}
	return []byte(data + gap + "[" + name + "]" + eol + line + eol)
}

// splitLines cuts data into lines, each with its ending.
func splitLines(data string) []string {
	var lines []string
	for data != "" {
		_, size := cutLine(data)
		lines = append(lines, data[:size])
		data = data[size:]
	}
	return lines
}

// isSetting tells whether a line is neither blank nor a comment.
func isSetting(line string) bool {
	text := trim(line)
	return text != "" && text[0] != '#' && text[0] != ';'
}

func ending(line string) string { return line[len(strings.TrimRight(line, "\r\n")):] }

func firstEnding(lines []string) string {
	if len(lines) > 0 {
		if eol := ending(lines[0]); eol != "" {
			return eol
		}
	}
	return "\n"
}

// addsOnly tells whether after is before and the one setting.
func addsOnly(before, after *File, profile, command string) bool {
	if len(after.sections) < len(before.sections) {
		return false
	}
	added := 0
	for i, s := range after.sections {
		own := s.own
		if n := len(own); after.profiles[profile] == s && n > 0 && own[n-1].key == "credential_process" && own[n-1].text == command {
			own = own[:n-1]
			added++
		}
		switch {
		case i < len(before.sections):
			if s.name != before.sections[i].name || !sameText(own, before.sections[i].own) {
				return false
			}
		case len(own) > 0:
			return false
		}
	}
	return added == 1 && sameText(before.defaults, after.defaults)
}

func sameText(a, b []setting) bool {
	return slices.EqualFunc(a, b, func(s, t setting) bool {
		return s.key == t.key && s.text == t.text && sameText(s.nested, t.nested)
	})
}
