package keystore

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// index is the file of names beside a backend. It holds no secret. An entry whose key id is "" means that only the backend knows. Whoever
// changes it holds the lock of the store.
//
// It may know less than the backend, but no key id of it is used if it says other than the backend; see vault.contradicts.
type index struct{ path string }

const indexVersion = 1

type indexFile struct {
	Version int                 `json:"version"`
	Store   string              `json:"store,omitempty"` // the stamp of the encrypted file that it describes
	Keys    map[string]indexKey `json:"keys"`
}

type indexKey struct {
	AccessKeyID string    `json:"access_key_id,omitempty"`
	Added       time.Time `json:"added"`
	Rotating    bool      `json:"rotating,omitempty"` // there may be a journal beside the key
}

// digest identifies what f says: which name has which key, of which encrypted file. It is never the zero value.
func (f indexFile) digest() [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "awsexec index %q\n", f.Store)
	for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
		fmt.Fprintf(h, "%q %q\n", name, f.Keys[name].AccessKeyID)
	}
	return [32]byte(h.Sum(nil))
}

// equal reports whether f and g are the same in every entry.
func (f indexFile) equal(g indexFile) bool { return f.Store == g.Store && maps.Equal(f.Keys, g.Keys) }

// load returns what is in the file. A missing index is an empty one; so is one that cannot be understood, and damaged is then true.
func (x index) load() (f indexFile, damaged bool, err error) {
	empty := indexFile{Version: indexVersion, Keys: map[string]indexKey{}}
	dir, name := ownfile.Split(x.path)
	b, err := dir.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return empty, false, nil
	case errors.Is(err, fs.ErrPermission):
		return empty, false, backend.Denied(err)
	case err != nil: // no file that awsexec has made
		return empty, false, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if json.Unmarshal(b, &f) != nil || f.Version != indexVersion || f.Keys == nil {
		return empty, true, nil
	}
	return f, false, nil
}

// set writes the entry of name.
func (x index) set(name, accessKeyID string) error {
	f, damaged, err := x.load()
	if err != nil {
		return err
	}
	entry, found := f.Keys[name]
	if found && entry.AccessKeyID == accessKeyID {
		return nil
	}
	if !found {
		entry.Added = now()
	}
	entry.AccessKeyID = accessKeyID
	f.Keys[name] = entry
	return x.save(f, damaged)
}

// mark notes of an entry, if there is one, whether its key is being rotated.
func (x index) mark(name string, rotating bool) error {
	f, damaged, err := x.load()
	if err != nil {
		return err
	}
	entry, found := f.Keys[name]
	if !found || entry.Rotating == rotating {
		return nil
	}
	entry.Rotating = rotating
	f.Keys[name] = entry
	return x.save(f, damaged)
}

// drop removes the entry of name, if there is one.
func (x index) drop(name string) error {
	f, damaged, err := x.load()
	if err != nil {
		return err
	}
	if _, found := f.Keys[name]; !found {
		return nil
	}
	delete(f.Keys, name)
	return x.save(f, damaged)
}

// save writes f in place of what is there. A damaged index is set aside, since it is the only list of names there was.
func (x index) save(f indexFile, damaged bool) error {
	if damaged {
		if err := os.Rename(x.path, x.path+".damaged"); err != nil {
			return backend.Denied(err)
		}
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	dir, name := ownfile.Split(x.path)
	dir.Tidy(name)
	return backend.Denied(dir.Write(name, append(b, '\n')))
}

// now is the time as the index keeps it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
