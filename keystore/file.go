package keystore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"filippo.io/age"
)

// fileBackend keeps all items in one age file encrypted with a passphrase (scrypt), so that age(1) can open it too.
type fileBackend struct {
	path       string
	ask        func(ctx context.Context, create bool) ([]byte, error)
	workFactor int
	debug      func(format string, args ...any)
	unlocked   unlockedCopy
	forget     func() // makes the kernel forget the sealing key of the file

	mu         sync.Mutex
	passphrase []byte            // one that fitted, or the one for a file to be made
	sealed     []byte            // the file as it was when items was read from it
	items      map[string][]byte // valid as long as the file is still sealed, byte for byte
	proven     bool              // it is passphrase that opens sealed
}

// fileContent is the decrypted file.
type fileContent struct {
	Version int               `json:"version"`
	Items   map[string][]byte `json:"items"`
}

const (
	fileVersion = 1
	// maxWorkFactor bounds what reading a file may cost: about 15 seconds and 4 GiB of memory.
	maxWorkFactor = 22
)

func (f *fileBackend) String() string { return f.path }

// key is the name of the item in the file; no service has a slash in it.
func (it item) key() string { return it.service + "/" + it.name }

func (f *fileBackend) begin() (operation, func()) { return f, func() {} }

func (f *fileBackend) prepare(ctx context.Context, n need) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(n != toRead, func() ([]byte, error) { return f.askFor(ctx, false) })
	if err != nil || found || n != toCreate || f.passphrase != nil {
		return err
	}
	f.passphrase, err = f.askFor(ctx, true)
	return err
}

func (f *fileBackend) get(_ context.Context, it item) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.load(false, nobody); err != nil {
		return nil, err
	}
	secret, found := f.items[it.key()]
	if !found {
		return nil, ErrNotFound
	}
	return bytes.Clone(secret), nil
}

func (f *fileBackend) set(_ context.Context, it item, secret []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(true, nobody)
	if err != nil {
		return err
	}
	items := maps.Clone(f.items)
	if !found {
		// The sealing key is always needed soon: made now, it does not cost another round of scrypt.
		items = map[string][]byte{sealingItem.key(): encodeSealing(newSealing())}
		f.forget()
		if err := f.unlocked.remove(); err != nil { // of an earlier file
			return err
		}
	}
	items[it.key()] = bytes.Clone(secret)
	return f.save(items)
}

func (f *fileBackend) delete(_ context.Context, it item) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.load(true, nobody); err != nil {
		return err
	}
	if _, found := f.items[it.key()]; !found {
		return ErrNotFound
	}
	items := maps.Clone(f.items)
	delete(items, it.key())
	return f.save(items)
}

// load makes items what is in the file, and reports whether there is one. Whoever is going to write needs the passphrase even where the file is
// unlocked, since the new file is to be encrypted with it.
func (f *fileBackend) load(toWrite bool, ask func() ([]byte, error)) (found bool, err error) {
	sealed, err := readPrivate(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.sealed, f.items, f.proven = nil, nil, false
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return true, denied(err)
	case err != nil:
		return true, fmt.Errorf("%w: %w", ErrCorrupt, err)
	case f.items != nil && bytes.Equal(sealed, f.sealed) && (f.proven || !toWrite):
		return true, nil
	}
	var plain []byte
	unlocked := false
	if !toWrite {
		plain, unlocked = f.unlocked.read(sealed)
	}
	if !unlocked {
		if plain, err = f.unlock(sealed, ask); err != nil {
			return true, err
		}
	}
	return true, f.take(sealed, plain, !unlocked)
}

// take makes items what is in plain, the content of the file whose bytes are sealed, and overwrites plain.
func (f *fileBackend) take(sealed, plain []byte, proven bool) error {
	defer clear(plain)
	var content fileContent
	if json.Unmarshal(plain, &content) != nil || content.Items == nil {
		return fmt.Errorf("%w: its content is not awsexec's", ErrCorrupt)
	}
	if content.Version != fileVersion {
		return fmt.Errorf("%w: format version %d is not known to this awsexec", ErrCorrupt, content.Version)
	}
	f.sealed, f.items, f.proven = sealed, content.Items, proven
	return nil
}

// nobody answers for a human who is not to be asked now.
func nobody() ([]byte, error) { return nil, errUnprepared }

// unlock decrypts the file with the passphrase that is known, or else with the one that ask returns. Nobody is asked for the
// passphrase of a file that none can open.
func (f *fileBackend) unlock(sealed []byte, ask func() ([]byte, error)) ([]byte, error) {
	if _, err := age.ExtractHeader(bytes.NewReader(sealed)); err != nil {
		return nil, fmt.Errorf("%w: not an age file", ErrCorrupt) // err quotes it, which may be what "age -d" has put there
	}
	if f.passphrase != nil {
		plain, err := f.decrypt(sealed, f.passphrase)
		if !errors.Is(err, ErrWrongPassphrase) {
			return plain, err
		}
		clear(f.passphrase)
		f.passphrase = nil
	}
	passphrase, err := ask()
	if err != nil {
		return nil, err
	}
	plain, err := f.decrypt(sealed, passphrase)
	if err != nil {
		clear(passphrase)
		return nil, err
	}
	f.passphrase = passphrase
	return plain, nil
}

func (f *fileBackend) decrypt(sealed, passphrase []byte) ([]byte, error) {
	f.debug("scrypt: decrypting %s", f.path)
	return decrypt(sealed, passphrase)
}

// unseal makes the file one that is unlocked, for life, once the passphrase has been given.
func (f *fileBackend) unseal(life time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(true, nobody)
	if err != nil {
		return err
	}
	if !found {
		return ErrNotFound
	}
	plain, err := json.Marshal(fileContent{Version: fileVersion, Items: f.items})
	if err != nil {
		return err
	}
	defer clear(plain)
	return f.unlocked.make(f.sealed, plain, life)
}

// isUnlocked reports whether the file can be read without its passphrase, by this process and others.
func (f *fileBackend) isUnlocked() bool {
	sealed, err := readPrivate(f.path)
	if err != nil {
		return false
	}
	plain, ok := f.unlocked.read(sealed)
	clear(plain)
	return ok
}

func (f *fileBackend) askFor(ctx context.Context, create bool) ([]byte, error) {
	if f.ask == nil {
		return nil, fmt.Errorf("%w: no passphrase given", ErrLocked)
	}
	passphrase, err := f.ask(ctx, create)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: passphrase: %w", ErrLocked, err)
	case len(passphrase) == 0:
		return nil, fmt.Errorf("%w: the passphrase is empty", ErrLocked)
	}
	return passphrase, nil
}

// save writes items to the file, with the passphrase that load or prepare has made known.
func (f *fileBackend) save(items map[string][]byte) error {
	if f.passphrase == nil { // the file went away after prepare
		return errUnprepared
	}
	return f.write(items, f.passphrase)
}

// write encrypts items with passphrase and puts them into the file.
func (f *fileBackend) write(items map[string][]byte, passphrase []byte) error {
	plain, err := json.Marshal(fileContent{Version: fileVersion, Items: items})
	if err != nil {
		return err
	}
	defer clear(plain)
	f.debug("scrypt: encrypting %s", f.path)
	sealed, err := encrypt(plain, passphrase, f.workFactor)
	if err != nil {
		return err
	}
	if err := writePrivate(f.path, sealed); err != nil {
		return err
	}
	f.sealed, f.items, f.proven = sealed, items, true
	f.unlocked.refresh(sealed, plain)
	return nil
}

func encrypt(plain, passphrase []byte, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
}

// decrypt returns ErrWrongPassphrase, or ErrCorrupt for everything that no other passphrase would mend. A few damaged bytes
// of the header, those of the salt for one, look like a wrong passphrase and cannot be told from it.
func decrypt(sealed, passphrase []byte) ([]byte, error) {
	identity, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if noMatch, ok := errors.AsType[*age.NoIdentityMatchError](err); ok && slices.Equal(noMatch.StanzaTypes, []string{"scrypt"}) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(sealed)+bytes.MinRead)) // it never grows, so that all of it can be wiped
	if _, err := plain.ReadFrom(r); err != nil {
		clear(plain.Bytes())
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return plain.Bytes(), nil
}
