//go:build !awsexec_hasty

package cli

import "time"

// lockPatience is how long another awsexec that changes the same key is waited
// for. One that works, or asks a person, can take longer than anybody should
// wait.
const lockPatience = 2 * time.Second
