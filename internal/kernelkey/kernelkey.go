// Package kernelkey lets the Linux kernel hold a 32-byte key in memory for a bounded time (keyrings(7)).
//
// The key is in the user keyring: every process of the same user can read it until it expires, and nothing of it is ever on a disk. The
// package imports next to nothing, since it is on the way of every warm call.
package kernelkey

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

var (
	// ErrAbsent says that the kernel holds no key of that name, or holds it no longer.
	ErrAbsent = errors.New("the kernel holds no such key")

	// ErrUnavailable says that the kernel cannot or may not hold keys: another system, a container that forbids it, a quota.
	ErrUnavailable = errors.New("the kernel holds no keys here")
)

// StoreName is the name under which the sealing key of a keystore is held: of its kind, keyring or file, and its data directory.
func StoreName(kind, dir string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + dir))
	return hex.EncodeToString(sum[:16])
}
