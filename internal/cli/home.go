package cli

import (
	"os"
	"os/user"
	"path/filepath"
)

// homes are the home directories of the user; "" for one that is not known.
type homes struct {
	aws string // that SDKs find: the AWS files are in it
	own string // that awsexec's own directories are in: an absolute path
}

// findHomes returns the home directories of the user who runs awsexec. SDKs take
// HOME (on Windows USERPROFILE), even a relative path, and without it what the
// system has for the user. An empty HOME counts as unset, as in the Go SDK; botocore
// takes it for the root directory. Keys and sessions are not to depend on the
// current directory: a relative HOME does not count for them.
func findHomes() homes {
	home, err := os.UserHomeDir()
	if err == nil && filepath.IsAbs(home) {
		return homes{home, home}
	}
	account := ""
	if u, userErr := user.Current(); userErr == nil && filepath.IsAbs(u.HomeDir) {
		account = u.HomeDir
	}
	if err != nil {
		home = account
	}
	return homes{home, account}
}
