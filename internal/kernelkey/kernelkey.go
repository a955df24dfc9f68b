// Package kernelkey lets the Linux kernel hold a short secret in memory for a
// bounded time (keyrings(7)).
//
// The secret is in the persistent keyring of the user (persistent-keyring(7)),
// of which each user namespace has one of its own, and only who finds it from
// there may use it: every process of the same user in the same user namespace,
// in whatever session, and none in another one, such as that of a rootless
// container. A kernel without such keyrings has it in the user keyring, which
// shuts out nobody of that user. Nothing of it is ever on a disk.
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
	// ErrAbsent says that the kernel holds no key of that name, or holds it no
	// longer.
	ErrAbsent = errors.New("the kernel holds no such key")

	// ErrUnavailable says that the kernel cannot or may not hold keys: another
	// system, a container that forbids it, a quota.
	ErrUnavailable = errors.New("the kernel holds no keys here")
)

// Sealing is what is held of a keystore.
type Sealing struct {
	Key   [32]byte // what cached sessions are sealed with
	Index [32]byte // digest of the index that describes the keystore; the zero value where that is not known
}

// PutSealing has the kernel hold s, as Put does.
func PutSealing(name string, s Sealing, life time.Duration) error {
	secret := append(append(make([]byte, 0, MaxSecret), s.Key[:]...), s.Index[:]...)
	defer clear(secret)
	return Put(name, secret, life)
}

// GetSealing returns what PutSealing has had held, as Get does. The error wraps
// ErrAbsent where something else is held under that name.
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

// StoreName is the name under which the sealing key of a keystore is held: of
// its kind, keyring or file, and its data directory.
func StoreName(kind, dir string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + dir))
	return hex.EncodeToString(sum[:16])
}
