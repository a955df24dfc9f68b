// Package atomicfile replaces files whole: a reader sees the old bytes or the new ones, never a mixture.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Write replaces the file at path by data, creating it with perm if there is none.
//
// The bytes go to a new file in the same directory, are flushed to the disk, and take the name path by one rename, so
// that a crash at any point leaves either the old file or the new one. A symbolic link at path is followed and stays a
// link. An existing file keeps its permission bits and, where the system allows it, its owner; perm applies to a new one only.
// The directory must exist. Concurrent writers are safe in that the last rename wins.
func Write(path string, data []byte, perm fs.FileMode) error { return write(path, data, perm, true) }

// WriteLazily is Write for what can be made again and shows by itself whether it is whole: it does not wait for the disk, and a
// crash of the machine may leave neither the old bytes nor the new ones.
func WriteLazily(path string, data []byte, perm fs.FileMode) error {
	return write(path, data, perm, false)
}

func write(path string, data []byte, perm fs.FileMode, flush bool) error {
	target, err := resolve(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(target)
	switch {
	case err == nil && !old.Mode().IsRegular():
		return &fs.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
	case err == nil:
		perm = old.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}

	tmp, err := os.CreateTemp(filepath.Dir(target), unfinished(target)+"*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails once the rename has taken the name away
	if err := fill(tmp, data, perm, old, flush); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := persist(func() error { return os.Rename(tmp.Name(), target) }); err != nil {
		return err
	}
	if flush {
		syncDir(filepath.Dir(target))
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
	entries, _ := os.ReadDir(filepath.Dir(target))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished(target)) && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(filepath.Dir(target), e.Name()))
		}
	}
}

// unfinished is what the names of files begin with that are to become target.
func unfinished(target string) string { return "." + filepath.Base(target) + ".tmp-" }

// Read reads the file at path, which another process may be replacing just now.
func Read(path string) (data []byte, err error) {
	err = persist(func() error {
		data, err = os.ReadFile(path)
		return err
	})
	return data, err
}

// fill writes data to tmp with its final permissions, flushes it if that is wanted, and closes it.
func fill(tmp *os.File, data []byte, perm fs.FileMode, old fs.FileInfo, flush bool) error {
	defer tmp.Close()
	if err := tmp.Chmod(perm); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	if old != nil {
		keepOwner(tmp, old)
	}
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
