//go:build !linux

package kernelkey

import "time"

// Put returns ErrUnavailable: only Linux holds keys.
func Put(string, []byte, time.Duration) error { return ErrUnavailable }

// Get returns ErrUnavailable: only Linux holds keys.
func Get(string) (secret []byte, expires time.Time, err error) {
	return nil, expires, ErrUnavailable
}

// Drop does nothing: only Linux holds keys.
func Drop(string) error { return nil }
