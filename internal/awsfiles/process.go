package awsfiles

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// AddCredentialProcess returns data, the content of the config file at path, with
// the line "credential_process = command" added to a profile: at the end of its
// section, or with a new section at the end of the file. Every other byte stays as
// it is, and the new lines end like their neighbours. Changed is false, and out is
// data, if the line is there already.
//
// It is an error if the file cannot be parsed, if the profile has another
// credential_process or a setting that SDKs would use instead, or if command or the
// name cannot be written in such a file. It does not look for keys in the
// credentials file.
func AddCredentialProcess(data []byte, path, profile, command string) (out []byte, changed bool, err error) {
	if command == "" || awsini.Trim(command) != command || strings.ContainsFunc(command, unicode.IsControl) {
		return nil, false, errors.New("credential_process: the command is empty, has control characters or spaces around it")
	}
	if profile == "" || strings.ContainsFunc(profile, unicode.IsControl) {
		return nil, false, fmt.Errorf("profile %q: the name is empty or has control characters", profile)
	}
	before, err := awsini.Parse(path, data, awsini.ConfigFile)
	if err != nil {
		return nil, false, err
	}

	if section, ok := before.Profiles[profile]; ok {
		settings := before.SettingsOf(section)
		if err := conflict(profile, settings, command); err != nil {
			return nil, false, err
		}
		if _, ok := settings["credential_process"]; ok {
			return data, false, nil
		}
	}
	out, err = addSetting(data, before, profile, "credential_process", command)
	return out, err == nil, err
}

// addSetting returns data, of which before is the content, with a setting added that
// the section of the profile does not have.
func addSetting(data []byte, before *awsini.File, profile, key, value string) (out []byte, err error) {
	line := key + " = " + value
	if section, ok := before.Profiles[profile]; ok {
		out = insert(string(data), section, line)
	} else {
		out = appendSection(string(data), sectionName(profile), line)
	}
	after, err := awsini.Parse(before.Path, out, awsini.ConfigFile)
	if err != nil {
		return nil, err
	}
	if !addsOnly(before, after, profile, key, value) {
		return nil, &EditError{profile, before.Path, "the file's layout does not let a line be added safely"}
	}
	return out, nil
}

// conflict returns an error about a setting that some SDK would use instead of
// credential_process.
func conflict(name string, settings awsini.Settings, command string) error {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		pos := settings[key].Pos
		switch {
		case key == "credential_process":
			if settings[key].Text != command {
				return &profile.SettingError{Profile: name, Key: key, Pos: pos, Reason: "is already there with another command"}
			}
		case key == "login_session" || slices.Contains(sources, key):
			return &profile.SettingError{Profile: name, Key: key, Pos: pos, Reason: "does not go together with credential_process"}
		}
	}
	return nil
}

func sectionName(profile string) string {
	if profile == "default" {
		return profile
	}
	return "profile " + awsini.QuoteWord(profile)
}

// insert returns data with line after the last line of a section, indented so that
// neither it nor the next line continues a value.
func insert(data string, s *awsini.Section, line string) []byte {
	lines := awsini.SplitLines(data)
	indent := ""
	if s.LastKey > 0 {
		indent = awsini.Indent(lines[s.LastKey-1])
	} else if next := slices.IndexFunc(lines[s.Last:], awsini.IsSetting); next >= 0 {
		indent = awsini.Indent(lines[s.Last+next])
	}
	eol := ending(lines[s.Last-1])
	if eol == "" {
		eol = firstEnding(lines)
		return []byte(data + eol + indent + line + eol)
	}
	return []byte(strings.Join(lines[:s.Last], "") + indent + line + eol + strings.Join(lines[s.Last:], ""))
}

// appendSection returns data with a new section at the end, after an empty line.
func appendSection(data, name, line string) []byte {
	lines := awsini.SplitLines(data)
	eol := firstEnding(lines)
	return []byte(data + gapAt(lines, eol) + "[" + name + "]" + eol + line + eol)
}

// gapAt returns what ends the last of lines, and makes an empty line below it unless it
// is one.
func gapAt(lines []string, eol string) (gap string) {
	if n := len(lines); n > 0 && strings.TrimPrefix(lines[n-1], awsini.BOM) != "" {
		if ending(lines[n-1]) == "" {
			gap = eol
		}
		if awsini.Trim(lines[n-1]) != "" {
			gap += eol
		}
	}
	return gap
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

// addsOnly reports whether after is before with this one setting more.
func addsOnly(before, after *awsini.File, profile, key, value string) bool {
	if len(after.Sections) < len(before.Sections) {
		return false
	}
	added := 0
	for i, s := range after.Sections {
		own := s.Own
		if n := len(own); after.Profiles[profile] == s && n > 0 && own[n-1].Key == key && own[n-1].Text == value {
			own = own[:n-1]
			added++
		}
		switch {
		case i < len(before.Sections):
			if s.Name != before.Sections[i].Name || !sameText(own, before.Sections[i].Own) {
				return false
			}
		case len(own) > 0:
			return false
		}
	}
	return added == 1 && sameText(before.Defaults, after.Defaults)
}

func sameText(a, b []awsini.Setting) bool {
	return slices.EqualFunc(a, b, func(s, t awsini.Setting) bool {
		return s.Key == t.Key && s.Text == t.Text && sameText(s.Nested, t.Nested)
	})
}
