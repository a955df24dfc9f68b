// Package agefile stores secrets in one age file that is encrypted with a
// passphrase (scrypt) or to recipients, so that age(1) can open it too.
//
// While the file is unlocked, its content can be read without the passphrase or
// an identity: see [UnlockedCopy].
package agefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
)

// Options describe where a file is and what it needs from its user. Path,
// Debug, Initial and Forget are required.
type Options struct {
	Path string

	// Passphrase asks for the passphrase. If create is true, it asks for a new
	// one. The file owns the bytes and overwrites those that it does not keep.
	// If Passphrase is nil or fails, the file is [backend.ErrLocked].
	Passphrase func(ctx context.Context, create bool) ([]byte, error)

	// Ways is the path of the file with the [Ways] of this machine to open a file
	// that has recipients.
	Ways string

	// Host is what identities need to open the file.
	Host agekeys.Host

	// WorkFactor is the base-2 logarithm of the scrypt cost of writing; 0 means
	// 18, about a second.
	WorkFactor int

	// Debug receives debug messages. They hold no secrets.
	Debug func(format string, args ...any)

	// Copy is read instead of the file while the file is unlocked.
	Copy UnlockedCopy

	// Initial returns an item that a new file holds from the start, so that
	// adding it later does not cost another round of scrypt.
	Initial func() (backend.Item, []byte)

	// Forget is called before a new file is created and before its access
	// changes. It should drop everything that is held of the old file.
	Forget func()
}

// File is a [backend.Backend], and the [backend.Operation] of all its
// operations. Many goroutines may use it.
type File struct {
	opts Options

	mu         sync.Mutex
	passphrase []byte            // the one that opened the file, or the one for a new file
	identities identities        // that are known here
	outrun     int               // how often others have changed the file since a person opened it for us
	sealed     []byte            // the bytes of the file from which items were read
	items      map[string][]byte // by key; valid while the file's bytes are sealed; never changed, only replaced
	recipients []string          // of the file with those bytes; nil if it has a passphrase
	proven     bool              // the passphrase, or an identity, opens sealed
}

const (
	defaultWorkFactor = 18
	// maxWorkFactor limits the cost of reading a file to about 15 seconds and 4
	// GiB of memory.
	maxWorkFactor = 22
)

// New returns the file that o describes. The file may be missing: the first Set
// creates it.
func New(o Options) (*File, error) {
	f := &File{opts: o}
	if f.opts.WorkFactor == 0 {
		f.opts.WorkFactor = defaultWorkFactor
	}
	if f.opts.WorkFactor < 1 || f.opts.WorkFactor > maxWorkFactor {
		return nil, fmt.Errorf("%s: work factor %d: must be between 1 and %d", f, f.opts.WorkFactor, maxWorkFactor)
	}
	return f, nil
}

// Exists reports whether there is a file at path. It returns true if that
// cannot be determined.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// String returns the path of the file.
func (f *File) String() string { return f.opts.Path }

// Begin returns f itself.
func (f *File) Begin() (backend.Operation, func()) { return f, func() {} }

// Prepare asks for the passphrase, or what an identity asks for, if n needs it
// and it is unknown.
func (f *File) Prepare(ctx context.Context, n backend.Need) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(ctx, n, true)
	if err != nil || found || n != backend.ToCreate || f.passphrase != nil {
		return err
	}
	f.passphrase, err = f.ask(ctx, true)
	return err
}

// Get returns a copy of an item.
func (f *File) Get(ctx context.Context, it backend.Item) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.load(ctx, backend.ToRead, false); err != nil {
		return nil, err
	}
	secret, found := f.items[key(it)]
	if !found {
		return nil, backend.ErrNotFound
	}
	return bytes.Clone(secret), nil
}

// Set stores an item, in a new file with a passphrase if there is none.
func (f *File) Set(ctx context.Context, it backend.Item, secret []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(ctx, backend.ToWrite, false)
	if err != nil {
		return err
	}
	items := maps.Clone(f.items)
	if !found {
		if items, err = f.begin(); err != nil {
			return err
		}
	}
	items[key(it)] = bytes.Clone(secret)
	return f.save(ctx, items)
}

// begin returns the items of a new file.
func (f *File) begin() (map[string][]byte, error) {
	first, value := f.opts.Initial()
	f.opts.Forget()
	return map[string][]byte{key(first): value}, f.opts.Copy.Remove() // of an earlier file
}

// Delete removes an item.
func (f *File) Delete(ctx context.Context, it backend.Item) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.load(ctx, backend.ToWrite, false); err != nil {
		return err
	}
	if _, found := f.items[key(it)]; !found {
		return backend.ErrNotFound
	}
	items := maps.Clone(f.items)
	delete(items, key(it))
	return f.save(ctx, items)
}
