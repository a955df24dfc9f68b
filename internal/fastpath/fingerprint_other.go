//go:build !linux

package fastpath

import "errors"

// supported is false: only the kernel of Linux holds the sealing key.
const supported = false

// Fingerprint stands for all that the choice of a session depends on.
type Fingerprint [32]byte

// Fingerprint always returns an error: there are no plain calls.
func (c *Call) Fingerprint() (f Fingerprint, err error) { return f, errors.ErrUnsupported }

func hasBus(string) bool { return false }
