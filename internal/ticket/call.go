// Package ticket lets a call of awsexec have the answer of an earlier one that was asked the same.
//
// A call that has handed out a session of the cache leaves a ticket: a small sealed file that says which session that was. Its name is the
// fingerprint of all that the choice depended on: the program itself, its user, its own arguments, every variable that it reads, and
// the contents of the AWS files, of the keystore's indexes and of the encrypted file. A call with the same fingerprint may go straight to that session: reading
// and resolving profiles again could only come to the same.
//
// What must hold: whoever answers with a ticket gives what the whole program would give, byte for byte. Therefore
//   - a ticket is left only for credentials that are a session of the cache made from a key in the keystore, by a call that said
//     nothing, and only if the fingerprint was the same before and after it;
//   - a ticket holds no credentials and says nothing of time: the session must be there, open, be fresh at the time of the call, and have been
//     made with the long-term key that the ticket names;
//   - it names the digest of the index that was right when it was left. The kernel holds with the sealing key the digest of the one that is right
//     now: an index and a store that were put back to what they were then lead nobody to the session of then;
//   - tickets are sealed with the key of the sessions, under the whole fingerprint: nobody without that key can lead a profile to another's
//     session, and a ticket that was copied to the name of another does not open;
//   - a passphrase, awsexec's or another tool's, is in no fingerprint: whoever gets at the name of a ticket, in a backup perhaps, could try
//     passphrases on it, millions a second. None has a say in which session a call gets, nor opens anything on the way of a ticket;
//   - whatever is not plain (a flag that is not known here, an AWS file that is a pipe or whose name takes expansion) has no fingerprint.
//
// What is not in the fingerprint is whether the keystore could be read just now: as long as the kernel holds the sealing key, sessions
// are handed out without asking it. Without a ticket that takes a bus at least on which a keyring could be; with one not even that, so that
// a keyring that is gone does not lead a profile to other credentials before the kernel has forgotten the key.
//
// The package imports next to nothing, since it is on the way of every warm call.
package ticket

import (
	"path"
	"slices"
	"strings"
)

// Call is a plain call of awsexec that prints credentials or becomes a child. Its paths are for comparison with those of the whole program.
type Call struct {
	Child    []string // behind --
	HasChild bool

	Config, Credentials string // the AWS files
	Data, Cache         string // awsexec's own directories

	HasBus bool // a D-Bus session may be there, on which a keyring could be

	own  []string // its arguments before --
	vars []string // the variables that may matter, NAME=value, sorted
}

// Name is the file name of the program. Under another one there are no tickets.
const Name = "awsexec"

// Switch is the variable that switches tickets off with any value but 1.
const Switch = "AWSEXEC_WARM"

// Parse returns the call that a program with these arguments and this environment is, if it is a plain one.
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
		case strings.HasPrefix(name, "AWS"), name == "HOME", name == "XDG_DATA_HOME", name == "XDG_CACHE_HOME", name == "DBUS_SESSION_BUS_ADDRESS":
			c.vars = append(c.vars, kv)
		}
	}
	slices.Sort(c.vars)
	if on := c.env(Switch); on != "" && on != "1" || !path.IsAbs(c.env("HOME")) {
		return nil, false
	}
	// A code is another each time; a child that renews its credentials gets none.
	if c.env("AWSEXEC_MFA_CODE") != "" || c.env("AWSEXEC_REFRESH") != "" {
		return nil, false
	}
	c.Config = c.file("AWS_CONFIG_FILE", ".aws/config")
	c.Credentials = c.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")
	c.Data = c.directory("XDG_DATA_HOME", ".local/share")
	c.Cache = c.directory("XDG_CACHE_HOME", ".cache")
	c.HasBus = hasBus(c.env("DBUS_SESSION_BUS_ADDRESS"))
	return c, c.Config != "" && c.Credentials != ""
}

// plain says whether args are flags of which the credentials depend on nothing else than the rest of the fingerprint, or none. It
// need not read them as the parser does: the same flags always mean the same.
func plain(args []string) bool {
	for i := 0; i < len(args); i++ {
		name, _, hasValue := strings.Cut(args[i], "=")
		switch name {
		case "-p", "--profile", "--region", "--duration", "--keystore":
			if !hasValue {
				i++
			}
		case "--no-prompt":
		default:
			if !strings.HasPrefix(name, "-p") { // -pNAME
				return false
			}
		}
	}
	return true
}

// env is the value of one of the variables that may matter.
func (c *Call) env(name string) string {
	for _, kv := range c.vars {
		if value, ok := strings.CutPrefix(kv, name); ok && strings.HasPrefix(value, "=") {
			return value[1:]
		}
	}
	return ""
}

// file is the path of an AWS file, "" if it takes expansion.
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

func (c *Call) directory(variable, name string) string {
	if dir := c.env(variable); path.IsAbs(dir) {
		return path.Join(dir, "awsexec")
	}
	return path.Join(c.env("HOME"), name, "awsexec")
}
