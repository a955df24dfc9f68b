//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"testing"
)

// missing skips a test that lacks a real part, or fails it if no part may be
// missing.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// requireProgram returns the path of the first program called name, on the PATH
// or in the system, that passes ok.
//
// A version manager's shim may hide the system's program of the same name.
func requireProgram(t *testing.T, name string, ok func(path string) bool) string {
	t.Helper()
	candidates := []string{"/usr/bin/" + name, "/usr/local/bin/" + name, "/usr/sbin/" + name}
	if path, err := exec.LookPath(name); err == nil {
		candidates = append([]string{path}, candidates...)
	}
	for _, path := range candidates {
		if _, err := os.Stat(path); err == nil && ok(path) {
			return path
		}
	}
	missing(t, "no %s that these tests can use", name)
	return ""
}

func anyProgram(string) bool { return true }
