package explain

import (
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/lazyregexp"
	"github.com/awsexec/awsexec/internal/profile"
)

// readJS reads the files as the SDK for JavaScript does (shared-ini-file-loader): it
// skips what it does not understand, merges duplicate sections, accepts only "=" as a
// delimiter, distinguishes upper and lower case in keys, takes what follows white
// space and # or ; for a comment, and accepts only profile names of plain
// characters.
func readJS(files profile.Files, config, credentials []byte) reading {
	r := newReading()
	parsed := parseJS(files.Config, config)
	for name, s := range parsed {
		if session, ok := strings.CutPrefix(name, "sso-session."); ok {
			r.sessions[session] = s
		}
		if named, ok := strings.CutPrefix(name, "profile."); ok {
			r.config[named] = s
		}
	}
	if s, ok := parsed["default"]; ok && r.config["default"] == nil {
		r.config["default"] = s
	}
	r.credentials = parseJS(files.Credentials, credentials)
	return r
}

var (
	sectionJS = lazyregexp.New(`^([\w-]+)\s(["'])?([\w\-@+.%:/]+)(["'])?$`)
	commentJS = lazyregexp.New(`(^|\s)[;#]`)
)

// insideJS returns what the brackets of a header hold. Text is a line without spaces
// around it and without a comment.
func insideJS(text string) (inside string, ok bool) {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		return text[1 : len(text)-1], true
	}
	return "", false
}

// headerJS returns the section that a header begins, by what its brackets hold:
// "profile.x" for "[profile x]", "" for one that does not count.
func headerJS(inside string) string {
	m := sectionJS().FindStringSubmatch(inside)
	switch {
	case m == nil || m[2] != m[4]:
		return inside
	case m[1] == "profile" || m[1] == "sso-session" || m[1] == "services":
		return m[1] + "." + m[3]
	}
	return ""
}

// cutCommentJS returns line without a comment at its end.
func cutCommentJS(line string) string {
	if !strings.ContainsAny(line, "#;") {
		return line
	}
	if at := commentJS().FindStringIndex(line); at != nil {
		return line[:at[0]]
	}
	return line
}

// parseJS returns the sections of a file that have settings: "[profile x]" under
// "profile.x", others under their name.
func parseJS(path string, data []byte) map[string]section {
	all := map[string]section{}
	name, block := "", ""
	number := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		number++
		text := strings.TrimSpace(cutCommentJS(strings.TrimPrefix(line, awsini.BOM))) // which trim() of JavaScript takes for a space
		if inside, ok := insideJS(text); ok {
			name, block = headerJS(inside), ""
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
