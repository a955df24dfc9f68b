//go:build unix

package main

// plainPath is path as every SDK can run it.
func plainPath(path string) string { return path }
