package logbook

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/readfile"
)

// lockPatience is how long a reader waits for a process that renames the files.
const lockPatience = 2 * time.Second

// Read calls each for every entry, the oldest first, until each returns an error.
// Damaged is the number of lines that hold no entry.
func (b Book) Read(ctx context.Context, each func(Entry) error) (damaged int, err error) {
	files, err := b.open(ctx)
	if err != nil {
		return 0, err
	}
	defer closeAll(files)
	for _, f := range files {
		if err := f.read(each); err != nil {
			return damaged, err
		}
		if len(f.rest) > 0 {
			f.line(nil, each)
		}
		damaged += f.damaged
	}
	return damaged, nil
}

// Poll is how often Follow looks for new entries.
const Poll = 250 * time.Millisecond

// late is how long Follow still reads a file that has got another name, because a
// process may have opened it before.
const late = 2 * time.Second

// Follow is like Read, and then goes on with entries that are added, until ctx ends.
// It calls caught each time that it has read all that there is.
func (b Book) Follow(ctx context.Context, each func(Entry) error, caught func() error) error {
	files, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { closeAll(files) }()
	ticker := time.NewTicker(Poll)
	defer ticker.Stop()
	for {
		for _, f := range files {
			if err := f.read(each); err != nil {
				return err
			}
		}
		if err := caught(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if files, err = b.newer(ctx, files); err != nil {
			return err
		}
	}
}

// newer returns files and those that have come after them, without the old ones that
// nobody writes to any more.
func (b Book) newer(ctx context.Context, files []*file) ([]*file, error) {
	now := time.Now()
	if len(files) > 0 {
		last := files[len(files)-1]
		dir, err := b.dir.Open("")
		if errors.Is(err, fs.ErrNotExist) { // somebody has removed it
			return dropped(files, now), nil
		}
		if err != nil {
			return files, err
		}
		info, err := dir.Lstat(Name)
		dir.Close()
		if err != nil || os.SameFile(info, last.info) { // no file: it has just got another name
			return dropped(files, now), nil
		}
	}
	all, err := b.open(ctx)
	if err != nil {
		return files, err
	}
	for i, f := range all { // those up to the last one are known
		if len(files) > 0 && os.SameFile(f.info, files[len(files)-1].info) {
			closeAll(all[:i+1])
			all = all[i+1:]
			break
		}
	}
	for _, f := range files {
		if f.replaced.IsZero() {
			f.replaced = now
		}
	}
	return append(dropped(files, now), all...), nil
}

// dropped returns files without those that were replaced long ago.
func dropped(files []*file, now time.Time) []*file {
	for len(files) > 0 && !files[0].replaced.IsZero() && now.Sub(files[0].replaced) > late {
		files[0].Close()
		files = files[1:]
	}
	return files
}

// file is a file of the log that is being read.
type file struct {
	*os.File
	info     fs.FileInfo
	lines    *bufio.Reader
	rest     []byte // of a line whose end was not there yet
	damaged  int
	replaced time.Time // when a newer file was seen
}

// maxLine is how long a line can be, in bytes. What Append writes is far shorter.
const maxLine = 16 << 10

// open opens all files, the oldest first. No process renames them meanwhile.
func (b Book) open(ctx context.Context) (files []*file, err error) {
	dir, err := b.dir.Open("")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	locking, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	if release, err := flock.Lock(locking, b.path(lockName)); err == nil { // without the lock, only a rename at this moment disturbs
		defer release()
	}
	for n := b.older; n >= 0; n-- {
		f, err := readfile.OpenIn(dir, numbered(n), os.O_RDONLY)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var info fs.FileInfo
		if err == nil {
			info, err = f.Stat()
		}
		if err != nil {
			closeAll(files)
			return nil, err
		}
		files = append(files, &file{File: f, info: info, lines: bufio.NewReaderSize(f, maxLine)})
	}
	return files, nil
}

func closeAll(files []*file) {
	for _, f := range files {
		f.Close()
	}
}

// read calls each for the entries up to the end of the last whole line.
func (f *file) read(each func(Entry) error) error {
	for {
		piece, err := f.lines.ReadSlice('\n')
		if err != nil {
			if f.rest = append(f.rest, piece...); len(f.rest) > maxLine {
				f.rest = f.rest[:maxLine] // nothing of ours
			}
			if errors.Is(err, bufio.ErrBufferFull) {
				continue
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := f.line(piece, each); err != nil {
			return err
		}
	}
}

// line calls each for the entry in the line that ends with end.
func (f *file) line(end []byte, each func(Entry) error) error {
	line := end
	if len(f.rest) > 0 {
		line = append(f.rest, end...)
		f.rest = f.rest[:0]
	}
	if line = bytes.TrimSpace(line); len(line) == 0 {
		return nil
	}
	e, ok := decode(line)
	if !ok {
		f.damaged++
		return nil
	}
	return each(e)
}

// decode returns the entry in a line, perhaps behind a part of another one. Within a
// JSON string each quote is escaped, so that an entry begins nowhere else.
func decode(line []byte) (e Entry, ok bool) {
	if i := bytes.LastIndex(line, []byte(`{"time":"`)); i > 0 {
		line = line[i:]
	}
	err := json.Unmarshal(line, &e)
	return e, err == nil && !e.Time.IsZero()
}
