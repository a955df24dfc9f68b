package awsfiles

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/awsexec/awsexec/internal/awsini"
)

// Setting is a setting of a profile, as text.
type Setting struct{ Key, Value string }

// AddSettings returns data, the content of the config file at path, with those of
// settings added to a profile that it does not have. Where and how is as for
// [AddCredentialProcess].
func AddSettings(data []byte, path, profile string, settings []Setting) (out []byte, changed bool, err error) {
	out = data
	for _, s := range settings {
		if s.Value == "" || awsini.Trim(s.Value) != s.Value || strings.ContainsFunc(s.Value, unicode.IsControl) {
			return nil, false, fmt.Errorf("%s: the value is empty, has control characters or spaces around it", s.Key)
		}
		before, err := awsini.Parse(path, out, awsini.ConfigFile)
		if err != nil {
			return nil, false, err
		}
		if section, ok := before.Profiles[profile]; ok {
			if _, ok := before.SettingsOf(section)[s.Key]; ok {
				continue
			}
		}
		if out, err = addSetting(out, before, profile, s.Key, s.Value); err != nil {
			return nil, false, err
		}
		changed = true
	}
	return out, changed, nil
}

// RemoveCredentialProcess returns data, the content of the config file at path,
// without the credential_process of a profile. A section that holds nothing else, not
// even a comment, goes with it, and so does one empty line above. Every other byte
// stays as it is. Changed is false, and out is data, if the profile has no such line,
// or one that ours does not report to be ours.
func RemoveCredentialProcess(data []byte, path, profile string, ours func(command string) bool) (out []byte, changed bool, err error) {
	const key = "credential_process"
	before, err := awsini.Parse(path, data, awsini.ConfigFile)
	if err != nil {
		return nil, false, err
	}
	own := before.Profiles[profile]
	if own == nil {
		return data, false, nil
	}
	lines := awsini.SplitLines(string(data))
	var kept []awsini.Setting
	for _, s := range own.Own {
		if s.Key != key || !ours(s.Text) {
			kept = append(kept, s)
			continue
		}
		if s.Nested != nil || strings.Contains(s.Text, "\n") {
			return nil, false, &EditError{profile, awsini.Pos{File: path, Line: s.Line}.String(), key + " goes on over more than one line"}
		}
		lines[s.Line-1] = ""
		changed = true
	}
	if !changed {
		if used := before.SettingsOf(own)[key]; used.Pos.Line > 0 && ours(used.Text) {
			return nil, false, &EditError{profile, used.Pos.String(), "[DEFAULT] gives it to every profile"}
		}
		return data, false, nil
	}
	gone := len(kept) == 0 && removeSection(lines, own.Line)
	out = []byte(strings.Join(lines, ""))
	after, err := awsini.Parse(path, out, awsini.ConfigFile)
	if err != nil {
		return nil, false, err
	}
	if !removesOnly(before, after, own, kept, gone) {
		return nil, false, &EditError{profile, path, "the file's layout does not let the line be taken out safely"}
	}
	return out, true, nil
}

// removeSection empties the line of a section's header if all that is below it, up
// to the next section, is blank. One blank line above it goes with it, or the blank
// ones below it if it is the first of the file.
func removeSection(lines []string, header int) bool {
	end := header
	for end < len(lines) && awsini.Trim(lines[end]) == "" {
		end++
	}
	last := end == len(lines) || strings.HasPrefix(awsini.Trim(lines[end]), "[")
	if !last || hasComment(lines[header-1]) || strings.HasPrefix(lines[header-1], awsini.BOM) {
		return false
	}
	lines[header-1] = ""
	switch above := header - 2; {
	case above >= 0 && awsini.Trim(lines[above]) == "":
		lines[above] = ""
	case above < 0:
		for i := header; i < end; i++ {
			lines[i] = ""
		}
	}
	return true
}

// hasComment reports whether anything follows the bracket of a header.
func hasComment(header string) bool {
	return awsini.Trim(header[strings.LastIndexByte(header, ']')+1:]) != ""
}

// removesOnly reports whether after is before with the settings kept in the section
// own, or without that section.
func removesOnly(before, after *awsini.File, own *awsini.Section, kept []awsini.Setting, gone bool) bool {
	var want []*awsini.Section
	for _, s := range before.Sections {
		if s != own {
			want = append(want, s)
		} else if !gone {
			want = append(want, &awsini.Section{Name: s.Name, Own: kept})
		}
	}
	if len(want) != len(after.Sections) || !sameText(before.Defaults, after.Defaults) {
		return false
	}
	for i, s := range after.Sections {
		if s.Name != want[i].Name || !sameText(s.Own, want[i].Own) {
			return false
		}
	}
	return true
}
