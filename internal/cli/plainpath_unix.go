//go:build unix

package cli

// plainPath returns path as every SDK can run it.
func plainPath(path string) string { return path }
