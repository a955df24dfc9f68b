//go:build !awsexec_cheap

package cli

import "time"

// workFactor is the cost of the encrypted keystore's passphrase; 0 is the default.
const workFactor = 0

// pause is what a rotation waits before it asks AWS once more.
const pause = 500 * time.Millisecond

// lockPatience is how long another awsexec that changes the same key is waited for. One that works, or asks a person, can take
// longer than anybody should wait.
const lockPatience = 2 * time.Second
