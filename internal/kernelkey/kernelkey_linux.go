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

	// timeSize is how much of a held key is the time when it expires, in
	// seconds since 1970, big-endian. The secret follows.
	timeSize = 8

	// The permissions of a held key. Source: keyctl_setperm(3).
	ofPossessor = 0x3f000000 // who possesses it may do everything; the user's other processes do not even see it
	ofUser      = 0x3f1f0000 // every process of the user may use it, whether or not the user keyring is linked to its session keyring
)

// keyring is a keyring in which keys are held.
type keyring struct {
	id          int
	permissions uint32 // of keys in it
	close       func()
}

// open returns the keyring in which keys are held. As long as it is open, the
// calling thread possesses the keys in it, since it is linked to the thread's own
// keyring, which nobody else sees and no other program gets.
func open() (keyring, error) {
	runtime.LockOSThread()
	const ownUser = -1
	id, err := unix.KeyctlInt(unix.KEYCTL_GET_PERSISTENT, ownUser, unix.KEY_SPEC_THREAD_KEYRING, 0, 0)
	switch err {
	case nil:
		return keyring{id, ofPossessor, func() {
			_, _ = unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_THREAD_KEYRING, 0, 0)
			runtime.UnlockOSThread()
		}}, nil
	case unix.EOPNOTSUPP: // the kernel was built without
		return keyring{unix.KEY_SPEC_USER_KEYRING, ofUser, runtime.UnlockOSThread}, nil
	}
	runtime.UnlockOSThread()
	return keyring{}, unavailable(err)
}

// Put makes the kernel hold a secret of at most [MaxSecret] bytes under name for
// life, in whole seconds and at least one. It replaces what is held under that
// name. A process that is killed on the way leaves no key that does not expire.
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

	ring, err := open()
	if err != nil {
		return err
	}
	defer ring.close()

	// The key is made in the keyring of this thread. It is linked to the one in
	// which it is held only once it has its timeout.
	id, err := unix.AddKey(keyType, prefix+name, payload, unix.KEY_SPEC_THREAD_KEYRING)
	if err != nil {
		return unavailable(err)
	}
	defer unix.KeyctlInt(unix.KEYCTL_UNLINK, id, unix.KEY_SPEC_THREAD_KEYRING, 0, 0)
	if _, err := unix.KeyctlInt(unix.KEYCTL_SET_TIMEOUT, id, seconds, 0, 0); err != nil {
		return unavailable(err)
	}
	if err := unix.KeyctlSetperm(id, ring.permissions); err != nil {
		return unavailable(err)
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, id, ring.id, 0, 0); err != nil {
		return unavailable(err)
	}
	return nil
}

// Get returns the secret held under name and when it expires. The error wraps
// ErrAbsent or ErrUnavailable.
func Get(name string) (secret []byte, expires time.Time, err error) {
	ring, err := open()
	if err != nil {
		return nil, expires, err
	}
	defer ring.close()
	id, err := ring.find(name)
	if err != nil {
		return nil, expires, err
	}
	payload := make([]byte, timeSize+MaxSecret)
	n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, payload, 0)
	if err != nil {
		return nil, expires, unavailable(err)
	}
	if n < timeSize || n > len(payload) { // the kernel returns the length of all of it, and writes as much as fits
		return nil, expires, fmt.Errorf("%w: something else is held under that name", ErrAbsent)
	}
	return payload[timeSize:n], time.Unix(int64(binary.BigEndian.Uint64(payload)), 0), nil
}

// Drop makes the kernel forget the key held under name, if there is one.
func Drop(name string) error {
	ring, err := open()
	if err != nil {
		return nil // nobody can get a key from it
	}
	defer ring.close()
	id, err := ring.find(name)
	if err != nil {
		return nil // there is none, or nobody can get it
	}
	if _, err := unix.KeyctlInt(unix.KEYCTL_UNLINK, id, ring.id, 0, 0); err != nil {
		return unavailable(err)
	}
	return nil
}

func (r keyring) find(name string) (int, error) {
	id, err := unix.KeyctlSearch(r.id, keyType, prefix+name, 0)
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
