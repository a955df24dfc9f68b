package session

import (
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// Settings are what the command line and the environment of one run say, and where
// it runs. They do not change while it runs.
type Settings struct {
	Environ []string // NAME=value, as the process got it

	// Inherited are the variables of Environ, with their values, that hold settings
	// of the profile of an awsexec around this process. They count only if no profile
	// is named here: the credentials of that profile are then passed on.
	Inherited [][2]string

	// GivenBy is the profile of an awsexec around this process whose credentials are
	// in Environ; "" if there is none.
	GivenBy string

	// Policies are the session policies that flags and variables ask for.
	Policies []policy.Request

	// Given are those of the credentials that GivenBy is about; nil if they are unknown.
	Given *policy.Set

	Home    string           // the home directory with awsexec's own directories; "" if it is not known
	SDKHome string           // the one that SDKs find; it may be relative
	Self    string           // absolute path of this program
	Version string           // of this program
	Now     func() time.Time // the local clock

	Profile   string        // named on the command line; "" if none was
	Region    string        // likewise
	Duration  time.Duration // asked for credentials; 0 leaves it to the profile
	Keystore  keystore.Kind
	Hold      time.Duration // how long the kernel may hold the sealing key
	NoSession bool          // give long-term keys as they are
	NoPrompt  bool          // ask nobody
	Refresh   bool          // the child is to renew its credentials through awsexec
	ByProgram bool          // a program seems to ask for credentials, not a person
	NoLog     bool          // write nothing into the log of what is handed out
	SignIn    string        // when a person is to sign in: as profile.WhenSignIn, "" leaves it to the profile
	Debug     bool

	Files    profile.Files // the user's own AWS files
	SDKFiles profile.Files // what SDKs read here: other files than Files under awsexec --refresh

	WorkFactor int // of the encrypted keystore; 0 for the default, less only in tests
}

// Env returns the value of an environment variable, "" if it is not set or is a
// setting of another profile.
func (s *Settings) Env(name string) string {
	value, _ := s.ownEnv(name)
	return value
}

// ownEnv returns the value of an environment variable, and whether it is set and not
// a setting of another profile.
func (s *Settings) ownEnv(name string) (string, bool) {
	if s.Profile != "" && s.inherits(name) {
		return "", false
	}
	return s.LookupEnv(name)
}

// LookupEnv returns the value of an environment variable as other programs see it,
// and whether it is set.
func (s *Settings) LookupEnv(name string) (string, bool) { return Lookup(s.Environ, name) }

// inherits reports whether an awsexec around this process has set a variable.
func (s *Settings) inherits(name string) bool {
	return slices.ContainsFunc(s.Inherited, func(kv [2]string) bool { return Variable(kv[0]) == Variable(name) })
}

// Lookup returns the last value that environ has for a variable, and whether it
// has one.
func Lookup(environ []string, name string) (value string, ok bool) {
	want := Variable(name)
	for _, kv := range environ {
		if n, v, found := strings.Cut(kv, "="); found && n != "" && Variable(n) == want {
			value, ok = v, true
		}
	}
	return value, ok
}

// Variable returns the name of a variable as it is compared. On Windows letter case
// does not count, and SDKs find aws_profile there.
func Variable(name string) string {
	if runtime.GOOS == "windows" {
		return strings.ToUpper(name)
	}
	return name
}

// SelectedName returns the name of the profile that the command line and the
// environment select.
func (s *Settings) SelectedName() string { return profile.Name(s.Profile, s.Env) }

// chainVar hands the profiles that are being resolved, one a line, to the helpers
// that awsexec starts, so that a helper that leads back to one of them is noticed. A
// child of "awsexec --" does not get it.
const chainVar = "AWSEXEC_CHAIN"

// Chain returns the profiles that the processes above this one are resolving.
func (s *Settings) Chain() []string {
	if s.Env(chainVar) == "" {
		return nil
	}
	return strings.Split(s.Env(chainVar), "\n")
}

// PlainEnviron returns the environment of a program that needs to know nothing of AWS
// and awsexec: a browser, or an age plugin.
func (s *Settings) PlainEnviron() []string {
	return slices.DeleteFunc(slices.Clone(s.Environ), func(kv string) bool { return strings.HasPrefix(Variable(kv), "AWS") })
}

// HelperEnviron returns the environment of a helper program that is started
// while the profiles of path are being resolved. It reads the AWS files that
// awsexec reads, or its way to credentials could lead back here, and it gets
// none of awsexec's secrets and no settings of another profile.
func (s *Settings) HelperEnviron(path []string) []string {
	env := make([]string, 0, len(s.Environ)+4)
	for _, kv := range s.Environ {
		name, _, _ := strings.Cut(kv, "=")
		if s.Profile != "" && s.inherits(name) {
			continue
		}
		switch Variable(name) {
		case "AWSEXEC_PASSPHRASE", "AWSEXEC_NEW_PASSPHRASE", "AWSEXEC_BACKUP_PASSPHRASE", "AWSEXEC_MFA_CODE", "AWSEXEC_NO_PROMPT", chainVar:
		case "AWSEXEC_READ_ONLY", "AWSEXEC_POLICY", "AWSEXEC_POLICY_ARNS": // about what this process hands out, not what it starts from
		case "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE":
			if s.Files == s.SDKFiles {
				env = append(env, kv)
			}
		default:
			env = append(env, kv)
		}
	}
	if s.Files != s.SDKFiles {
		env = append(env, "AWS_CONFIG_FILE="+s.Files.Config, "AWS_SHARED_CREDENTIALS_FILE="+s.Files.Credentials)
	}
	if s.NoPrompt {
		env = append(env, "AWSEXEC_NO_PROMPT=1")
	}
	return append(env, chainVar+"="+strings.Join(path, "\n"))
}

// CanHold reports whether the kernel can hold a key here.
func (s *Settings) CanHold() bool { return runtime.GOOS == "linux" && s.Hold > 0 }

// DataDir returns the directory of data that must not be lost, by the XDG Base
// Directory Specification or the custom of the system.
func (s *Settings) DataDir() (string, error) {
	switch {
	case filepath.IsAbs(s.Env("XDG_DATA_HOME")): // the specification has relative ones ignored
		return filepath.Join(s.Env("XDG_DATA_HOME"), "awsexec"), nil
	case runtime.GOOS == "windows":
		return s.underLocal("awsexec")
	case runtime.GOOS == "darwin":
		return under(s.Home, "Library", "Application Support", "awsexec")
	default:
		return under(s.Home, ".local", "share", "awsexec")
	}
}

// CacheDir returns the directory of data that can be made again.
func (s *Settings) CacheDir() (string, error) {
	switch {
	case filepath.IsAbs(s.Env("XDG_CACHE_HOME")):
		return filepath.Join(s.Env("XDG_CACHE_HOME"), "awsexec"), nil
	case runtime.GOOS == "windows":
		return s.underLocal("awsexec", "cache")
	case runtime.GOOS == "darwin":
		return under(s.Home, "Library", "Caches", "awsexec")
	default:
		return under(s.Home, ".cache", "awsexec")
	}
}

// StateDir returns the directory of the log, which programs do not need but people
// may.
func (s *Settings) StateDir() (string, error) {
	switch {
	case filepath.IsAbs(s.Env("XDG_STATE_HOME")):
		return filepath.Join(s.Env("XDG_STATE_HOME"), "awsexec"), nil
	case runtime.GOOS == "windows":
		return s.underLocal("awsexec", "state")
	case runtime.GOOS == "darwin":
		return under(s.Home, "Library", "Logs", "awsexec")
	default:
		return under(s.Home, ".local", "state", "awsexec")
	}
}

// CheckDirs returns why one of the two directories is refused, or one right below
// it; see package ownfile. A directory that is not there, or whose place is not
// known, is not refused.
func (s *Settings) CheckDirs() error {
	for _, dir := range []func() (string, error){s.DataDir, s.CacheDir} {
		path, err := dir()
		if err != nil {
			continue
		}
		if refused, ok := errors.AsType[*ownfile.RefusedError](ownfile.Dir(path).Check()); ok {
			return refused
		}
	}
	return nil
}

// underLocal returns a path below the directory of local data of Windows.
func (s *Settings) underLocal(elem ...string) (string, error) {
	if local := s.Env("LOCALAPPDATA"); local != "" {
		return under(local, elem...)
	}
	return under(s.Home, append([]string{"AppData", "Local"}, elem...)...)
}

func under(base string, elem ...string) (string, error) {
	if base == "" {
		return "", errors.New("the user's home directory is not known: neither HOME (on Windows USERPROFILE) nor the system's list of users has it")
	}
	return filepath.Join(append([]string{base}, elem...)...), nil
}
