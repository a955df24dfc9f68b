package kernelkey

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	keyType = "user"
	prefix  = "awsexec:"

	// timeSize is how much of a held key is the time when it expires, in seconds since 1970, big-endian. The secret follows.
	timeSize = 8

	// permissions let every process of the user view, read, find, replace and unlink the key, whether or not the user keyring is
	// linked to its session keyring (which sudo, cron and containers do without). Source: keyctl_setperm(3).
	permissions = 0x3f1f0000
)

// Put has the kernel hold a secret of at most [MaxSecret] bytes under name for life, in whole seconds and at least one, in place of what is
// there under that name. A process that is killed on the way leaves no key that does not expire.
func Put(name string, secret []byte, life time.Duration) error {
	seconds := int(life / time.Second)
	if seconds < 1 {
		return fmt.Errorf("hold key %s: life of %v is less than a second", name, life)
	}
	if len(secret) > MaxSecret {
		return fmt.Errorf("hold key %s: more than %d bytes", name, MaxSecret)
	}
	payload := binary.BigEndian.AppendUint64(make([]byte, 0, timeSize+MaxSecret), uint64(time.Now().Add(life).Unix()))
	payload = append(payload, secret...)
	defer clear(payload)

	// It is made in the keyring of this thread, which nobody else sees, and linked to the user's when it has its timeout.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id, err := unix.AddKey(keyType, prefix+name, payload, unix.KEY_SPEC_THREAD_KEYRING)
	if err != nil {
		return unavailable(err)
	}
	defer unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_THREAD_KEYRING, 0, 0)
	if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, seconds, 0, 0); err != nil {
		return unavailable(err)
	}
	if err := unix.KeyctlSetperm(id, permissions); err != nil {
		return unavailable(err)
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0); err != nil {
		return unavailable(err)
	}
	return nil
}

// Get returns the secret held under name and when it expires. The error wraps ErrAbsent or ErrUnavailable.
func Get(name string) (secret []byte, expires time.Time, err error) {
	id, err := find(name)
	if err != nil {
		return nil, expires, err
	}
	payload := make([]byte, timeSize+MaxSecret)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, payload, 0)
	if err != nil {
		return nil, expires, unavailable(err)
	}
	if n < timeSize || n > len(payload) { // the kernel returns how long it is, and writes what there is room for
		return nil, expires, fmt.Errorf("%w: something else is held under that name", ErrAbsent)
	}
	return payload[timeSize:n], time.Unix(int64(binary.BigEndian.Uint64(payload)), 0), nil
}

// Drop makes the kernel forget the key held under name. There need not be one.
func Drop(name string) error {
	id, err := find(name)
	if err != nil {
		return nil // not there, or not to be had by anybody
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_USER_KEYRING, 0, 0); err != nil {
		return unavailable(err)
	}
	return nil
}

func find(name string) (int, error) {
	id, err := unix.KeyctlSearch(unix.KEY_SPEC_USER_KEYRING, keyType, prefix+name, 0)
	if err != nil {
		return 0, unavailable(err)
	}
	return id, nil
}

// unavailable wraps an error of the kernel.
func unavailable(err error) error {
	switch err {
	case unix.ENOKEY, unix.EKEYEXPIRED, unix.EKEYREVOKED:
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
