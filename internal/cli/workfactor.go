//go:build !awsexec_cheap

package cli

import "time"

// workFactor is the cost of the passphrase of the encrypted file; 0 is the
// default.
const workFactor = 0

// pause is how long a rotation waits before it asks AWS again.
const pause = 500 * time.Millisecond

// codeWait is how many times as long as needed the next MFA code is waited for.
const codeWait = 1
