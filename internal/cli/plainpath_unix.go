//go:build unix

package cli

// plainPath is path as every SDK can run it.
func plainPath(path string) string { return path }
