// Package flock provides locks between the processes of one user.
package flock

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// Lock takes the exclusive advisory lock of the file at path and returns the
// function that releases it.
//
// The system releases the lock when the process ends, however it ends. The lock
// also excludes other goroutines of this process. The file must be in one of
// awsexec's own directories (see package ownfile); Lock creates it if it is
// missing. The file is empty and must never be removed: two processes could
// then lock two files of the same name. If ctx ends first, the error wraps the
// cause of ctx.
func Lock(ctx context.Context, path string) (release func(), err error) {
	f, err := ownfile.Dir(filepath.Dir(path)).OpenFile(filepath.Base(path))
	if err != nil {
		return nil, err
	}
	if ok, err := try(f); ok || err != nil {
		return locked(f, path, err)
	}

	got := make(chan error, 1)
	fault.Go(func() { got <- wait(f) })
	select {
	case err := <-got:
		return locked(f, path, err)
	case <-ctx.Done():
		// A blocking lock call cannot be canceled. If it succeeds later,
		// closing the file releases the lock.
		fault.Go(func() {
			<-got
			f.Close()
		})
		return nil, fmt.Errorf("lock %s: %w", path, context.Cause(ctx))
	}
}

// Try takes the lock of the open file f if it is free, and reports whether it
// did. Closing f releases the lock.
func Try(f *os.File) (bool, error) { return try(f) }

func locked(f *os.File, path string, err error) (func(), error) {
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
