// Package kernelkey lets the Linux kernel hold a short secret in memory for a
// bounded time (keyrings(7)).
//
// The secret is in the persistent keyring of the user (persistent-keyring(7)).
// Each user namespace has its own, and only a process that finds the secret there
// may use it: every process of the same user in the same user namespace, in any
// session, and none in another user namespace, such as that of a rootless
// container. On a kernel without persistent keyrings the secret is in the user
// keyring, where every process of the user may use it. It is never on a disk.
package kernelkey

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// MaxSecret is how many bytes a secret may have.
const MaxSecret = 128

var (
	// ErrAbsent means that the kernel holds no key of that name, or no longer.
	ErrAbsent = errors.New("the kernel holds no such key")

	// ErrUnavailable means that the kernel cannot or may not hold keys: another
	// system, a container that forbids it, a quota.
	ErrUnavailable = errors.New("the kernel holds no keys here")
)

// Sealing is what the kernel holds of a keystore.
type Sealing struct {
	Key   [32]byte // what cached sessions are sealed with
	Index [32]byte // digest of the index that describes the keystore; the zero value where that is not known
}

// PutSealing makes the kernel hold s, as Put does.
func PutSealing(name string, s Sealing, life time.Duration) error {
	secret := append(append(make([]byte, 0, MaxSecret), s.Key[:]...), s.Index[:]...)
	defer clear(secret)
	return Put(name, secret, life)
}

// GetSealing returns what PutSealing was called with, as Get does. The error wraps
// ErrAbsent if something else is held under that name.
func GetSealing(name string) (s Sealing, expires time.Time, err error) {
	secret, expires, err := Get(name)
	if err != nil {
		return s, expires, err
	}
	defer clear(secret)
	if len(secret) != len(s.Key)+len(s.Index) {
		return s, expires, fmt.Errorf("%w: something else is held under that name", ErrAbsent)
	}
	copy(s.Key[:], secret)
	copy(s.Index[:], secret[len(s.Key):])
	return s, expires, nil
}

// StoreName returns the name under which the sealing key of a keystore is held.
// Kind is that of the keystore, dir the data directory.
func StoreName(kind, dir string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + dir))
	return hex.EncodeToString(sum[:16])
}
