//go:build !awsexec_cheap

package cli

import "time"

// workFactor is the cost of the encrypted keystore's passphrase; 0 is the default.
const workFactor = 0

// pause is what a rotation waits before it asks AWS once more.
const pause = 500 * time.Millisecond
