// Package flock keeps processes of one user from doing the same thing at once.
package flock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// Lock takes the exclusive advisory lock named by the file at path and returns the function that gives it back.
//
// The lock belongs to the process: the operating system drops it when its holder dies, however it dies. It holds between
// the goroutines of one process too. The file is in a directory of awsexec's own (see package ownfile) and is created where it is missing. It
// holds nothing and must never be removed, or two holders could lock two files of the same name. When ctx ends before the lock is
// got, the error wraps ctx's cause.
func Lock(ctx context.Context, path string) (release func(), err error) {
	f, err := ownfile.Dir(filepath.Dir(path)).OpenFile(filepath.Base(path))
	if err != nil {
		return nil, err
	}
	if ok, err := try(f); ok || err != nil {
		return give(f, path, err)
	}

	got := make(chan error, 1)
	fault.Go(func() { got <- wait(f) })
	select {
	case err := <-got:
		return give(f, path, err)
	case <-ctx.Done():
		// The call that waits in the system cannot be taken back. Should it still succeed, closing the file drops the lock.
		fault.Go(func() {
			<-got
			f.Close()
		})
		return nil, fmt.Errorf("lock %s: %w", path, context.Cause(ctx))
	}
}

// Try takes the lock of an open file if nobody holds it, and reports whether it did. Closing f gives the lock back.
func Try(f *os.File) (bool, error) { return try(f) }

func give(f *os.File, path string, err error) (func(), error) {
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
