package kernelkey

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"syscall"
	"time"
)

const (
	keyType = "user"
	prefix  = "awsexec:"

	// What a held key holds: the time when it expires, in seconds since 1970, big-endian, and the key.
	payloadSize = 8 + 32

	// permissions let every process of the user view, read, find, replace and unlink the key, whether or not the user keyring is
	// linked to its session keyring (which sudo, cron and containers do without). Source: keyctl_setperm(3).
	permissions = 0x3f1f0000
)

// Put has the kernel hold key under name for life, in whole seconds and at least one, in place of what is there under that name. A process
// that is killed on the way leaves no key that does not expire.
func Put(name string, key [32]byte, life time.Duration) error {
	seconds := int(life / time.Second)
	if seconds < 1 {
		return fmt.Errorf("hold key %s: life of %v is less than a second", name, life)
	}
	payload := binary.BigEndian.AppendUint64(make([]byte, 0, payloadSize), uint64(time.Now().Add(life).Unix()))
	payload = append(payload, key[:]...)
	defer clear(payload)

	// It is made in the keyring of this thread, which nobody else sees, and linked to the user's when it has its timeout.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	id, err := addKey(prefix+name, payload, threadKeyring)
	if err != nil {
		return unavailable(err)
	}
	defer change(opUnlink, id, threadKeyring)
	if err := change(opSetTimeout, id, seconds); err != nil {
		return unavailable(err)
	}
	if err := change(opSetPerm, id, permissions); err != nil {
		return unavailable(err)
	}
	if err := change(opLink, id, userKeyring); err != nil {
		return unavailable(err)
	}
	return nil
}

// Get returns the key held under name and when it expires. The error wraps ErrAbsent or ErrUnavailable.
func Get(name string) (key [32]byte, expires time.Time, err error) {
	id, err := find(name)
	if err != nil {
		return key, expires, err
	}
	var payload [payloadSize + 1]byte // one more, to see a payload that is too long
	defer clear(payload[:])
	n, err := readKey(id, payload[:])
	if err != nil {
		return key, expires, unavailable(err)
	}
	if n != payloadSize {
		return key, expires, fmt.Errorf("%w: it holds something else under that name", ErrAbsent)
	}
	copy(key[:], payload[8:])
	return key, time.Unix(int64(binary.BigEndian.Uint64(payload[:])), 0), nil
}

// Drop makes the kernel forget the key held under name. There need not be one.
func Drop(name string) error {
	id, err := find(name)
	if err != nil {
		return nil // not there, or not to be had by anybody
	}
	if err := change(opUnlink, id, userKeyring); err != nil {
		return unavailable(err)
	}
	return nil
}

func find(name string) (int, error) {
	id, err := searchKey(userKeyring, prefix+name)
	if err != nil {
		return 0, unavailable(err)
	}
	return id, nil
}

// unavailable wraps an error of the kernel.
func unavailable(err error) error {
	switch err {
	case syscall.ENOKEY, syscall.EKEYEXPIRED, syscall.EKEYREVOKED:
		return fmt.Errorf("%w: %w", ErrAbsent, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
