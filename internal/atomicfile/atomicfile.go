// Package atomicfile replaces files whole: a reader sees the old bytes or the new ones, never a mixture.
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

// Write replaces the file at path by data, creating it with perm if there is none.
//
// The bytes go to a new file in the same directory, are flushed to the disk, and take the name path by one rename, so
// that a crash at any point leaves either the old file or the new one. A symbolic link at path is followed and stays a
// link. An existing file keeps its permission bits and, where the system allows it, its owner; perm applies to a new one only.
// The directory must exist. Concurrent writers are safe in that the last rename wins.
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

// WriteIn is Write for the file called name in the directory dir. A link there is an error, and the file is for its owner alone, whatever
// its mode was. Without flush it does not wait for the disk: for what can be made again and shows by itself whether it is whole,
// since a crash of the machine may leave neither the old bytes nor the new ones.
func WriteIn(dir *os.Root, name string, data []byte, flush bool) error {
	return write(dir, name, data, func(_ fs.FileInfo, tmp *os.File) error { return chmod(tmp, 0o600) }, flush)
}

// write has prepare give the new file its mode and owner; old is nil if there was no file.
func write(dir *os.Root, name string, data []byte, prepare func(old fs.FileInfo, tmp *os.File) error, flush bool) error {
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
	tmpName := unfinished(name) + strconv.FormatUint(rand.Uint64(), 36) // a name that is taken is an error
	tmp, err := dir.OpenFile(tmpName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer dir.Remove(tmpName) // fails once the rename has taken the name away
	defer tmp.Close()
	if err := prepare(old, tmp); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fill(tmp, data, flush); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := persist(func() error { return dir.Rename(tmpName, name) }); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if flush {
		syncDir(dir)
	}
	return nil
}

// fill writes data to tmp, flushes it if that is wanted, and closes it.
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

// Tidy removes what killed processes have left of a Write to path. The caller must keep others from writing to path meanwhile.
// Failure is no matter: the file at path is whole either way.
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

// TidyIn is Tidy for the file called name in dir.
func TidyIn(dir *os.Root, name string) {
	entries, _ := fs.ReadDir(dir.FS(), ".")
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished(name)) && e.Type().IsRegular() {
			_ = dir.Remove(e.Name())
		}
	}
}

// unfinished is what the names of files begin with that are to become the file called name.
func unfinished(name string) string { return "." + name + ".tmp-" }

// ReadIn reads the file called name in dir, which another process may be replacing just now. See [readfile.ReadIn].
func ReadIn(dir *os.Root, name string, most int64) (data []byte, err error) {
	err = persist(func() error {
		data, err = readfile.ReadIn(dir, name, most)
		return err
	})
	return data, err
}

// resolve follows symbolic links at path to the name that the data is to have; that name may not exist yet.
func resolve(path string) (string, error) {
	for range 40 {
		link, err := os.Readlink(path)
		if err != nil {
			return path, nil // not a link, or not there: path itself is the name
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("too many symbolic links")}
}
