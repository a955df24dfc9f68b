// Package ownfile opens awsexec's own directories and the files in them. It
// refuses a directory if another user could have put files into it or could
// replace it.
//
// A directory must belong to this process's user, and nobody else may write to
// it. Each directory above it, and each symbolic link on the way, must belong
// to this user or to root. Others may write to a directory above only if it is
// sticky, as /tmp is. A directory below an own directory must follow the same
// rule and must not be a link. The check uses the mode and owner of the opened
// directory, so that nothing can change between check and use. Windows has no
// such rule, because modes mean nothing there and the user's profile is closed
// to others.
package ownfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// Dir is the path of one of awsexec's own directories. Names of files in it are
// relative and use slashes. Every method opens the directory anew and returns a
// [*RefusedError] if it is refused.
type Dir string

// Split splits the path of a file into its directory and its name there.
func Split(path string) (Dir, string) { return Dir(filepath.Dir(path)), filepath.Base(path) }

// Reason is the reason why a directory is refused.
type Reason int

const (
	ForeignOwner Reason = iota // another user owns it
	Writable                   // other users may write to it
	ForeignLink                // a symbolic link of another user
	Link                       // a symbolic link below an own directory
)

// RefusedError reports a directory that is not safe to use, because other users
// could change its content. It is an [fs.ErrPermission].
type RefusedError struct {
	Dir    string // the requested directory
	Path   string // the offending path: Dir, a directory above, or a link that leads there
	Reason Reason
	Owner  int // the user ID of Path's owner
	Mode   fs.FileMode
}

func (e *RefusedError) Error() string {
	why := ""
	switch e.Reason {
	case ForeignOwner:
		why = fmt.Sprintf("belongs to another user (uid %d)", e.Owner)
	case Writable:
		why = fmt.Sprintf("is writable by other users (mode %04o)", e.Mode.Perm())
	case ForeignLink:
		why = fmt.Sprintf("is a symbolic link of another user (uid %d)", e.Owner)
	case Link:
		why = "is a symbolic link"
	}
	switch {
	case e.Reason == Link: // in place of a directory or a file
		return fmt.Sprintf("%s is not used: it %s", e.Path, why)
	case e.Path == e.Dir:
		return fmt.Sprintf("directory %s is not used: it %s", e.Dir, why)
	}
	return fmt.Sprintf("directory %s is not used: %s %s", e.Dir, e.Path, why)
}

func (e *RefusedError) Unwrap() error { return fs.ErrPermission }

// Open opens the directory below in d, or d itself if below is "". The caller
// must close it.
func (d Dir) Open(below string) (*os.Root, error) { return d.open(below, false) }

// Make is like Open but creates missing directories with mode 0700.
func (d Dir) Make(below string) (*os.Root, error) { return d.open(below, true) }

func (d Dir) open(below string, create bool) (*os.Root, error) {
	root, err := open(string(d), create)
	if err != nil {
		return nil, err
	}
	if below == "" {
		return root, nil
	}
	for name := range strings.SplitSeq(below, "/") {
		sub, err := openIn(root, name, create)
		root.Close()
		if err != nil {
			return nil, err
		}
		root = sub
	}
	return root, nil
}

// Check returns a [*RefusedError] if d or a directory directly in it is
// refused. It returns nil if d is missing.
func (d Dir) Check() error {
	root, err := d.Open("")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type()&(fs.ModeDir|fs.ModeSymlink) == 0 {
			continue
		}
		sub, err := openIn(root, e.Name(), false)
		if err == nil {
			sub.Close()
		} else if refused, ok := errors.AsType[*RefusedError](err); ok {
			return refused
		}
	}
	return nil
}

// Read reads a file without following a link. It also returns the errors of
// [readfile.Read].
func (d Dir) Read(name string) ([]byte, error) {
	root, err := d.Open(parent(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return atomicfile.ReadIn(root, path.Base(name), readfile.MaxOwn)
}

// Write replaces a whole file and waits for the disk. It creates missing
// directories.
func (d Dir) Write(name string, data []byte) error { return d.write(name, data, true) }

// WriteLazily is like Write but does not wait for the disk. It is for files
// that can be made again.
func (d Dir) WriteLazily(name string, data []byte) error { return d.write(name, data, false) }

func (d Dir) write(name string, data []byte, flush bool) error {
	root, err := d.Make(parent(name))
	if err != nil {
		return err
	}
	defer root.Close()
	return atomicfile.WriteIn(root, path.Base(name), data, flush)
}

// Names returns the names in the directory below in d, in no particular order.
// It returns at most most names, or all if most is negative.
func (d Dir) Names(below string, most int) ([]string, error) {
	root, err := d.Open(below)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	opened, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	names, err := opened.Readdirnames(most)
	if errors.Is(err, io.EOF) { // an empty directory
		err = nil
	}
	return names, err
}

// Tidy removes the temporary files that killed processes left when they wrote
// the file. The caller must ensure that nobody writes to it meanwhile.
func (d Dir) Tidy(name string) {
	root, err := d.Open(parent(name))
	if err != nil {
		return
	}
	defer root.Close()
	atomicfile.TidyIn(root, path.Base(name))
}

// Remove removes a file or an empty directory. A missing one is not an error.
func (d Dir) Remove(name string) error {
	root, err := d.Open(parent(name))
	if err == nil {
		defer root.Close()
		err = atomicfile.RemoveIn(root, path.Base(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// OpenFile opens a regular file for reading and writing. It creates the file,
// with mode 0600, and its directories if they are missing.
func (d Dir) OpenFile(name string) (*os.File, error) { return d.openFile(name, 0) }

// OpenAppend is like OpenFile, but each write goes to the end of the file. On a
// local file system, writes of several processes do not mix.
func (d Dir) OpenAppend(name string) (*os.File, error) { return d.openFile(name, os.O_APPEND) }

func (d Dir) openFile(name string, flag int) (*os.File, error) {
	root, err := d.Make(parent(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readfile.OpenIn(root, path.Base(name), os.O_RDWR|os.O_CREATE|flag)
}

// parent returns the directory of a file in d, or "" for d itself.
func parent(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// openIn opens the directory name in the opened directory in.
func openIn(in *os.Root, name string, create bool) (*os.Root, error) {
	at := filepath.Join(in.Name(), name)
	info, err := in.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := in.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		info, err = in.Lstat(name)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return nil, &RefusedError{Dir: at, Path: at, Reason: Link, Owner: owner(info)}
	}
	if !info.IsDir() { // opening a named pipe would wait for a writer
		return nil, &fs.PathError{Op: "open", Path: at, Err: syscall.ENOTDIR}
	}
	root, err := in.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if err := verify(root, at, info); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// verify checks an opened directory against the rule for own directories. The
// path is the path that was asked for, and seen describes what was there just
// before opening.
func verify(root *os.Root, path string, seen fs.FileInfo) error {
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	if !os.SameFile(info, seen) {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("replaced while opening it")}
	}
	return checkOwn(path, info)
}
