//go:build unix

package exec

import "github.com/awsexec/awsexec/internal/child"

// LookPath finds the program that execvp(3) would run for name, where path is the value of PATH. See [child.LookPath].
func LookPath(name, path string) (string, error) { return child.LookPath(name, path) }
