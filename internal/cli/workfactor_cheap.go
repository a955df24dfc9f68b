//go:build awsexec_cheap

package cli

import "time"

// workFactor makes a passphrase worthless: this binary is for tests that start it
// hundreds of times.
const workFactor = 1

// pause is for a stand-in that takes no time.
const pause = time.Millisecond

// codeWait is for a stand-in that takes the next MFA code early.
const codeWait = 0
