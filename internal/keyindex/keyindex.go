// Package keyindex keeps the index of a key store: a file beside the store that
// lists the names of its keys with their access key ids. It holds no secret.
//
// Whoever changes an index holds the lock of its store.
package keyindex

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

// Index is the file of names at a path. Its errors wrap the kinds of package
// backend.
type Index struct{ Path string }

const version = 1

// Content is what the file of an index holds.
type Content struct {
	Version int            `json:"version"`
	Store   string         `json:"store,omitempty"` // the stamp of the encrypted file that it describes
	Keys    map[string]Key `json:"keys"`
}

// Key is the entry of a name.
type Key struct {
	AccessKeyID string    `json:"access_key_id,omitempty"` // "" if only the store itself knows
	Added       time.Time `json:"added"`
	Rotating    bool      `json:"rotating,omitempty"` // there may be a rotation journal beside the key
}

// New returns the content of an index without keys. Stamp identifies the
// encrypted file that it describes; it is "" for a keyring.
func New(stamp string) Content {
	return Content{Version: version, Store: stamp, Keys: map[string]Key{}}
}

// Digest identifies what c says: which name has which key, of which encrypted
// file. It is never the zero value.
func (c Content) Digest() [32]byte {
	h := sha256.New()
	fmt.Fprintf(h, "awsexec index %q\n", c.Store)
	for _, name := range slices.Sorted(maps.Keys(c.Keys)) {
		fmt.Fprintf(h, "%q %q\n", name, c.Keys[name].AccessKeyID)
	}
	return [32]byte(h.Sum(nil))
}

// Equal reports whether c and d are the same in every entry.
func (c Content) Equal(d Content) bool { return c.Store == d.Store && maps.Equal(c.Keys, d.Keys) }

// Load returns the content of the file. A missing file is an index without
// keys; so is one that cannot be understood, for which damaged is true. The
// index of a newer awsexec is an error.
func (x Index) Load() (c Content, damaged bool, err error) {
	dir, name := ownfile.Split(x.Path)
	b, err := dir.Read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return New(""), false, nil
	case errors.Is(err, fs.ErrPermission):
		return New(""), false, backend.Denied(err)
	case err != nil: // not a file that awsexec has made
		return New(""), false, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	err = json.Unmarshal(b, &c)
	if c.Version > version { // also if the rest does not fit
		return New(""), false, backend.Newer(x.Path, c.Version)
	}
	if err != nil || c.Version != version || c.Keys == nil {
		return New(""), true, nil
	}
	return c, false, nil
}

// Set writes the access key id of name, adding an entry if there is none.
func (x Index) Set(name, accessKeyID string) error {
	c, damaged, err := x.Load()
	if err != nil {
		return err
	}
	key, found := c.Keys[name]
	if found && key.AccessKeyID == accessKeyID {
		return nil
	}
	if !found {
		key.Added = Now()
	}
	key.AccessKeyID = accessKeyID
	c.Keys[name] = key
	return x.Save(c, damaged)
}

// Mark writes to the entry of name, if there is one, whether its key is being
// rotated.
func (x Index) Mark(name string, rotating bool) error {
	c, damaged, err := x.Load()
	if err != nil {
		return err
	}
	key, found := c.Keys[name]
	if !found || key.Rotating == rotating {
		return nil
	}
	key.Rotating = rotating
	c.Keys[name] = key
	return x.Save(c, damaged)
}

// Date writes to the entry of name, if there is one, when its key was added.
func (x Index) Date(name string, added time.Time) error {
	c, damaged, err := x.Load()
	if err != nil {
		return err
	}
	key, found := c.Keys[name]
	if !found || key.Added.Equal(added) {
		return nil
	}
	key.Added = added
	c.Keys[name] = key
	return x.Save(c, damaged)
}

// Drop removes the entry of name, if there is one.
func (x Index) Drop(name string) error {
	c, damaged, err := x.Load()
	if err != nil {
		return err
	}
	if _, found := c.Keys[name]; !found {
		return nil
	}
	delete(c.Keys, name)
	return x.Save(c, damaged)
}

// Save writes c in place of the present content. A damaged file is renamed
// first, since it is the only list of names there was.
func (x Index) Save(c Content, damaged bool) error {
	if damaged {
		if err := os.Rename(x.Path, x.Path+".damaged"); err != nil {
			return backend.Denied(err)
		}
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	dir, name := ownfile.Split(x.Path)
	dir.Tidy(name)
	return backend.Denied(dir.Write(name, append(b, '\n')))
}

// Now returns the time as an index keeps it.
func Now() time.Time { return time.Now().UTC().Truncate(time.Second) }
