//go:build unix && !linux

package ownfile

// unmapped is false: there are no user namespaces.
func unmapped(int) bool { return false }
