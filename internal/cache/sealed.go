package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/readfile"
)

// A sealed file of another room is magic, the length of a header, the header, and a
// box. Whoever may read the file can read the header, but not change it or give the
// file another name.
const (
	sealedMagic = "awsexecs"
	// sealedVersion follows the magic. A file of a newer version is left alone.
	sealedVersion = 1
	sealedFixed   = len(sealedMagic) + 1 + 4
)

// Sealed is a file that another room keeps, sealed with the key of the sessions.
// What it holds cannot be made again without a person, so that awsexec clear leaves
// it, and so that it is not removed when it does not open: the keystore that has its
// key may only be another one.
type Sealed struct {
	cache *Cache
	name  string // below the cache's directory, with slashes
}

// Sealed returns the file called name, below the cache's directory and with slashes.
func (c *Cache) Sealed(name string) Sealed { return Sealed{c, name} }

// SealedNames returns the names of the sealed files in a directory.
func (c *Cache) SealedNames(below string) ([]string, error) {
	found, err := c.dir.Names(below, -1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, n := range found {
		if !strings.HasPrefix(n, ".") { // left by a process that was killed while it wrote
			names = append(names, below+"/"+n)
		}
	}
	return names, err
}

// Path returns the path of the file.
func (s Sealed) Path() string { return filepath.Join(string(s.cache.dir), filepath.FromSlash(s.name)) }

// NewerError reports a file that a newer awsexec has written.
type NewerError struct {
	Path    string
	Version int
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("%s was written by a newer awsexec: it has version %d of the format, and this awsexec knows version %d", e.Path, e.Version, sealedVersion)
}

// DamagedError reports a file that is not a sealed file, or that the sealing key does
// not open.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Unwrap() error { return e.Err }

func (e *DamagedError) Error() string { return fmt.Sprintf("%s: %v", e.Path, e.Err) }

// Header returns the header of the file. It needs no key, so that the header is not
// authenticated: it is for people to read, and for what Open confirms. The error
// wraps fs.ErrNotExist if there is no file, or is a [*NewerError] or a
// [*DamagedError].
func (s Sealed) Header() ([]byte, error) {
	_, header, err := s.read()
	return header, err
}

// Open returns the header and the content of the file. The error is one of Header or
// that of the sealing key.
func (s Sealed) Open(ctx context.Context) (header, content []byte, err error) {
	data, header, err := s.read()
	if err != nil {
		return nil, nil, err
	}
	var text string
	for _, again := range []bool{false, true} { // the keystore may have been made anew meanwhile
		key, err := s.cache.ask(ctx, again)
		if err != nil {
			return nil, nil, err
		}
		err = Open(key, data, sealedFixed+len(header), s.name, &text)
		if err == nil {
			return header, []byte(text), nil
		}
		if !errors.Is(err, ErrNotOpened) {
			return nil, nil, &DamagedError{s.Path(), err}
		}
	}
	return nil, nil, &DamagedError{s.Path(), ErrNotOpened}
}

// Write replaces the file, unless a newer awsexec has written it. Only the user can
// read it, and it is on the disk when Write returns.
func (s Sealed) Write(ctx context.Context, header, content []byte) error {
	if err := s.Check(); err != nil {
		return err
	}
	key, err := s.cache.SealingKey(ctx)
	if err != nil {
		return err
	}
	front := append([]byte(sealedMagic), sealedVersion)
	front = binary.BigEndian.AppendUint32(front, uint32(len(header)))
	data, err := Seal(key, append(front, header...), s.name, string(content))
	if err != nil {
		return err
	}
	return s.cache.dir.Write(s.name, data)
}

// Check returns an error if Write would fail, as far as that shows before.
func (s Sealed) Check() error {
	if newer, ok := errors.AsType[*NewerError](second(s.Header())); ok {
		return newer
	}
	return s.cache.dir.CheckWrite()
}

// Tidy removes what killed processes have left when they wrote the file. The caller must
// ensure that nobody writes it meanwhile.
func (s Sealed) Tidy() { s.cache.dir.Tidy(s.name) }

// Remove removes the file, if there is one.
func (s Sealed) Remove() error {
	s.Tidy()
	return s.cache.dir.Remove(s.name)
}

// read returns the whole file and its header.
func (s Sealed) read() (data, header []byte, err error) {
	data, err = s.cache.dir.Read(s.name)
	_, large := errors.AsType[*readfile.TooLargeError](err)
	_, odd := errors.AsType[*readfile.NotRegularError](err)
	switch {
	case large, odd:
		return nil, nil, &DamagedError{s.Path(), err}
	case err != nil:
		return nil, nil, err
	case len(data) <= len(sealedMagic) || string(data[:len(sealedMagic)]) != sealedMagic:
		return nil, nil, &DamagedError{s.Path(), errBad}
	case data[len(sealedMagic)] > sealedVersion:
		return nil, nil, &NewerError{s.Path(), int(data[len(sealedMagic)])}
	case len(data) < sealedFixed:
		return nil, nil, &DamagedError{s.Path(), errBad}
	}
	size := binary.BigEndian.Uint32(data[sealedFixed-4:])
	if uint64(size) > uint64(len(data)-sealedFixed) {
		return nil, nil, &DamagedError{s.Path(), errBad}
	}
	return data, data[sealedFixed : sealedFixed+int(size)], nil
}

func second[A, B any](_ A, b B) B { return b }
