//go:build unix

package provider

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/readfile"
)

// A token file that is a named pipe or far too large is an error at once. The SDK
// reports a missing one.
func TestOddTokens(t *testing.T) {
	dir := t.TempDir()
	pipe, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "large")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 500<<20); err != nil {
		t.Skip("no large files here:", err)
	}
	for _, read := range []func(string) error{checkToken, func(file string) error { _, err := tokenFile(file).GetIdentityToken(); return err }} {
		if _, ok := errors.AsType[*readfile.NotRegularError](read(pipe)); !ok {
			t.Error("a named pipe was read")
		}
		if _, ok := errors.AsType[*readfile.TooLargeError](read(large)); !ok {
			t.Error("500 MB were read")
		}
	}
	if err := checkToken(filepath.Join(dir, "none")); err != nil {
		t.Error(err)
	}
}
