// Package logbook keeps the log of what was handed out: a file with a line of JSON
// for each time that a program got credentials. It holds no secrets.
//
// Any number of processes may append at once. A line is written with one write at
// the end of the file, which a local file system does as a whole. NFS does not:
// there, lines of two machines may overwrite each other. A process that is killed,
// or a full disk, can leave part of a line; the next line begins after it.
//
// A file that has become too large gets a number at the end of its name, and the
// oldest file goes. A process that has opened the file before still writes to it
// under its new name, so that no line is lost.
package logbook

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/ownfile"
)

const (
	// Name is the name of the file. Older ones are called Name.1 and so on.
	Name = "log.jsonl"

	lockName = "log.lock"

	maxSize  = 4 << 20 // of a file, about 14,000 lines
	maxOlder = 3       // files with older lines
)

// Book is a log.
type Book struct {
	dir     ownfile.Dir
	maxSize int64
	older   int
}

// In returns the log in one of awsexec's own directories, which need not exist.
func In(dir string) Book { return Book{ownfile.Dir(dir), maxSize, maxOlder} }

// path returns the path of a file in the directory of the log.
func (b Book) path(name string) string { return filepath.Join(string(b.dir), name) }

// Append adds a line with e to the log.
func (b Book) Append(e Entry) error { return b.AppendWith(e, e.Members()) }

// AppendWith is like Append, but takes the facts of e as Members has returned them.
func (b Book) AppendWith(e Entry, facts string) error {
	f, err := b.dir.OpenAppend(Name)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := write(f, e.line(facts))
	if err == nil && size >= b.maxSize {
		b.rotate()
	}
	return err
}

// write adds a line to the file and returns the size that the file has then. It
// begins a new line if the last one has no end, which another process may just be
// writing: an empty line does no harm.
func write(f *os.File, line []byte) (size int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" { // made by somebody else, such as a restored backup
		_ = f.Chmod(0o600)
	}
	size = info.Size()
	if size > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], size-1); err == nil && last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	n, err := f.Write(line)
	return size + int64(n), err
}

// rotate gives the files the next names if the current one is too large. Whatever
// fails, the next line tries again.
func (b Book) rotate() {
	lock, err := b.dir.OpenFile(lockName)
	if err != nil {
		return
	}
	defer lock.Close()
	if ok, err := flock.Try(lock); err != nil || !ok { // another process rotates
		return
	}
	dir, err := b.dir.Open("")
	if err != nil {
		return
	}
	defer dir.Close()
	info, err := dir.Lstat(Name)
	if err != nil || info.Size() < b.maxSize {
		return
	}
	// A process that was killed here may have left a gap, which is filled: the
	// files behind it keep their names.
	free := 1
	for ; free < b.older; free++ {
		if _, err := dir.Lstat(numbered(free)); err != nil {
			break
		}
	}
	for ; free > 0; free-- {
		if dir.Rename(numbered(free-1), numbered(free)) != nil {
			return
		}
	}
}

// numbered returns the name of a file of the log: the higher the number, the older
// its lines are.
func numbered(n int) string {
	if n == 0 {
		return Name
	}
	return Name + "." + strconv.Itoa(n)
}

// WriteError reports that something was handed out that is not in the log.
type WriteError struct{ Err error }

func (e *WriteError) Error() string {
	return fmt.Sprintf("this is not in the log of what was handed out: %v", e.Err)
}

func (e *WriteError) Unwrap() error { return e.Err }
