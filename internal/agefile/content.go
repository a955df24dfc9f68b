package agefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// content is the decrypted file.
//
// Its recipients are in it, and only these does awsexec encrypt to. Those in the
// file of ways are there to be shown: whoever can write that file, but not open
// this one, must not get what is written next.
type content struct {
	Version    int               `json:"version"`
	Recipients []string          `json:"recipients,omitempty"`
	Items      map[string][]byte `json:"items"`
}

const (
	passphraseVersion = 1 // of the content of a file that has a passphrase
	recipientsVersion = 2 // of one that has recipients
)

// contentOf returns what the file holds, or is to hold, as text. The caller should
// overwrite it.
func contentOf(items map[string][]byte, recipients []string) ([]byte, error) {
	c := content{Version: passphraseVersion, Recipients: recipients, Items: items}
	if recipients != nil {
		c.Version = recipientsVersion
	}
	return json.Marshal(c)
}

// key returns the name of the item in the file.
func key(it backend.Item) string { return it.Service + "/" + it.Name }

// load reads the file into items, as far as n needs it, and reports whether the
// file exists. With ask it asks a person where one is needed.
//
// Who writes needs the passphrase even while the file is unlocked, because the new
// file is encrypted with it. Recipients are known then.
func (f *File) load(ctx context.Context, n backend.Need, ask bool) (found bool, err error) {
	sealed, err := readFile(f.opts.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.sealed, f.items, f.recipients, f.proven = nil, nil, nil, false
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return true, backend.Denied(err)
	case err != nil:
		return true, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	copied := n == backend.ToRead || n != backend.ToProve && !hasPassphrase(sealed) // the copy is enough
	if f.items != nil && bytes.Equal(sealed, f.sealed) && (f.proven || copied) {
		if !ask {
			f.outrun = 0
		}
		return true, nil
	}
	var plain []byte
	unlocked := false
	if copied {
		plain, unlocked = f.opts.Copy.read(sealed)
	}
	if !unlocked {
		if plain, err = f.open(ctx, sealed, ask); err != nil {
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
	version := recipientsVersion
	if hasPassphrase(sealed) {
		version = passphraseVersion
	}
	if c.Version > version { // also if the rest does not fit
		return backend.Newer(f.opts.Path, c.Version)
	}
	if err != nil || c.Version != version || c.Items == nil || (len(c.Recipients) > 0) != (version == recipientsVersion) {
		return fmt.Errorf("%w: the content is not awsexec's", backend.ErrCorrupt)
	}
	f.sealed, f.items, f.recipients, f.proven = sealed, c.Items, c.Recipients, proven
	return nil
}

// save writes items to the file, with the passphrase from load or Prepare or to
// the recipients from load.
func (f *File) save(ctx context.Context, items map[string][]byte) error {
	if f.recipients == nil {
		if f.passphrase == nil { // the file was removed after Prepare
			return backend.ErrUnprepared
		}
		return f.write(ctx, items, Access{Passphrase: f.passphrase}, nil)
	}
	to := make([]agekeys.Recipient, len(f.recipients))
	for i, text := range f.recipients {
		var err error
		if to[i], err = agekeys.ParseRecipient(text); err != nil {
			return fmt.Errorf("%w: recipient %s: %w", backend.ErrNewer, text, err) // this one was in the file
		}
	}
	if err := f.write(ctx, items, Access{Recipients: to}, nil); err != nil {
		return err
	}
	f.showRecipients()
	return nil
}

// write encrypts items for a, calls before unless it is nil, and writes the file.
func (f *File) write(ctx context.Context, items map[string][]byte, a Access, before func() error) error {
	recipients := a.texts()
	plain, err := contentOf(items, recipients)
	if err != nil {
		return err
	}
	defer clear(plain)
	sealed, err := f.seal(ctx, plain, a)
	if err != nil {
		return err
	}
	if before != nil {
		if err := before(); err != nil {
			return err
		}
	}
	f.tidy()
	if err := writeFile(f.opts.Path, sealed); err != nil {
		return err
	}
	f.sealed, f.items, f.recipients, f.proven = sealed, items, recipients, true
	f.opts.Copy.refresh(sealed, plain)
	return nil
}

// seal encrypts plain for a.
func (f *File) seal(ctx context.Context, plain []byte, a Access) ([]byte, error) {
	if a.Recipients == nil {
		f.opts.Debug("scrypt: encrypting %s", f.opts.Path)
		return encrypt(plain, a.Passphrase, f.opts.WorkFactor)
	}
	f.opts.Debug("encrypting %s to %d recipients", f.opts.Path, len(a.Recipients))
	return sealTo(ctx, f.opts.Host, plain, a.Recipients)
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

// tidy removes what killed processes have left when they wrote one of the files.
// The caller holds the lock of whoever changes the file.
func (f *File) tidy() {
	for _, path := range []string{f.opts.Path, f.opts.Copy.Path, f.opts.Ways} {
		dir, name := ownfile.Split(path)
		dir.Tidy(name)
	}
}
