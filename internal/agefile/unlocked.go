package agefile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// UnlockedCopy is the file that is read instead of an encrypted file while that
// is unlocked. It is sealed with AES-256-GCM under a random key that only the
// kernel holds, for a limited time. After that nobody can open it.
//
// It is bound to the bytes of the encrypted file, so that it is useless as soon
// as these change.
type UnlockedCopy struct {
	Path  string
	Key   string                           // the name under which the kernel holds the key
	Off   bool                             // the kernel holds nothing, and a held key is not used
	Debug func(format string, args ...any) // receives debug messages without secrets
}

// unlockedMagic is the start of the file; its last byte is the version of the
// format. The sealed content follows, nonce first.
const unlockedMagic = "awsexec-unlocked\x01"

// Unlock makes the file readable without its passphrase or an identity for life,
// after Prepare has opened it with these.
func (f *File) Unlock(ctx context.Context, life time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(ctx, backend.ToProve, false)
	if err != nil {
		return err
	}
	if !found {
		return backend.ErrNotFound
	}
	plain, err := contentOf(f.items, f.recipients)
	if err != nil {
		return err
	}
	defer clear(plain)
	f.tidy()
	return f.opts.Copy.create(f.sealed, plain, life)
}

// Unlocked reports whether this process and others can read the file without
// its passphrase or an identity.
func (f *File) Unlocked() bool {
	sealed, err := readFile(f.opts.Path)
	if err != nil {
		return false
	}
	plain, ok := f.opts.Copy.read(sealed)
	clear(plain)
	return ok
}

// Remove ends the unlocking.
func (u *UnlockedCopy) Remove() error {
	dir, name := ownfile.Split(u.Path)
	err := dir.Remove(name)
	return cmp.Or(kernelkey.Drop(u.Key), backend.Denied(err))
}

// read returns the content of the encrypted file whose bytes are sealed. If the
// file is not unlocked, ok is false.
func (u *UnlockedCopy) read(sealed []byte) (plain []byte, ok bool) {
	key, ok := u.key()
	if !ok {
		return nil, false
	}
	defer clear(key[:])
	b, err := readFile(u.Path)
	if err != nil {
		u.Debug("unlocked copy: %v", err)
		return nil, false
	}
	content, ok := bytes.CutPrefix(b, []byte(unlockedMagic))
	if !ok {
		u.Debug("unlocked copy: %s has another format", u.Path)
		return nil, false
	}
	plain, err = newAEAD(&key).Open(nil, nil, content, additionalData(sealed))
	if err != nil {
		u.Debug("unlocked copy: %s belongs to another file or another unlock", u.Path)
	}
	return plain, err == nil
}

// refresh writes a new copy of an encrypted file whose bytes are sealed and
// whose content is plain, if the file is unlocked. If that fails, the file is
// no longer unlocked.
func (u *UnlockedCopy) refresh(sealed, plain []byte) {
	key, ok := u.key()
	if !ok {
		return
	}
	defer clear(key[:])
	if err := u.write(&key, sealed, plain); err != nil {
		u.Debug("unlocked copy: %v", err)
	}
}

// create unlocks the encrypted file for life.
func (u *UnlockedCopy) create(sealed, plain []byte, life time.Duration) error {
	var key [32]byte
	rand.Read(key[:]) // never fails
	defer clear(key[:])
	if err := u.write(&key, sealed, plain); err != nil {
		return err
	}
	if err := kernelkey.Put(u.Key, key[:], life); err != nil {
		return cmp.Or(err, u.Remove())
	}
	return nil
}

func (u *UnlockedCopy) key() (key [32]byte, ok bool) {
	if u.Off {
		return key, false
	}
	secret, _, err := kernelkey.Get(u.Key)
	if err != nil || len(secret) != len(key) {
		return key, false
	}
	defer clear(secret)
	return [32]byte(secret), true
}

func (u *UnlockedCopy) write(key *[32]byte, sealed, plain []byte) error {
	return writeFile(u.Path, newAEAD(key).Seal([]byte(unlockedMagic), nil, plain, additionalData(sealed)))
}

// additionalData returns the data that is authenticated with a copy: the
// identity of the encrypted file.
func additionalData(sealed []byte) []byte {
	sum := sha256.Sum256(sealed)
	return append([]byte(unlockedMagic), sum[:]...)
}

func newAEAD(key *[32]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the length of the key is right
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // so is the length of the block
	}
	return aead
}
