// Package ownfile opens awsexec's own directories and the files in them. It refuses a directory in which somebody else could have put
// something, or in whose place somebody else could put another.
//
// A directory is taken if it belongs to this process's user, nobody else may write to it, and nobody but this user and root can replace
// what leads to it: each directory above belongs to one of them, and others may write to it only if it is sticky, as /tmp is; so
// do the symbolic links on the way. What is below it must be made of directories, not links, and each is held to the same rule. Modes and
// owners are those of the directory that was opened, so that there is no moment between the check and the use. Windows, where modes say
// nothing, has no such rule: the user's profile is closed to others there.
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

	"github.com/awsexec/awsexec/internal/atomicfile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// Dir is the path of a directory that is awsexec's own. Names of files in it are relative and written with slashes. Every method opens the
// directory anew and returns a [*RefusedError] if it is refused.
type Dir string

// Reason is why a directory is refused.
type Reason int

const (
	ForeignOwner Reason = iota // it belongs to somebody else
	Writable                   // others may write to it
	ForeignLink                // it is a symbolic link of somebody else
	Link                       // it is a symbolic link where none belongs
)

// RefusedError reports a directory that is not used, since others could have a say in what is in it. It is an [fs.ErrPermission].
type RefusedError struct {
	Dir    string // the directory that was wanted
	Path   string // what is wrong: Dir, a directory above, or a link that leads there
	Reason Reason
	Owner  int // the user id of Path's owner
	Mode   fs.FileMode
}

func (e *RefusedError) Error() string {
	why := ""
	switch e.Reason {
	case ForeignOwner:
		why = fmt.Sprintf("belongs to another user (uid %d)", e.Owner)
	case Writable:
		why = fmt.Sprintf("can be written to by others (mode %04o)", e.Mode.Perm())
	case ForeignLink:
		why = fmt.Sprintf("is a symbolic link of another user (uid %d)", e.Owner)
	case Link:
		why = "is a symbolic link"
	}
	if e.Path == e.Dir {
		return fmt.Sprintf("directory %s is not used: it %s", e.Dir, why)
	}
	return fmt.Sprintf("directory %s is not used: %s %s", e.Dir, e.Path, why)
}

func (e *RefusedError) Unwrap() error { return fs.ErrPermission }

// Open opens the directory below d, or d itself where below is "". The caller closes it.
func (d Dir) Open(below string) (*os.Root, error) { return d.open(below, false) }

// Make is Open that makes what is missing, mode 0700.
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

// Check returns why the directory, or one right below it, is refused; nil if it is not, or is not there.
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

// Read reads a file, without following a link. Its errors are those of [readfile.Read] too.
func (d Dir) Read(name string) ([]byte, error) {
	root, err := d.Open(parent(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return atomicfile.ReadIn(root, path.Base(name), readfile.MaxOwn)
}

// Write replaces a file whole and waits for the disk. It makes the directories that are missing.
func (d Dir) Write(name string, data []byte) error { return d.write(name, data, true) }

// WriteLazily is Write for what can be made again: it does not wait for the disk.
func (d Dir) WriteLazily(name string, data []byte) error { return d.write(name, data, false) }

func (d Dir) write(name string, data []byte, flush bool) error {
	root, err := d.Make(parent(name))
	if err != nil {
		return err
	}
	defer root.Close()
	return atomicfile.WriteIn(root, path.Base(name), data, flush)
}

// Names returns the names in the directory below d, in no order and at most that many of them unless most is negative.
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
	if errors.Is(err, io.EOF) { // there is none
		err = nil
	}
	return names, err
}

// Tidy removes what killed processes have left of a Write to the file. The caller must keep others from writing to it meanwhile.
func (d Dir) Tidy(name string) {
	root, err := d.Open(parent(name))
	if err != nil {
		return
	}
	defer root.Close()
	atomicfile.TidyIn(root, path.Base(name))
}

// Remove removes a file or an empty directory. It is no error if there is none.
func (d Dir) Remove(name string) error {
	root, err := d.Open(parent(name))
	if err == nil {
		defer root.Close()
		err = root.Remove(path.Base(name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// OpenFile opens a regular file for reading and writing, mode 0600, making it and its directories if they are missing.
func (d Dir) OpenFile(name string) (*os.File, error) {
	root, err := d.Make(parent(name))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return readfile.OpenIn(root, path.Base(name), os.O_RDWR|os.O_CREATE)
}

// parent is the directory of a file, "" for the topmost.
func parent(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// openIn opens a directory in another that has been opened.
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

// verify holds a directory that was opened to the rule for awsexec's own. The path is that by which it was asked for, and seen is what was
// there just before.
func verify(root *os.Root, path string, seen fs.FileInfo) error {
	info, err := root.Stat(".")
	if err != nil {
		return err
	}
	if !os.SameFile(info, seen) {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("replaced while it was opened")}
	}
	return checkOwn(path, info)
}
