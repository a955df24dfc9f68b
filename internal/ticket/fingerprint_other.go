//go:build !linux

package ticket

import (
	"errors"
	"os"
)

// Elsewhere than on Linux, asking the keyring costs so much more than all else that tickets would not pay, and no kernel holds its key.
const supported = false

// Fingerprint stands for all that the choice of a session depends on.
type Fingerprint [32]byte

// Fingerprint is an error: there are no plain calls.
func (c *Call) Fingerprint() (f Fingerprint, err error) { return f, errors.ErrUnsupported }

func readFile(path string) ([]byte, error) { return os.ReadFile(path) }
