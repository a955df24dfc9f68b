// Command awsexec keeps long-term AWS access keys in the OS keyring and gives
// programs short-lived credentials instead.
package main

import (
	"os"

	"github.com/awsexec/awsexec/internal/cli"
	"github.com/awsexec/awsexec/internal/fastpath/tickets"
)

// version is set by the release build; "" leaves it to what Go knows of the
// module.
var version string

func main() { os.Exit(cli.Main(os.Args, version, tickets.FastPath{})) }
