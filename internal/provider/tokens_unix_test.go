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

// A token file of web identity that is a named pipe or far too large is an error at
// once.
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
	if _, err := tokenFile(pipe).GetIdentityToken(); !errors.As(err, new(*readfile.NotRegularError)) {
		t.Error("a named pipe was read")
	}
	if _, err := tokenFile(large).GetIdentityToken(); !errors.As(err, new(*readfile.TooLargeError)) {
		t.Error("500 MB were read")
	}
}
