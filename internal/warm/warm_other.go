//go:build !linux

// Package warm does nothing but on Linux.
package warm

// WriteError is nil.
var WriteError error
