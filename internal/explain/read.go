package explain

import (
	"bytes"
	"cmp"
	"maps"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// value is one setting as a client reads it.
type value struct {
	text string
	pos  awsini.Pos
}

// section is one section of a file. A setting that the client does not see is not in it.
type section map[string]value

// has reports whether any of keys is there, even without a value.
func (s section) has(keys ...string) bool {
	for _, key := range keys {
		if _, ok := s[key]; ok {
			return true
		}
	}
	return false
}

// at returns the place of the first of keys that is there.
func (s section) at(keys ...string) Place {
	for _, key := range keys {
		if v, ok := s[key]; ok {
			return Place{Pos: v.pos, Key: key}
		}
	}
	return Place{}
}

// reading is what one client sees in the two files.
type reading struct {
	config, credentials map[string]section // by profile
	sessions            map[string]section // the sso-session sections
	services            map[string]bool    // the names of the services sections

	// notMerged are the settings that count in the credentials file only if the config file does not have the profile.
	notMerged []string
}

// newReading returns a reading of files without sections.
func newReading() reading {
	return reading{config: map[string]section{}, credentials: map[string]section{}, sessions: map[string]section{}, services: map[string]bool{}}
}

// profile returns the settings of a profile. In all clients the credentials file overrides the config file key by key.
func (r reading) profile(name string) (section, bool) {
	config, ok := r.config[name]
	credentials, also := r.credentials[name]
	merged := merge(config, credentials)
	if ok && also {
		for _, key := range r.notMerged {
			delete(merged, key)
			if v, set := config[key]; set {
				merged[key] = v
			}
		}
	}
	return merged, ok || also
}

// merge returns the settings of both. Those of over win.
func merge(under, over section) section {
	merged := make(section, len(under)+len(over))
	maps.Copy(merged, under)
	maps.Copy(merged, over)
	return merged
}

// Contents are the two files as each client reads them.
type Contents struct {
	config    []byte          // the config file
	parsed    *profile.Config // as botocore parses them; nil if it cannot
	parsedErr error           // why
	botocore  reading
	goSDK     reading
	jsSDK     reading
}

// Read reads both files, once for all clients. A file that cannot be opened counts
// as missing, as in all clients. If parsed is not nil, it is what the files hold, as
// [profile.ReadFiles] returns it.
func Read(files profile.Files, parsed *profile.Config) *Contents {
	config, _ := readfile.Read(files.Config, readfile.MaxAWS)
	credentials, _ := readfile.Read(files.Credentials, readfile.MaxAWS)
	c := &Contents{config: config, parsed: parsed, botocore: newReading()}
	if parsed == nil {
		c.parsed, c.parsedErr = parse(files, config, credentials)
	}
	if c.parsedErr == nil { // awsini reads such a file, Python's configparser does not
		c.parsedErr = cmp.Or(marked(files.Config, config), marked(files.Credentials, credentials))
	}
	if c.parsedErr == nil {
		c.botocore = botocoreReading(c.parsed)
	}
	c.goSDK = readGo(files, config, credentials)
	c.jsSDK = readJS(files, config, credentials)
	return c
}

// marked returns the error for a file that begins with a byte order mark.
func marked(path string, data []byte) error {
	if bytes.HasPrefix(data, []byte(awsini.BOM)) {
		return &awsini.ParseError{Pos: awsini.Pos{File: path, Line: 1}, Reason: "a byte order mark: save the file as UTF-8 without one"}
	}
	return nil
}

// parse parses the files as botocore does: both as a whole, or an error.
func parse(files profile.Files, config, credentials []byte) (*profile.Config, error) {
	first, err := awsini.Parse(files.Config, config, awsini.ConfigFile)
	if err != nil {
		return nil, err
	}
	second, err := awsini.Parse(files.Credentials, credentials, awsini.CredentialsFile)
	if err != nil {
		return nil, err
	}
	return &profile.Config{Config: first, Credentials: second}, nil
}

func botocoreReading(c *profile.Config) reading {
	r := newReading()
	r.config, r.credentials = sections(c.Config, c.Config.Profiles), sections(c.Credentials, c.Credentials.Profiles)
	r.sessions = sections(c.Config, c.Config.SSOSessions)
	for name, s := range c.Config.Services {
		r.services[name] = len(c.Config.SettingsOf(s)) > 0 // without settings it counts as missing
	}
	return r
}

const (
	profileSection  = "profile "
	ssoSection      = "sso-session "
	servicesSection = "services "
)

func sections(f *awsini.File, named map[string]*awsini.Section) map[string]section {
	all := make(map[string]section, len(named))
	for name, written := range named {
		settings := f.SettingsOf(written)
		s := make(section, len(settings))
		for key, v := range settings {
			s[key] = value{v.Text, v.Pos}
		}
		all[name] = s
	}
	return all
}
