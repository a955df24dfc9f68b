// Package atomicfile replaces whole files: a reader sees the old bytes or the
// new bytes, never a mixture.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/awsexec/awsexec/internal/readfile"
)

// Write replaces the file at path with data, or creates it with perm.
//
// It writes data to a new file in the same directory, flushes it to the disk
// and renames it to path. A crash at any point leaves either the old file or
// the new one. Write follows a symbolic link at path, which stays a link. An
// existing file keeps its permission bits and, where the system allows it, its
// owner. The directory must exist. Of concurrent writers, the last to rename
// wins.
func Write(path string, data []byte, perm fs.FileMode) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	dir, err := os.OpenRoot(filepath.Dir(target))
	if err != nil {
		return err
	}
	defer dir.Close()
	return write(dir, filepath.Base(target), data, func(old fs.FileInfo, tmp *os.File) error {
		if old == nil {
			return chmod(tmp, perm)
		}
		if err := chmod(tmp, old.Mode().Perm()); err != nil {
			return err
		}
		keepOwner(tmp, old)
		return nil
	}, true)
}

// WriteIn is like Write for the file name in the directory dir, but a link at
// name is an error, and only the owner may read and write the file, whatever
// its old mode was. Without flush it does not wait for the disk, and a crash of
// the machine may lose both the old and the new bytes. That is for files that
// can be made again and whose content shows whether it is complete.
func WriteIn(dir *os.Root, name string, data []byte, flush bool) error {
	return write(dir, name, data, func(_ fs.FileInfo, tmp *os.File) error { return chmod(tmp, 0o600) }, flush)
}

// write replaces the file name in dir. It calls prepare to set the mode and
// owner of the new file; old is nil if there was no file.
func write(dir *os.Root, name string, data []byte, prepare func(old fs.FileInfo, tmp *os.File) error,
	flush bool) error {
	path := filepath.Join(dir.Name(), name)
	old, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return fmt.Errorf("write %s: %w", path, err)
	case !old.Mode().IsRegular():
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
	}
	tmpName := unfinished(name) + strconv.FormatUint(rand.Uint64(), 36) // an existing file is an error
	tmp, err := dir.OpenFile(tmpName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer RemoveIn(dir, tmpName) // no effect after the rename
	defer tmp.Close()
	if err := prepare(old, tmp); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fill(tmp, data, flush); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := retryBlocked(func() error { return dir.Rename(tmpName, name) }); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if flush {
		syncDir(dir)
	}
	return nil
}

// fill writes data to tmp, flushes it if flush is true, and closes it.
func fill(tmp *os.File, data []byte, flush bool) error {
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if flush {
		if err := tmp.Sync(); err != nil {
			return err
		}
	}
	return tmp.Close()
}

func chmod(f *os.File, perm fs.FileMode) error {
	if err := f.Chmod(perm); !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// Tidy removes the temporary files that killed processes left when they wrote
// to path. The caller must ensure that nobody writes to path meanwhile. Tidy
// ignores errors, because the file at path is intact with or without them.
func Tidy(path string) {
	target, err := resolve(path)
	if err != nil {
		return
	}
	dir, err := os.OpenRoot(filepath.Dir(target))
	if err != nil {
		return
	}
	defer dir.Close()
	TidyIn(dir, filepath.Base(target))
}

// TidyIn is like Tidy for the file name in dir.
func TidyIn(dir *os.Root, name string) {
	entries, _ := fs.ReadDir(dir.FS(), ".")
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished(name)) && e.Type().IsRegular() {
			_ = RemoveIn(dir, e.Name())
		}
	}
}

// unfinished returns the prefix of the names of temporary files for the file
// name.
func unfinished(name string) string { return "." + name + ".tmp-" }

// Read reads the file at path, even while another process replaces it. See
// [readfile.Read].
func Read(path string, most int64) (data []byte, err error) {
	err = retryBlocked(func() error {
		data, err = readfile.Read(path, most)
		return err
	})
	return data, err
}

// ReadIn reads the file name in dir, even while another process replaces it.
// See [readfile.ReadIn].
func ReadIn(dir *os.Root, name string, most int64) (data []byte, err error) {
	err = retryBlocked(func() error {
		data, err = readfile.ReadIn(dir, name, most)
		return err
	})
	return data, err
}

// resolve follows symbolic links at path and returns the path of the file to
// write, which need not exist.
func resolve(path string) (string, error) {
	for range 40 {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // not a link, or missing
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("too many symbolic links")}
}
