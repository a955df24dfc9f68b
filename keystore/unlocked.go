package keystore

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"path/filepath"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ownfile"
)

// unlockedCopy is what the content of an encrypted file is read from while it is unlocked: a file beside it, sealed with AES-256-GCM under a
// random key that only the kernel has, for a bounded time. When that is over nobody can open it any more.
//
// It is bound to the encrypted file byte for byte, so that it is of no use as soon as that changes.
type unlockedCopy struct {
	path  string
	name  string // of the key that the kernel holds
	off   bool   // the kernel is to hold nothing
	debug func(format string, args ...any)
}

func newUnlockedCopy(o Options) unlockedCopy {
	return unlockedCopy{filepath.Join(o.Dir, unlockedName), unlockName(KindFile, o.Dir), o.Hold <= 0, o.debug()}
}

// unlockedMagic begins the file; its last byte is the version of the format. The sealed content follows, its nonce first.
const unlockedMagic = "awsexec-unlocked\x01"

// read returns the content of the encrypted file whose bytes are sealed; ok is false if it is not unlocked.
func (u *unlockedCopy) read(sealed []byte) (plain []byte, ok bool) {
	key, ok := u.key()
	if !ok {
		return nil, false
	}
	defer clear(key[:])
	b, err := readPrivate(u.path)
	if err != nil {
		u.debug("unlocked copy: %v", err)
		return nil, false
	}
	content, ok := bytes.CutPrefix(b, []byte(unlockedMagic))
	if !ok {
		u.debug("unlocked copy: %s is none", u.path)
		return nil, false
	}
	plain, err = newAEAD(&key).Open(nil, nil, content, copyOf(sealed))
	if err != nil {
		u.debug("unlocked copy: %s is of another file or another unlock", u.path)
	}
	return plain, err == nil
}

// refresh writes the copy of an encrypted file whose bytes are sealed and whose content is plain, if it is unlocked. Without it the
// passphrase is asked for as if it were not.
func (u *unlockedCopy) refresh(sealed, plain []byte) {
	key, ok := u.key()
	if !ok {
		return
	}
	defer clear(key[:])
	if err := u.write(&key, sealed, plain); err != nil {
		u.debug("unlocked copy: %v", err)
	}
}

// make unlocks the encrypted file for life.
func (u *unlockedCopy) make(sealed, plain []byte, life time.Duration) error {
	var key [32]byte
	rand.Read(key[:]) // never fails
	defer clear(key[:])
	if err := u.write(&key, sealed, plain); err != nil {
		return err
	}
	if err := kernelkey.Put(u.name, key[:], life); err != nil {
		return errors.Join(err, u.remove())
	}
	return nil
}

// remove ends the unlocking.
func (u *unlockedCopy) remove() error {
	err := ownfile.Dir(filepath.Dir(u.path)).Remove(filepath.Base(u.path))
	return errors.Join(kernelkey.Drop(u.name), denied(err))
}

func (u *unlockedCopy) key() (key [32]byte, ok bool) {
	if u.off {
		return key, false
	}
	secret, _, err := kernelkey.Get(u.name)
	if err != nil || len(secret) != len(key) {
		return key, false
	}
	defer clear(secret)
	return [32]byte(secret), true
}

func (u *unlockedCopy) write(key *[32]byte, sealed, plain []byte) error {
	return writePrivate(u.path, newAEAD(key).Seal([]byte(unlockedMagic), nil, plain, copyOf(sealed)))
}

// copyOf is what is authenticated with a copy: the file that it is a copy of.
func copyOf(sealed []byte) []byte {
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
		panic(err) // so is that of the block
	}
	return aead
}
