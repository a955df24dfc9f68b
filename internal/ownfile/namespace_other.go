//go:build unix && !linux

package ownfile

// unmapped reports false: this system has no user namespaces.
func unmapped(int) bool { return false }
