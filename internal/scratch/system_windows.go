package scratch

import (
	"io/fs"
	"os"
	"path/filepath"
)

// private relies on Windows, where each user has a temporary directory that no
// other can use.
func private(fs.FileInfo) bool { return true }

// removeAll removes a directory with the files in it. It does so one by one:
// os.RemoveAll needs a call that old file systems, and Wine, lack.
func removeAll(path string) {
	entries, _ := os.ReadDir(path)
	for _, e := range entries {
		_ = os.Remove(filepath.Join(path, e.Name()))
	}
	_ = os.Remove(path)
}

// removeFile removes a file, by its path for the same reason.
func removeFile(_ *os.Root, path, name string) error { return os.Remove(filepath.Join(path, name)) }

// removeHeld removes the mark. Windows removes no open file, not even its
// holder's.
func removeHeld(_ *os.Root, path string, mark *os.File) {
	mark.Close()
	_ = os.Remove(filepath.Join(path, owner))
}
