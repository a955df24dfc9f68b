package profile

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/readfile"
)

// Files are the paths of the two AWS files. An empty path is a file that does not
// exist.
type Files struct{ Config, Credentials string }

// DefaultFiles returns the files that AWS_CONFIG_FILE and
// AWS_SHARED_CREDENTIALS_FILE name, else those below home, or none if home is empty
// too. A leading ~ and variables written $NAME or ${NAME} are expanded in the two
// variables, as in botocore. A variable that is empty or unset stays as written, and
// so does ~user.
func DefaultFiles(env func(string) string, home string) Files {
	path := func(variable, name string) string {
		if p := env(variable); p != "" {
			return expandHome(expandVariables(p, env), home)
		}
		if home == "" {
			return ""
		}
		return filepath.Join(home, ".aws", name)
	}
	return Files{path("AWS_CONFIG_FILE", "config"), path("AWS_SHARED_CREDENTIALS_FILE", "credentials")}
}

// LoginCache returns the directory that AWS_LOGIN_CACHE_DIRECTORY names, by the rules
// of [DefaultFiles]; "" if it names none.
func LoginCache(env func(string) string, home string) string {
	path := env("AWS_LOGIN_CACHE_DIRECTORY")
	if path == "" {
		return ""
	}
	return expandHome(expandVariables(path, env), home)
}

func expandHome(path, home string) string {
	if home == "" || path[0] != '~' || len(path) > 1 && path[1] != '/' && !os.IsPathSeparator(path[1]) {
		return path
	}
	return strings.TrimRight(home, "/") + path[1:]
}

func expandVariables(path string, env func(string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(path, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, written := variableName(rest)
		if value := env(name); name != "" && value != "" {
			b.WriteString(value)
		} else {
			b.WriteString("$" + written)
		}
		path = rest[len(written):]
	}
}

// variableName returns the variable at the start of s, which follows a $: its name,
// and the name as written.
func variableName(s string) (name, written string) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 0 {
			return s[1:end], s[:end+1]
		}
		return "", ""
	}
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if end < 0 {
		end = len(s)
	}
	return s[:end], s[:end]
}

// Config is the content of the two files. It does not change and is safe for
// concurrent use.
type Config struct {
	Config, Credentials *awsini.File // empty if there is no such file

	extra []string // further profiles
	self  string   // absolute path of this program; "" if it is known by its name alone
}

// ReadFiles reads and parses both files. A file that does not exist counts as
// empty. A file that cannot be read is an error: the SDKs go on without it, and find
// other credentials or none.
func ReadFiles(files Files) (*Config, error) {
	config, err := readFile(files.Config, awsini.ConfigFile)
	if err != nil {
		return nil, err
	}
	credentials, err := readFile(files.Credentials, awsini.CredentialsFile)
	if err != nil {
		return nil, err
	}
	return &Config{Config: config, Credentials: credentials}, nil
}

func readFile(path string, kind awsini.Kind) (*awsini.File, error) {
	var data []byte
	defer func() { clear(data) }() // it may hold keys
	if path != "" {
		var err error
		data, err = readfile.Read(path, readfile.MaxAWS)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return nil, err
		}
	}
	return awsini.Parse(path, data, kind)
}

// With returns a Config in which each of names is a profile, which is empty if the
// files do not have it. It is meant for names that only the keystore has.
func (c *Config) With(names ...string) *Config {
	with := *c
	with.extra = slices.Concat(c.extra, names)
	return &with
}

// RunBy returns a Config whose profiles recognize this program as their
// credential_process by its absolute path, too.
func (c *Config) RunBy(self string) *Config {
	by := *c
	by.self = self
	return &by
}

// Names returns the profiles of both files, sorted.
func (c *Config) Names() []string {
	all := maps.Clone(c.Config.Profiles)
	maps.Copy(all, c.Credentials.Profiles)
	for _, name := range c.extra {
		all[name] = nil
	}
	return slices.Sorted(maps.Keys(all))
}

// Lookup returns a copy of the settings of a profile. The credentials file
// overrides the config file key by key.
func (c *Config) Lookup(name string) (awsini.Settings, bool) {
	settings, ok := c.Config.Lookup(name)
	over, also := c.Credentials.Lookup(name)
	switch {
	case ok && also:
		maps.Copy(settings, over)
		return settings, true
	case also:
		return over, true
	case !ok && slices.Contains(c.extra, name):
		return awsini.Settings{}, true
	}
	return settings, ok
}
