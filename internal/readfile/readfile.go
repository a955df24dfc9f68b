// Package readfile reads files whose place is known to others, so that anything may be there: it takes regular files only, never waits
// for a writer, and reads no more than was agreed.
package readfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// How much of a file is read, by its kind. What is larger is an error.
const (
	MaxAWS = 16 << 20 // the AWS config and credentials files, and certificates
	MaxOwn = 1 << 20  // files of awsexec's own, tokens, and keys to be stored
)

// NotRegularError reports something other than a regular file at Path.
type NotRegularError struct {
	Path string
	Type fs.FileMode // its type bits
}

func (e *NotRegularError) Error() string {
	kind := "device"
	switch {
	case e.Type&fs.ModeDir != 0:
		kind = "directory"
	case e.Type&fs.ModeSymlink != 0:
		kind = "symbolic link"
	case e.Type&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case e.Type&fs.ModeSocket != 0:
		kind = "socket"
	}
	return fmt.Sprintf("read %s: not a regular file (%s)", e.Path, kind)
}

// TooLargeError reports a file of more than Max bytes.
type TooLargeError struct {
	Path string
	Max  int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("read %s: larger than %d MiB, the most that is read of such a file", e.Path, e.Max>>20)
}

// Read returns the content of the regular file at path, following links. The null device is an empty file. Errors are a
// [*NotRegularError], a [*TooLargeError], or those of package os.
func Read(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if isNull(info) {
		return nil, nil
	}
	if !info.Mode().IsRegular() { // opening a device can have effects of its own
		return nil, &NotRegularError{path, info.Mode().Type()}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return From(f, path, most)
}

// ReadIn is Read for the file called name in the directory root. A symbolic link is not followed.
func ReadIn(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := OpenIn(root, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return From(f, f.Name(), most)
}

// tries bounds how often OpenIn opens a file that others keep replacing.
const tries = 100

// OpenIn opens the regular file called name in the directory root, with the flags of [os.OpenFile]; os.O_CREATE makes one for its owner
// alone. A symbolic link is not followed.
func OpenIn(root *os.Root, name string, flag int) (*os.File, error) {
	path := root.Name() + string(os.PathSeparator) + name
	for range tries {
		info, err := root.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			f, err := root.OpenFile(name, flag|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				continue
			}
			return f, named(err, path)
		}
		if err != nil {
			return nil, named(err, path)
		}
		if !info.Mode().IsRegular() {
			return nil, &NotRegularError{path, info.Mode().Type()}
		}
		f, err := root.OpenFile(name, flag&^os.O_CREATE|nonblock, 0)
		if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
			continue
		}
		if err != nil {
			return nil, named(err, path)
		}
		if opened, err := f.Stat(); err == nil && os.SameFile(info, opened) {
			return f, nil
		}
		f.Close() // replaced meanwhile, by a link perhaps
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("replaced again and again while it was opened")}
}

// named puts the whole path into an error of a root, which knows the name only.
func named(err error, path string) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "open", Path: path, Err: of.Err}
	}
	return err
}

// From reads f, an open regular file, to its end. The path is for errors.
func From(f *os.File, path string, most int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &NotRegularError{path, info.Mode().Type()}
	}
	if info.Size() > most {
		return nil, &TooLargeError{path, most}
	}
	return limited(f, path, info.Size(), most)
}

// Stream is Read for what a person names on the command line, which may be a pipe or a terminal too. A named pipe that nobody has open for
// writing is empty.
func Stream(path string, most int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, path, 0, most)
}

// limited reads r, of which size is expected, to its end.
func limited(r io.Reader, path string, size, most int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, most+1)); err != nil { // it may be growing
		return nil, err
	}
	if int64(b.Len()) > most {
		return nil, &TooLargeError{path, most}
	}
	return b.Bytes(), nil
}

// isNull reports whether info is that of the null device, which people name where they want a file to be empty.
func isNull(info fs.FileInfo) bool {
	if info.Mode()&fs.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
