package explain

import (
	"maps"
	"strings"

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
}

// profile returns the settings of a profile. In all clients the credentials file overrides the config file key by key.
func (r reading) profile(name string) (section, bool) {
	config, ok := r.config[name]
	credentials, also := r.credentials[name]
	return merge(config, credentials), ok || also
}

// merge returns the settings of both. Those of over win.
func merge(under, over section) section {
	merged := make(section, len(under)+len(over))
	maps.Copy(merged, under)
	maps.Copy(merged, over)
	return merged
}

// contents are the two files as bytes.
type contents struct {
	files               profile.Files
	config, credentials []byte
}

func load(files profile.Files) contents {
	c := contents{files: files}
	c.config, _ = readfile.Read(files.Config, readfile.MaxAWS)
	c.credentials, _ = readfile.Read(files.Credentials, readfile.MaxAWS)
	return c
}

// botocore reads the files as botocore does: both as a whole, or an error.
func (c contents) botocore() (reading, error) {
	config, err := awsini.Parse(c.files.Config, c.config, awsini.ConfigFile)
	if err != nil {
		return reading{}, err
	}
	credentials, err := awsini.Parse(c.files.Credentials, c.credentials, awsini.CredentialsFile)
	if err != nil {
		return reading{}, err
	}
	raw, err := awsini.Parse(c.files.Config, c.config, awsini.CredentialsFile) // every section, by what its brackets hold
	if err != nil {
		return reading{}, err
	}
	sessions := map[string]section{}
	for name, s := range sections(raw) {
		if session, ok := strings.CutPrefix(name, ssoSection); ok {
			sessions[strings.Trim(session, `"'`)] = s
		}
	}
	return reading{sections(config), sections(credentials), sessions}, nil
}

const (
	profileSection = "profile "
	ssoSection     = "sso-session "
)

func sections(f *awsini.File) map[string]section {
	all := map[string]section{}
	for _, name := range f.Names() {
		settings, _ := f.Lookup(name)
		s := make(section, len(settings))
		for key, v := range settings {
			s[key] = value{v.Text, v.Pos}
		}
		all[name] = s
	}
	return all
}
