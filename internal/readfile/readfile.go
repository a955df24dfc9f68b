// Package readfile reads files at paths that others know, so that anything may
// be there. It reads only regular files, never waits for a writer, and reads at
// most a given number of bytes.
package readfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// These limits are the largest sizes, in bytes, of the kinds of files that are
// read. A larger file is an error.
const (
	MaxAWS = 16 << 20 // the AWS config and credentials files, and certificates
	MaxOwn = 1 << 20  // awsexec's own files, tokens, and keys to be stored
)

// patience is how long a read may wait. A file that seems regular can wait for
// its content: the kernel has such files in /proc and /sys.
const patience = 2 * time.Second

// NotRegularError reports that Path is not a regular file.
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

// TooLargeError reports that a file has more than Max bytes.
type TooLargeError struct {
	Path string
	Max  int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("read %s: larger than %d MiB, the limit for such a file", e.Path, e.Max>>20)
}

// Read returns the content of the regular file at path, following links. The
// null device reads as an empty file. The error is a [*NotRegularError], a
// [*TooLargeError], or an error of package os.
func Read(path string, maxSize int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if isNull(info) {
		return nil, nil
	}
	if !info.Mode().IsRegular() { // opening a device can have side effects
		return nil, &NotRegularError{path, info.Mode().Type()}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return From(f, path, maxSize)
}

// ReadIn is like Read for the file name in the directory root, but does not
// follow a symbolic link.
func ReadIn(root *os.Root, name string, maxSize int64) ([]byte, error) {
	f, err := OpenIn(root, name, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return From(f, f.Name(), maxSize)
}

// tries is how often OpenIn opens a file that others keep replacing.
const tries = 100

// OpenIn opens the regular file name in the directory root, with the flags of
// [os.OpenFile]. With os.O_CREATE it creates a missing file with mode 0600. It
// does not follow a symbolic link.
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
		f.Close() // replaced meanwhile, perhaps by a link
	}
	return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("replaced again and again while opening it")}
}

// named puts the whole path into an error of a root, which knows only the name.
func named(err error, path string) error {
	if of, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "open", Path: path, Err: of.Err}
	}
	return err
}

// From reads f, an open regular file, to its end. It uses path in errors.
func From(f *os.File, path string, maxSize int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &NotRegularError{path, info.Mode().Type()}
	}
	if info.Size() > maxSize {
		return nil, &TooLargeError{path, maxSize}
	}
	_ = f.SetReadDeadline(time.Now().Add(patience)) // an error if f can never wait
	return limited(f, path, info.Size(), maxSize)
}

// Stream is like Read for a file that a user names on the command line, which
// may also be a pipe or a terminal. A named pipe that nobody has open for
// writing reads as empty.
func Stream(path string, maxSize int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return limited(f, path, 0, maxSize)
}

// limited reads r to its end. It expects size bytes and accepts at most maxSize.
func limited(r io.Reader, path string, size, maxSize int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(r, maxSize+1)); err != nil { // the file may grow
		return nil, err
	}
	if int64(b.Len()) > maxSize {
		return nil, &TooLargeError{path, maxSize}
	}
	return b.Bytes(), nil
}

// isNull reports whether info describes the null device, which users name in
// place of an empty file.
func isNull(info fs.FileInfo) bool {
	if info.Mode()&fs.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
