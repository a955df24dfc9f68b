package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/lazyregexp"
)

// Difference is a place in the AWS files that clients read differently.
type Difference struct {
	Place   Place
	Profile string // whose setting it is; "" if it is that of another section
	Section string // what the brackets hold of that one
	Why     string // never quotes the value
	Fix     string // what to do there
}

// Differences returns where botocore, the Go SDK and the SDK for JavaScript read the
// files differently, in the order of the files. It returns none if botocore cannot
// read the files at all. Where the header of a section is the cause, its settings are
// not named as well.
func (c *Contents) Differences() []Difference {
	if c.parsedErr != nil {
		return nil
	}
	all, misread := c.headers()
	all = append(all, c.settings(misread)...)
	all = append(all, c.strays()...)
	slices.SortStableFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Place.Pos.File, b.Place.Pos.File), cmp.Compare(a.Place.Pos.Line, b.Place.Pos.Line))
	})
	return all
}

// plainName is a name that all clients take as it is.
var plainName = lazyregexp.New(`^[\w\-@+.%:/]+$`)

// settings returns the settings that are read differently, of the sections that are
// not misread as a whole.
func (c *Contents) settings(misread map[string]bool) []Difference {
	var all []Difference
	for name, s := range c.botocore.config {
		if !misread[name] {
			all = append(all, differing(Difference{Profile: name}, s, c.goSDK.config[name], c.jsSDK.config[name])...)
		}
	}
	for name, s := range c.botocore.sessions {
		if d := (Difference{Section: ssoSection + name}); !misread[d.Section] {
			all = append(all, differing(d, s, c.goSDK.sessions[name], c.jsSDK.sessions[name])...)
		}
	}
	for name, s := range c.botocore.credentials {
		inGo, inJS := c.goSDK.credentials[name], c.jsSDK.credentials[name]
		switch {
		case strings.HasPrefix(name, profileSection): // see strays
		case len(s) > 0 && !plainName().MatchString(name) && (inGo == nil || inJS == nil):
			all = append(all, Difference{Place: Place{Pos: c.parsed.Credentials.Header(name)}, Profile: name, Why: "not all SDKs find a profile whose section is written like this: use plain characters, no quotes", Fix: "rename the profile"})
		default:
			all = append(all, differing(Difference{Profile: name}, s, inGo, inJS)...)
		}
	}
	return all
}

// differing returns the settings of one section that are read differently, each like d.
func differing(d Difference, botocore, goSDK, jsSDK section) []Difference {
	var all []Difference
	for key, v := range botocore {
		if v.text != "" && (goSDK[key].text != v.text || jsSDK[key].text != v.text) {
			d.Place = Place{Pos: v.pos, Key: key}
			d.Why, d.Fix = whyDifferent(v.text)
			all = append(all, d)
		}
	}
	return all
}

func whyDifferent(text string) (why, fix string) {
	first := text[:1]
	switch {
	case strings.Contains(text, "\n"):
		return "a value that goes on in the next line is not read alike by all SDKs", "write it on one line"
	case strings.Contains(text, " #") || strings.Contains(text, " ;") || strings.Contains(text, "\t#") || strings.Contains(text, "\t;"):
		return "what looks like a comment behind the value is a part of it for the AWS CLI and boto3, and none for other SDKs",
			"put the comment on a line of its own"
	case len(text) > 1 && strings.Contains(`"'`, first) && strings.HasSuffix(text, first):
		return "quotes are a part of the value for all but the Go SDK", "take the quotes out"
	default:
		return "not read alike by all SDKs: write it as key = value, the key in lower case, at the start of the line", "write it as key = value"
	}
}

// headers returns the sections of the config file whose headers mean different
// sections to the clients, or to none of them what they look like. Misread has their
// names.
func (c *Contents) headers() (all []Difference, misread map[string]bool) {
	misread = map[string]bool{}
	byName := map[string]*awsini.Section{}
	lines := awsini.SplitLines(string(c.config))
	for _, s := range c.parsed.Config.Sections {
		byName[s.Name] = s
		meant, ok := meaning(s.Name)
		line := "[" + s.Name + "]"
		if s.Line <= len(lines) { // the file may have changed since it was parsed
			line = lines[s.Line-1] // with what follows the brackets
		}
		botocore, goSDK, jsSDK := headerBotocore(s.Name), headerGo(line), headerJavaScript(line)
		if !ok || botocore == meant.js() && goSDK == meant.js() && jsSDK == meant.js() {
			continue
		}
		d := Difference{Place: Place{Pos: awsini.Pos{File: c.parsed.Config.Path, Line: s.Line}}, Profile: meant.name}
		if meant.kind != "profile" {
			d.Profile, d.Section = "", meant.kind+" "+meant.name
		}
		misread[cmp.Or(d.Profile, d.Section)] = true
		if as, ok := strings.CutPrefix(botocore, "profile."); ok {
			misread[as] = true
		}
		var readers []string
		for _, r := range []struct{ client, as string }{
			{"the AWS CLI and boto3", botocore}, {"the Go SDK", goSDK}, {"the SDK for JavaScript", jsSDK},
		} {
			if r.as == meant.js() {
				readers = append(readers, r.client)
			}
		}
		as := "of " + meant.kind + " " + meant.name
		if meant.kind == "profile" {
			as = "of profile " + meant.name
		}
		d.Why = "section [" + s.Name + "]"
		if bare := "[" + s.Name + "]"; headerGo(bare) != goSDK || headerJavaScript(bare) != jsSDK {
			d.Why += ", with what follows it,"
		}
		d.Why += " is taken for that " + as
		if len(readers) > 0 {
			d.Why += " by " + strings.Join(readers, " and ") + " alone"
		} else {
			d.Why += " by none of the SDKs"
		}
		d.Fix = "write " + meant.header()
		if !plainName().MatchString(meant.name) {
			d.Fix = "rename it, with plain characters and without spaces"
		}
		all = append(all, d)
	}
	if short, long := byName["default"], byName["profile default"]; short != nil && long != nil {
		why := "[default] and [profile default] are one profile: the SDKs ignore [default]"
		if short.Line > long.Line {
			why = "[default] and [profile default] are one profile: the AWS CLI and boto3 ignore [profile default], other SDKs [default]"
		}
		all = append(all, Difference{Place: Place{Pos: awsini.Pos{File: c.parsed.Config.Path, Line: short.Line}}, Profile: "default",
			Why: why + ", and version 2 of the SDK for JavaScript fails", Fix: "join the two sections as [default]"})
		misread["default"] = true
	}
	return all, misread
}

// header is what a section of the config file is for.
type header struct{ kind, name string }

// js returns how parseJS names the section.
func (h header) js() string {
	if h.kind == "profile" && h.name == "default" {
		return "default"
	}
	return h.kind + "." + h.name
}

// header returns how the section is written.
func (h header) header() string {
	if h.kind == "profile" && h.name == "default" {
		return "[default]"
	}
	return "[" + h.kind + " " + h.name + "]"
}

// meaning returns what a person means by a header, if it looks like one that counts.
func meaning(inside string) (header, bool) {
	inside = strings.Trim(inside, "[]")
	words := strings.Fields(inside)
	if len(words) == 1 && words[0] == "default" {
		return header{"profile", "default"}, true
	}
	if len(words) < 2 {
		return header{}, false
	}
	name := strings.TrimSpace(strings.TrimSpace(inside)[len(words[0]):])
	if quoted, err := awsini.SplitWords(name); err == nil && len(quoted) == 1 {
		name = quoted[0]
	}
	for _, kind := range []string{"profile", "sso-session", "services"} {
		if strings.EqualFold(words[0], kind) || headerBotocore(inside) == (header{kind, name}).js() { // [profiles x] too
			return header{kind, name}, true
		}
	}
	return header{}, false
}

// headerBotocore returns the section as [header.js] names it, "" if botocore ignores
// it.
func headerBotocore(inside string) string {
	if inside == "default" {
		return inside
	}
	words, err := awsini.SplitWords(inside)
	if err != nil || len(words) != 2 {
		return ""
	}
	for _, kind := range []string{"profile", "sso-session", "services"} {
		if strings.HasPrefix(inside, kind) {
			return header{kind, words[1]}.js()
		}
	}
	return ""
}

// headerGo is [headerBotocore] for the Go SDK and a whole line.
func headerGo(line string) string {
	name, ok := goHeader(line)
	if ok && strings.EqualFold(name, "default") {
		return "default"
	}
	for _, prefix := range []string{profileSection, ssoSection, servicesSection} {
		if named, found := strings.CutPrefix(name, prefix); ok && found {
			return header{strings.TrimSpace(prefix), named}.js()
		}
	}
	return ""
}

// headerJavaScript is [headerBotocore] for the SDK for JavaScript and a whole line.
func headerJavaScript(line string) string {
	inside, ok := insideJS(strings.TrimSpace(cutCommentJS(line)))
	if !ok {
		return ""
	}
	if name := headerJS(inside); name != "profile.default" {
		return name
	}
	return "default"
}

// strays returns sections that look like profiles but are not. In the config file
// they lack the word profile; in the credentials file they have it.
func (c *Contents) strays() []Difference {
	var all []Difference
	for _, s := range c.parsed.Config.Sections {
		if _, ok := meaning(s.Name); !ok && !strings.ContainsAny(s.Name, " \t") && isProfile(s) {
			name := awsini.MeantProfile(s.Name)
			right := awsini.ProfileHeader(name)
			all = append(all, Difference{Place: Place{Pos: awsini.Pos{File: c.parsed.Config.Path, Line: s.Line}}, Profile: name,
				Why: "section [" + s.Name + "] is no profile to anyone: in the config file it is written " + right, Fix: "write " + right})
		}
	}
	for _, s := range c.parsed.Credentials.Sections {
		if named, ok := strings.CutPrefix(s.Name, profileSection); ok {
			all = append(all, Difference{Place: Place{Pos: awsini.Pos{File: c.parsed.Credentials.Path, Line: s.Line}}, Profile: s.Name,
				Why: "section [" + s.Name + "] is not found under its name: in the credentials file it is written [" + named + "]", Fix: "write [" + named + "]"})
		}
	}
	return all
}

// isProfile reports whether a section has a setting that belongs into a profile.
func isProfile(s *awsini.Section) bool {
	return slices.ContainsFunc(s.Own, func(own awsini.Setting) bool {
		return slices.Contains([]string{"aws_access_key_id", "aws_secret_access_key", "role_arn", "source_profile", "credential_process", "region", "mfa_serial",
			"sso_session", "sso_account_id", "web_identity_token_file", "login_session"}, own.Key)
	})
}
