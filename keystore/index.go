package keystore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/ownfile"
)

// index is the file of names beside a backend. It holds no secret, and may know less than the backend, never other than
// it: an entry whose key id is "" means that only the backend knows. Whoever changes it holds the lock of the store.
type index struct{ path string }

const indexVersion = 1

type indexFile struct {
	Version int                 `json:"version"`
	Keys    map[string]indexKey `json:"keys"`
}

type indexKey struct {
	AccessKeyID string    `json:"access_key_id,omitempty"`
	Added       time.Time `json:"added"`
	Rotating    bool      `json:"rotating,omitempty"` // there may be a journal beside the key
}

// load returns the entries. A missing index is an empty one; so is one that cannot be understood, and damaged then says so.
func (x index) load() (keys map[string]indexKey, damaged bool, err error) {
	b, err := readPrivate(x.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]indexKey{}, false, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, false, denied(err)
	case err != nil: // no file that awsexec has made
		return nil, false, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	var f indexFile
	if json.Unmarshal(b, &f) != nil || f.Version != indexVersion || f.Keys == nil {
		return map[string]indexKey{}, true, nil
	}
	return f.Keys, false, nil
}

// set writes the entry of name. A damaged index is set aside first, since it is the only list of names there was.
func (x index) set(name, accessKeyID string) error {
	keys, damaged, err := x.load()
	if err != nil {
		return err
	}
	old, found := keys[name]
	if found && old.AccessKeyID == accessKeyID {
		return nil
	}
	if !found {
		old.Added = time.Now().UTC().Truncate(time.Second)
	}
	old.AccessKeyID = accessKeyID
	keys[name] = old
	return x.save(keys, damaged)
}

// mark notes of an entry, if there is one, whether its key is being rotated.
func (x index) mark(name string, rotating bool) error {
	keys, damaged, err := x.load()
	if err != nil {
		return err
	}
	entry, found := keys[name]
	if !found || entry.Rotating == rotating {
		return nil
	}
	entry.Rotating = rotating
	keys[name] = entry
	return x.save(keys, damaged)
}

// drop removes the entry of name, if there is one.
func (x index) drop(name string) error {
	keys, damaged, err := x.load()
	if err != nil {
		return err
	}
	if _, found := keys[name]; !found {
		return nil
	}
	delete(keys, name)
	return x.save(keys, damaged)
}

func (x index) save(keys map[string]indexKey, damaged bool) error {
	if damaged {
		if err := os.Rename(x.path, x.path+".damaged"); err != nil {
			return denied(err)
		}
	}
	b, err := json.MarshalIndent(indexFile{Version: indexVersion, Keys: keys}, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(x.path, append(b, '\n'))
}

// writePrivate replaces the file at path by data, for its owner alone whatever its mode was before. The caller holds the lock of the store.
func writePrivate(path string, data []byte) error {
	dir, name := ownfile.Dir(filepath.Dir(path)), filepath.Base(path)
	dir.Tidy(name)
	return denied(dir.Write(name, data))
}

// readPrivate reads a file in the data directory.
func readPrivate(path string) ([]byte, error) {
	return ownfile.Dir(filepath.Dir(path)).Read(filepath.Base(path))
}

// denied makes an error of the file system [ErrRefused] where it says that something is not permitted.
func denied(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}
