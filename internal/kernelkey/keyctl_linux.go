package kernelkey

import (
	"syscall"
	"unsafe"
)

// The system calls of keyrings(7), without golang.org/x/sys/unix: what that needs initialised would be part of every warm call. Sources: add_key(2),
// keyctl(2) and linux/keyctl.h.

const (
	threadKeyring = -1
	userKeyring   = -4

	opSetPerm    = 5
	opLink       = 8
	opUnlink     = 9
	opSearch     = 10
	opRead       = 11
	opSetTimeout = 15
)

// addKey makes a key of keyType in a keyring, and returns its id. The payload is not empty.
func addKey(description string, payload []byte, keyring int) (int, error) {
	kind, name, err := keyNames(description)
	if err != nil {
		return 0, err
	}
	id, _, errno := syscall.Syscall6(syscall.SYS_ADD_KEY, uintptr(unsafe.Pointer(kind)), uintptr(unsafe.Pointer(name)),
		uintptr(unsafe.Pointer(&payload[0])), uintptr(len(payload)), uintptr(keyring), 0)
	return result(id, errno)
}

// searchKey returns the id of a key of keyType in a keyring.
func searchKey(keyring int, description string) (int, error) {
	kind, name, err := keyNames(description)
	if err != nil {
		return 0, err
	}
	id, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, opSearch, uintptr(keyring), uintptr(unsafe.Pointer(kind)), uintptr(unsafe.Pointer(name)), 0, 0)
	return result(id, errno)
}

// readKey fills buffer, which is not empty, with the payload of a key, as far as there is room, and returns how long the payload is.
func readKey(id int, buffer []byte) (int, error) {
	n, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, opRead, uintptr(id), uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), 0, 0)
	return result(n, errno)
}

// change does one of the operations on a key that take a number.
func change(operation, id, argument int) error {
	_, _, errno := syscall.Syscall6(syscall.SYS_KEYCTL, uintptr(operation), uintptr(id), uintptr(argument), 0, 0, 0)
	_, err := result(0, errno)
	return err
}

func keyNames(description string) (kind, name *byte, err error) {
	if kind, err = syscall.BytePtrFromString(keyType); err != nil {
		return nil, nil, err
	}
	name, err = syscall.BytePtrFromString(description)
	return kind, name, err
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
