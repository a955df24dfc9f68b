package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Pos is a place in a file. Line counts from 1; the zero Pos is no place.
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

// Kind says how section names are to be understood.
type Kind int

const (
	// ConfigFile is the shared config file: only [default] and [profile NAME] are profiles.
	ConfigFile Kind = iota
	// CredentialsFile is the shared credentials file: every section is the profile of that name.
	CredentialsFile
)

// File is one parsed file. It does not change and is safe for concurrent use.
type File struct {
	Path string

	sections    []*section // as they come, without [DEFAULT]
	defaults    []setting  // of [DEFAULT]
	profiles    map[string]*section
	ssoSessions map[string]*section
	services    map[string]*section
	bare        map[string]Pos // sections of a config file that are nothing to AWS: [dev] in place of [profile dev]
}

// section is one section. Its own settings are without those of [DEFAULT].
type section struct {
	name    string // what the brackets hold
	line    int
	own     []setting
	last    int // its last line that is neither blank nor a comment
	lastKey int // the line of its last key, 0 if it has none
}

// setting is a key and its value, text or nested.
type setting struct {
	key, text string
	nested    []setting
	line      int
}

// ParseError says what makes a file unreadable, to us and to botocore.
type ParseError struct {
	Pos    Pos
	Reason string // never quotes a value
}

func (e *ParseError) Error() string { return e.Pos.String() + ": " + e.Reason }

// Names returns the profiles of the file, sorted.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.profiles)) }

// Lookup returns a copy of the settings that this file alone has for a profile, those of [DEFAULT] included.
func (f *File) Lookup(name string) (Settings, bool) {
	s, ok := f.profiles[name]
	if !ok {
		return nil, false
	}
	return f.settings(s), true
}

// Header is the place of the section that Lookup reads; the zero Pos if there is none.
func (f *File) Header(name string) Pos {
	if s, ok := f.profiles[name]; ok {
		return Pos{f.Path, s.line}
	}
	return Pos{}
}

func (f *File) settings(s *section) Settings {
	all := make(Settings, len(f.defaults)+len(s.own))
	f.add(all, f.defaults)
	f.add(all, s.own)
	return all
}

func (f *File) add(to map[string]Value, settings []setting) {
	for _, s := range settings {
		v := Value{Text: s.text, Pos: Pos{f.Path, s.line}}
		if s.nested != nil {
			v.Nested = make(map[string]Value, len(s.nested))
			f.add(v.Nested, s.nested)
		}
		to[s.key] = v
	}
}

// index finds out what each section is. Of several sections for one name the last one counts, as in botocore.
func (f *File) index(kind Kind) {
	f.profiles = make(map[string]*section, len(f.sections))
	if kind == CredentialsFile {
		for _, s := range f.sections {
			f.profiles[s.name] = s
		}
		return
	}
	f.ssoSessions, f.services, f.bare = map[string]*section{}, map[string]*section{}, map[string]Pos{}
	for _, s := range f.sections {
		switch {
		case s.name == "default":
			f.profiles[s.name] = s
		case strings.HasPrefix(s.name, "profile"):
			addNamed(f.profiles, s)
		case strings.HasPrefix(s.name, "sso-session"):
			addNamed(f.ssoSessions, s)
		case strings.HasPrefix(s.name, "services"):
			addNamed(f.services, s)
		default:
			f.bare[s.name] = Pos{f.Path, s.line}
		}
	}
}

// isPlainWord tells whether s is a word that has nothing for splitWords to take away.
func isPlainWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return s != ""
}

// addNamed files s under the second word of its name. A name of other than two words is nothing.
func addNamed(m map[string]*section, s *section) {
	if first, second, _ := strings.Cut(s.name, " "); isPlainWord(first) && isPlainWord(second) { // nearly all are
		m[second] = s
		return
	}
	if words, err := splitWords(s.name); err == nil && len(words) == 2 {
		m[words[1]] = s
	}
}
