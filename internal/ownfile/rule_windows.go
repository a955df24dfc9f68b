package ownfile

import (
	"io/fs"
	"os"
)

// open opens the directory at dir.
func open(dir string, create bool) (*os.Root, error) {
	if create {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return os.OpenRoot(dir)
}

// checkOwn accepts every directory.
func checkOwn(string, fs.FileInfo) error { return nil }

func owner(fs.FileInfo) int { return 0 }
