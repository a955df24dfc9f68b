package explain

import (
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// readGo reads the files as the Go SDK does (config/internal/ini,
// processConfigSections, mergeSections): it skips what it does not understand,
// merges duplicate sections, takes what follows " #" and " ;" for a comment, and
// strips quotes around a value. It reads the sections of sso-session from either
// file.
func readGo(files profile.Files, config, credentials []byte) reading {
	r := newReading()
	parsed := parseGo(files.Config, config)
	for name, s := range parsed {
		if named, ok := strings.CutPrefix(name, profileSection); ok {
			r.config[named] = s
		}
	}
	for name, s := range parsed {
		if _, named := r.config[name]; strings.EqualFold(name, "default") && !named { // [profile default] comes before it
			r.config[name] = s
		}
		if session, ok := strings.CutPrefix(name, ssoSection); ok {
			r.sessions[session] = s
		}
	}
	for name, s := range parseGo(files.Credentials, credentials) {
		if strings.HasPrefix(name, profileSection) {
			continue
		}
		if session, ok := strings.CutPrefix(name, ssoSection); ok {
			r.sessions[session] = merge(r.sessions[session], s)
		}
		r.credentials[name] = s
	}
	r.notMerged = []string{
		"s3_disable_express_session_auth", "sdk_ua_app_id", "ignore_configured_endpoint_urls", "endpoint_url", "services",
		"disable_request_compression", "disable_clock_skew_correction", "request_min_compression_size_bytes", "aws_account_id",
		"account_id_endpoint_mode", "request_checksum_calculation", "response_checksum_validation",
	}
	return r
}

// parseGo returns the sections of a file by what their brackets hold. An indented
// setting below a key without a value belongs to that key, not to the section.
func parseGo(path string, data []byte) map[string]section {
	all := map[string]section{}
	var current section
	var last string // key of the section's last setting
	number := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		number++
		pos := awsini.Pos{File: path, Line: number}
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		if name, ok := goHeader(line); ok {
			if all[name] == nil {
				all[name] = section{}
			}
			current, last = all[name], ""
			continue
		}
		indented := line[0] == ' ' || line[0] == '\t'
		if !indented {
			line = cutGoComment(line)
		}
		key, text, ok := splitGo(line)
		switch {
		case current == nil:
		case ok && indented && last != "" && current[last].text == "": // nested
		case ok:
			current[key] = value{text, pos}
			last = key
		case indented && current[last].text != "":
			v := current[last]
			v.text += "\n" + strings.TrimLeft(line, " \t")
			current[last] = v
		}
	}
	return all
}

func goHeader(line string) (name string, ok bool) {
	line, _, _ = strings.Cut(line, "#")
	line, _, _ = strings.Cut(line, ";")
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "[") || !strings.HasSuffix(line, "]") {
		return "", false
	}
	inside := strings.TrimSpace(line[1 : len(line)-1])
	if i := strings.IndexAny(inside, " \t"); i >= 0 {
		return inside[:i] + " " + strings.TrimLeft(inside[i:], " \t"), true
	}
	return inside, true
}

func cutGoComment(line string) string {
	for _, mark := range []string{" #", " ;", "\t#", "\t;"} {
		line, _, _ = strings.Cut(line, mark)
	}
	return line
}

func splitGo(line string) (key, text string, ok bool) {
	i := strings.IndexAny(line, "=:")
	if i < 0 {
		return "", "", false
	}
	text = strings.TrimSpace(line[i+1:])
	for _, quote := range []string{"'", `"`} {
		if len(text) > 1 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return strings.ToLower(strings.TrimSpace(line[:i])), text[1 : len(text)-1], true
		}
	}
	return strings.ToLower(strings.TrimSpace(line[:i])), text, true
}
