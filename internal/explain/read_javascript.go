package explain

import (
	"regexp"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
)

// jsSDK reads the files as the SDK for JavaScript does (shared-ini-file-loader): it
// skips what it does not understand, merges duplicate sections, accepts only "=" as a
// delimiter, distinguishes upper and lower case in keys, takes what follows white
// space and # or ; for a comment, and accepts only profile names of plain
// characters.
func (c contents) jsSDK() reading {
	r := reading{map[string]section{}, map[string]section{}, map[string]section{}}
	config := parseJS(c.files.Config, c.config)
	for name, s := range config {
		if session, ok := strings.CutPrefix(name, "sso-session."); ok {
			r.sessions[session] = s
		}
		if named, ok := strings.CutPrefix(name, "profile."); ok {
			r.config[named] = s
		}
	}
	if s, ok := config["default"]; ok && r.config["default"] == nil {
		r.config["default"] = s
	}
	r.credentials = parseJS(c.files.Credentials, c.credentials)
	return r
}

// parseJS returns the sections of a file that have settings: "[profile x]" under
// "profile.x", others under their name.
func parseJS(path string, data []byte) map[string]section {
	header := regexp.MustCompile(`^([\w-]+)\s(["'])?([\w\-@+.%:/]+)(["'])?$`)
	comment := regexp.MustCompile(`(^|\s)[;#]`)
	all := map[string]section{}
	name, block := "", ""
	number := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		number++
		text := line
		if at := comment.FindStringIndex(line); at != nil {
			text = line[:at[0]]
		}
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
			name, block = text[1:len(text)-1], ""
			if m := header.FindStringSubmatch(name); m != nil && m[2] == m[4] {
				name = ""
				if m[1] == "profile" || m[1] == "sso-session" || m[1] == "services" {
					name = m[1] + "." + m[3]
				}
			}
			continue
		}
		key, text, ok := strings.Cut(text, "=")
		key, text = strings.TrimSpace(key), strings.TrimSpace(text)
		switch {
		case name == "" || !ok || key == "":
		case text == "":
			block = key
		default:
			if !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
				block = ""
			}
			if block != "" {
				key = block + "." + key
			}
			if all[name] == nil {
				all[name] = section{}
			}
			all[name][key] = value{text, awsini.Pos{File: path, Line: number}}
		}
	}
	return all
}
