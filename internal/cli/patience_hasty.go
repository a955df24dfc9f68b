//go:build awsexec_hasty

package cli

import "time"

// lockPatience is for tests that stop the other awsexec.
const lockPatience = 100 * time.Millisecond
