package agefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// content is the decrypted file.
type content struct {
	Version int               `json:"version"`
	Items   map[string][]byte `json:"items"`
}

const contentVersion = 1

// key returns the name of the item in the file.
func key(it backend.Item) string { return it.Service + "/" + it.Name }

// load reads the file into items, and reports whether the file exists. A writer
// needs the passphrase even while the file is unlocked, because the new file is
// encrypted with it.
func (f *File) load(toWrite bool, ask func() ([]byte, error)) (found bool, err error) {
	sealed, err := readFile(f.opts.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.sealed, f.items, f.proven = nil, nil, false
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return true, backend.Denied(err)
	case err != nil:
		return true, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	case f.items != nil && bytes.Equal(sealed, f.sealed) && (f.proven || !toWrite):
		return true, nil
	}
	var plain []byte
	unlocked := false
	if !toWrite {
		plain, unlocked = f.opts.Copy.read(sealed)
	}
	if !unlocked {
		if plain, err = f.open(sealed, ask); err != nil {
			return true, err
		}
	}
	return true, f.take(sealed, plain, !unlocked)
}

// take parses plain, the content of the file whose bytes are sealed, into
// items, and overwrites plain.
func (f *File) take(sealed, plain []byte, proven bool) error {
	defer clear(plain)
	var c content
	err := json.Unmarshal(plain, &c)
	if c.Version > contentVersion { // also if the rest does not fit
		return backend.Newer(f.opts.Path, c.Version)
	}
	if err != nil || c.Version != contentVersion || c.Items == nil {
		return fmt.Errorf("%w: the content is not awsexec's", backend.ErrCorrupt)
	}
	f.sealed, f.items, f.proven = sealed, c.Items, proven
	return nil
}

// save writes items to the file, with the passphrase from load or Prepare.
func (f *File) save(items map[string][]byte) error {
	if f.passphrase == nil { // the file was removed after Prepare
		return backend.ErrUnprepared
	}
	return f.write(items, f.passphrase)
}

// write encrypts items with passphrase and writes them to the file.
func (f *File) write(items map[string][]byte, passphrase []byte) error {
	plain, err := json.Marshal(content{Version: contentVersion, Items: items})
	if err != nil {
		return err
	}
	defer clear(plain)
	f.opts.Debug("scrypt: encrypting %s", f.opts.Path)
	sealed, err := encrypt(plain, passphrase, f.opts.WorkFactor)
	if err != nil {
		return err
	}
	if err := writeFile(f.opts.Path, sealed); err != nil {
		return err
	}
	f.sealed, f.items, f.proven = sealed, items, true
	f.opts.Copy.refresh(sealed, plain)
	return nil
}

// Open reads the file if that needs no passphrase, and reports whether its
// content is known.
func (f *File) Open() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readFile(f.opts.Path)
	if err != nil {
		return false
	}
	if f.items != nil && bytes.Equal(sealed, f.sealed) {
		return true
	}
	plain, unlocked := f.opts.Copy.read(sealed)
	return unlocked && f.take(sealed, plain, false) == nil
}

// Stamp returns an identifier of the file's current bytes, or "" for a missing
// file.
func (f *File) Stamp() (string, error) {
	sealed, err := readFile(f.opts.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return stamp(sealed), err
}

// Known returns the items of the file as it is, and its stamp; ok is false if
// its content has not been read. A missing file has no items. The caller must
// not change the secrets.
func (f *File) Known() (items map[backend.Item][]byte, stampOf string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readFile(f.opts.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", true
	}
	if err != nil || f.items == nil || !bytes.Equal(sealed, f.sealed) {
		return nil, "", false
	}
	items = make(map[backend.Item][]byte, len(f.items))
	for k, secret := range f.items {
		if service, name, ok := strings.Cut(k, "/"); ok {
			items[backend.Item{Service: service, Name: name}] = secret
		}
	}
	return items, stamp(sealed), true
}

func stamp(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return hex.EncodeToString(sum[:])
}

func readFile(path string) ([]byte, error) {
	dir, name := ownfile.Split(path)
	return dir.Read(name)
}

// writeFile replaces the file at path with data. Only the owner may read and
// write it, whatever its mode was before.
func writeFile(path string, data []byte) error {
	dir, name := ownfile.Split(path)
	dir.Tidy(name)
	return backend.Denied(dir.Write(name, data))
}
