//go:build !linux

package kernelkey

import "time"

// Put returns ErrUnavailable: there is no such kernel here.
func Put(string, []byte, time.Duration) error { return ErrUnavailable }

// Get returns ErrUnavailable: there is no such kernel here.
func Get(string) (secret []byte, expires time.Time, err error) {
	return nil, expires, ErrUnavailable
}

// Drop does nothing: there is no such kernel here.
func Drop(string) error { return nil }
