package awsini

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Pos is a place in a file. Lines count from 1. The zero Pos is no place.
type Pos struct {
	File string // path as it was given
	Line int
}

// String returns file:line.
func (p Pos) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Value is one setting as it is written. Text may hold a secret.
type Value struct {
	Text   string           // with quotes and inline comments, lines joined by "\n"; empty if Nested is set
	Nested map[string]Value // the indented settings below a key with nothing behind its delimiter, else nil; keys keep their case
	Pos    Pos              // of the key
}

// Settings are the values of a profile by lower-case key.
type Settings map[string]Value

// Kind is how a file names its profiles.
type Kind int

const (
	// ConfigFile is the shared config file, in which only [default] and [profile
	// NAME] are profiles.
	ConfigFile Kind = iota
	// CredentialsFile is the shared credentials file, in which every section is the
	// profile of that name.
	CredentialsFile
)

// File is one parsed file. It must not be changed, and is then safe for
// concurrent use.
type File struct {
	Path string

	Sections []*Section // as they come, without [DEFAULT]
	Defaults []Setting  // of [DEFAULT]

	Profiles, SSOSessions, Services map[string]*Section // by name; of several sections for one name the last

	Bare map[string]Pos // sections of a config file that are no profiles, by the name that was probably meant: [dev] in place of [profile dev]
}

// Section is one section. Its own settings are without those of [DEFAULT].
type Section struct {
	Name    string // what the brackets hold
	Line    int
	Own     []Setting
	Last    int // its last line that is neither blank nor a comment
	LastKey int // the line of its last key, 0 if it has none
}

// Setting is a key and its value, text or nested.
type Setting struct {
	Key, Text string
	Nested    []Setting
	Line      int
}

// ParseError reports what makes a file unreadable, here and in botocore.
type ParseError struct {
	Pos    Pos
	Reason string // never quotes a value
}

func (e *ParseError) Error() string { return e.Pos.String() + ": " + e.Reason }

// Names returns the profiles of the file, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Profiles)) }

// Lookup returns a copy of the settings that this file has for a profile, those of
// [DEFAULT] included.
func (f *File) Lookup(name string) (Settings, bool) {
	s, ok := f.Profiles[name]
	if !ok {
		return nil, false
	}
	return f.SettingsOf(s), true
}

// Header returns the place of the section that Lookup reads, the zero Pos if there
// is none.
func (f *File) Header(name string) Pos {
	if s, ok := f.Profiles[name]; ok {
		return Pos{f.Path, s.Line}
	}
	return Pos{}
}

// SettingsOf returns a copy of the settings of a section, those of [DEFAULT]
// included.
func (f *File) SettingsOf(s *Section) Settings {
	all := make(Settings, len(f.Defaults)+len(s.Own))
	f.add(all, f.Defaults)
	f.add(all, s.Own)
	return all
}

func (f *File) add(to map[string]Value, settings []Setting) {
	for _, s := range settings {
		v := Value{Text: s.Text, Pos: Pos{f.Path, s.Line}}
		if s.Nested != nil {
			v.Nested = make(map[string]Value, len(s.Nested))
			f.add(v.Nested, s.Nested)
		}
		to[s.Key] = v
	}
}

// index fills in the maps of sections. Of several sections for one name the last
// one counts, as in botocore.
func (f *File) index(kind Kind) {
	f.Profiles = make(map[string]*Section, len(f.Sections))
	if kind == CredentialsFile {
		for _, s := range f.Sections {
			f.Profiles[s.Name] = s
		}
		return
	}
	f.SSOSessions, f.Services, f.Bare = map[string]*Section{}, map[string]*Section{}, map[string]Pos{}
	for _, s := range f.Sections {
		switch {
		case s.Name == "default":
			f.Profiles[s.Name] = s
		case strings.HasPrefix(s.Name, "profile"):
			if !addNamed(f.Profiles, s) {
				f.Bare[MeantProfile(s.Name)] = Pos{f.Path, s.Line}
			}
		case strings.HasPrefix(s.Name, "sso-session"):
			addNamed(f.SSOSessions, s)
		case strings.HasPrefix(s.Name, "services"):
			addNamed(f.Services, s)
		default:
			f.Bare[MeantProfile(s.Name)] = Pos{f.Path, s.Line}
		}
	}
}

// MeantProfile returns the name of the profile that the header of a section was
// probably meant to have, if botocore does not take it for one: [Profile dev],
// [profile my dev], [profile=dev] and [dev].
func MeantProfile(header string) string {
	const word = "profile"
	name := strings.TrimSpace(header)
	if strings.EqualFold(name, "default") {
		return "default"
	}
	if len(name) > len(word) && strings.EqualFold(name[:len(word)], word) && strings.ContainsAny(name[len(word):len(word)+1], " \t\"'=:.") {
		name = strings.TrimLeft(name[len(word):], " \t=:.")
	}
	if words, err := SplitWords(name); err == nil && len(words) == 1 {
		return words[0]
	}
	return name
}

// ProfileHeader returns the line that the section of a profile begins with in a config
// file.
func ProfileHeader(name string) string {
	if name == "default" {
		return "[default]"
	}
	return "[profile " + QuoteWord(name) + "]"
}

// isPlainWord reports whether SplitWords returns s as it is, by its characters
// alone.
func isPlainWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return s != ""
}

// addNamed adds s to m under the second word of its name, if that has two words, and
// reports whether it has.
func addNamed(m map[string]*Section, s *Section) bool {
	if first, second, _ := strings.Cut(s.Name, " "); isPlainWord(first) && isPlainWord(second) { // nearly all are
		m[second] = s
		return true
	}
	words, err := SplitWords(s.Name)
	if err != nil || len(words) != 2 {
		return false
	}
	m[words[1]] = s
	return true
}
