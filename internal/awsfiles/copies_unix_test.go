//go:build unix

package awsfiles

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/ownfile"
)

// Copies are neither made in nor read from a directory that others may write to:
// they could make a program run any command.
func TestCopiesOfOthers(t *testing.T) {
	dir, files := filepath.Join(t.TempDir(), "refresh"), ownFiles(t)
	r := Redirection{Config: []byte("[profile a]\n")}
	made, err := WriteCopies(t.Context(), dir, files, r, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o770, 0o707, 0o777 | fs.ModeSticky} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		_, writeErr := WriteCopies(t.Context(), dir, files, r, now)
		_, ownErr := Own(made, now)
		for _, err := range []error{writeErr, ownErr} {
			if refused, ok := errors.AsType[*ownfile.RefusedError](err); !ok || refused.Path != dir {
				t.Errorf("mode %v: %v", mode, err)
			}
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	// What is in the place of a copy is neither followed nor waited for.
	for _, put := range []func(path string) error{
		func(path string) error { return os.Symlink(files.Config, path) },
		func(path string) error { return unix.Mkfifo(path, 0o600) },
	} {
		if err := errors.Join(os.Remove(made.Config), put(made.Config)); err != nil {
			t.Fatal(err)
		}
		if got, err := Own(made, now); err == nil {
			t.Errorf("read %v", got)
		}
		if _, err := WriteCopies(t.Context(), dir, files, r, now); err == nil {
			t.Error("it was replaced")
		}
	}
}
