package fastpath

import (
	"path"
	"slices"
	"strings"
)

// Call is a plain call of awsexec, which prints credentials or becomes a child.
// Its paths are for comparison with those of the whole program.
type Call struct {
	Child    []string // what follows --
	HasChild bool

	Config, Credentials string // the AWS files
	Data, Cache, State  string // awsexec's own directories
	NoLog               bool   // nothing is written to the log

	HasBus bool // a D-Bus session bus may exist, and a keyring on it

	own  []string // its arguments before --
	vars []string // the variables that may matter, NAME=value, sorted
}

// Parse returns the call with these arguments and this environment, if it is a
// plain one.
func Parse(args, environ []string) (*Call, bool) {
	c := &Call{own: args}
	if i := slices.Index(args, "--"); i >= 0 {
		c.own, c.Child, c.HasChild = args[:i], args[i+1:], true
		if len(c.Child) == 0 || c.Child[0] == "" {
			return nil, false
		}
	}
	if !supported || !plain(c.own) {
		return nil, false
	}
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(name, "AWS") && strings.Contains(name, "PASS"):
			c.vars = append(c.vars, name+"=")
		case strings.HasPrefix(name, "AWS"), name == "BOTOCORE_TCP_KEEPALIVE", name == "HOME", name == "XDG_DATA_HOME", name == "XDG_CACHE_HOME", name == "XDG_STATE_HOME", name == "DBUS_SESSION_BUS_ADDRESS":
			c.vars = append(c.vars, kv)
		}
	}
	slices.Sort(c.vars)
	if on := c.env(Switch); on != "" && on != "1" || !path.IsAbs(c.env("HOME")) {
		return nil, false
	}
	// The whole program warns of half a key in the environment.
	if c.env("AWS_SECRET_ACCESS_KEY") != "" && c.env("AWS_ACCESS_KEY_ID") == "" {
		return nil, false
	}
	// An MFA code differs each time; a child that renews its credentials gets none.
	if c.env("AWSEXEC_MFA_CODE") != "" || c.env("AWSEXEC_REFRESH") != "" {
		return nil, false
	}
	switch c.env("AWSEXEC_LOG") {
	case "", "1":
	case "0":
		c.NoLog = true
	default: // the whole program knows more values
		return nil, false
	}
	c.Config = c.file("AWS_CONFIG_FILE", ".aws/config")
	c.Credentials = c.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")
	c.Data = c.directory("XDG_DATA_HOME", ".local/share")
	c.Cache = c.directory("XDG_CACHE_HOME", ".cache")
	c.State = c.directory("XDG_STATE_HOME", ".local/state")
	c.HasBus = hasBus(c.env("DBUS_SESSION_BUS_ADDRESS"))
	return c, c.Config != "" && c.Credentials != ""
}

// plain reports whether args are flags with which the credentials depend on
// nothing but the fingerprint. It need not read them as the parser does: the
// same flags always mean the same.
func plain(args []string) bool {
	for i := 0; i < len(args); i++ {
		name, _, hasValue := strings.Cut(args[i], "=")
		switch name {
		case "-p", "--profile", "--region", "--duration", "--keystore", "--policy-arn":
			if !hasValue {
				i++
			}
		case "--no-prompt", "--read-only":
		default:
			if !strings.HasPrefix(name, "-p") { // -pNAME
				return false
			}
		}
	}
	return true
}

// env returns the value of one of the variables that may matter.
func (c *Call) env(name string) string {
	for _, kv := range c.vars {
		if value, ok := strings.CutPrefix(kv, name); ok && strings.HasPrefix(value, "=") {
			return value[1:]
		}
	}
	return ""
}

// file returns the path of an AWS file, "" if it needs expansion.
func (c *Call) file(variable, name string) string {
	p := c.env(variable)
	switch {
	case p == "":
		return path.Join(c.env("HOME"), name)
	case p[0] == '~' || strings.Contains(p, "$"):
		return ""
	}
	return p
}

// directory returns the path of one of awsexec's own directories.
func (c *Call) directory(variable, name string) string {
	if dir := c.env(variable); path.IsAbs(dir) {
		return path.Join(dir, "awsexec")
	}
	return path.Join(c.env("HOME"), name, "awsexec")
}
