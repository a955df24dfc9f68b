//go:build unix

package ownfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// CheckWrite returns why files cannot be written to d or the directories directly
// in it, as far as that can be seen without writing one. For a directory that is
// missing it looks at the nearest one above.
func (d Dir) CheckWrite() error {
	path := string(d)
	err := writable(path)
	for above := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && above != path; above = filepath.Dir(above) {
		path = above
		err = writable(path)
	}
	names, _ := d.Names("", -1)
	for _, name := range names {
		below := filepath.Join(string(d), name)
		if info, statErr := os.Lstat(below); statErr == nil && info.IsDir() {
			err = errors.Join(err, writable(below))
		}
	}
	return err
}

func writable(path string) error {
	const write, search = 2, 1 // W_OK and X_OK
	if err := syscall.Access(path, write|search); err != nil {
		return &fs.PathError{Op: "write to", Path: path, Err: err}
	}
	return nil
}
