//go:build unix

package flock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// try takes the lock if it is free, and reports whether it did.
func try(f *os.File) (bool, error) {
	err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// wait takes the lock as soon as it is free.
func wait(f *os.File) error { return flock(f, unix.LOCK_EX) }

// flock calls flock(2). Unlike locks of fcntl(2), its locks belong to the open
// file, so that two opens in one process exclude each other.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
