//go:build !linux

package fastpath

import "errors"

// Elsewhere than on Linux, no kernel holds the sealing key.
const supported = false

// Fingerprint stands for all that the choice of a session depends on.
type Fingerprint [32]byte

// Fingerprint is an error: there are no plain calls.
func (c *Call) Fingerprint() (f Fingerprint, err error) { return f, errors.ErrUnsupported }

func hasBus(string) bool { return false }
