package cli

import (
	"errors"

	"github.com/awsexec/awsexec/internal/remote"
)

// hintOfRemote returns the hint for a host that gives no way to this machine.
func hintOfRemote(err error, _ *advisor, _ string) string {
	switch {
	case errors.As(err, new(*remote.ForwardError)):
		return "its sshd_config must allow it for you: AllowTcpForwarding yes, and no permitlisten that excludes it"
	case errors.As(err, new(*remote.HostError)):
		return "it needs a POSIX shell, mktemp, and XDG_RUNTIME_DIR or /tmp to write to"
	}
	return ""
}
