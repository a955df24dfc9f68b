//go:build !linux

package browser

// IsForeign reports whether a connection was made by another user, which this system
// does not tell.
func IsForeign(_, _ string) bool { return false }
