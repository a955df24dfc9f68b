package exec

import "github.com/awsexec/awsexec/internal/child"

// Identity is what a child process gets to know of AWS: its credentials, region and profile.
type Identity = child.Identity

// scrubbed are the variables that would let another identity win over the one given, or carry a secret that is not the child's.
var scrubbed = child.Scrubbed

// Environ returns the environment of a child process: base without every variable that could lead an AWS SDK to
// other credentials, and with those of id. It is a pure function; see [child.Environ] for what it promises.
func Environ(base []string, id Identity) []string { return child.Environ(base, id) }

// replaced is base without what drop names, and then with those variables of set that are not empty. Where there is a region, which
// set then has, those of base are dropped too.
func replaced(base []string, region string, drop []string, set [][2]string) []string {
	return child.Replaced(base, region, drop, set)
}
