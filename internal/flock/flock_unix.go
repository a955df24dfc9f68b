//go:build unix

package flock

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// try takes the lock if nobody holds it.
func try(f *os.File) (bool, error) {
	err := flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// wait takes the lock when its holder gives it up.
func wait(f *os.File) error { return flock(f, unix.LOCK_EX) }

// flock is flock(2): unlike fcntl(2) locks, its locks belong to the open file, so two opens in one process exclude each other.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
