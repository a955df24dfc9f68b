//go:build !linux

package kernelkey

import "time"

// Put returns ErrUnavailable: there is no such kernel here.
func Put(string, [32]byte, time.Duration) error { return ErrUnavailable }

// Get returns ErrUnavailable: there is no such kernel here.
func Get(string) (key [32]byte, expires time.Time, err error) {
	return key, expires, ErrUnavailable
}

// Drop does nothing: there is no such kernel here.
func Drop(string) error { return nil }
