package keystore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/flock"
)

// An index and its store can come to disagree: one of them is restored from a backup, or a process dies between two writes. A key id of such
// an index would be another key's, and with it the sessions. Therefore
//   - the index of an encrypted file holds a stamp of that file;
//   - the keyring's item of the sealing key holds the digest of the index, since a call with a cached session reads no other item. It is
//     unknown from before the first change of a key until after the last;
//   - the kernel holds the digest with the sealing key, for both kinds of store.
//
// An index that is contradicted by any of these is made anew from the store before a key id of it is used.

// knownFor is how long what was read from a keyring is taken for what is there: about as long as a call lasts. It saves reads.
const knownFor = time.Minute

// memory is what was last read from a keyring.
type memory struct {
	mu sync.Mutex
	s  sealing
	at time.Time // zero for never
}

// known returns what was read from the keyring just now, if anything was.
func (v *vault) known() (sealing, bool) {
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	return v.memory.s, !v.memory.at.IsZero() && time.Since(v.memory.at) < knownFor
}

func (v *vault) learn(s sealing) {
	if v.file != nil { // which has its own memory
		return
	}
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	v.memory.s, v.memory.at = s, time.Now()
}

// readSealing is sealing for who holds no lock: a human is asked where one is needed.
func (v *vault) readSealing(ctx context.Context) (s sealing, ok bool, err error) {
	err = v.prepared(ctx, toRead, func() (err error) {
		s, ok, err = v.sealing(ctx)
		return err
	})
	return s, ok, err
}

// sealing reads the sealing key with the digest of the index that describes the store; ok is false if there is none that can be used.
func (v *vault) sealing(ctx context.Context) (s sealing, ok bool, err error) {
	b, err := v.items.get(ctx, sealingItem)
	if errors.Is(err, ErrNotFound) {
		return s, false, nil
	}
	defer clear(b)
	if err != nil {
		return s, false, err
	}
	if s, ok = decodeSealing(b); !ok {
		return s, false, nil
	}
	if v.file != nil {
		s.Index = [32]byte{}
		if f, opened := v.file.describe(indexFile{}); opened {
			s.Index = f.digest()
		}
	}
	v.learn(s)
	return s, true, nil
}

// keep writes s into its item.
func (v *vault) keep(ctx context.Context, s sealing) error {
	text := encodeSealing(s)
	defer clear(text)
	if err := v.setAndCheck(ctx, sealingItem, text); err != nil {
		return err
	}
	v.learn(s)
	return nil
}

// contradicts reports whether something that can be had without reading the keyring or decrypting the file says other than the index f.
func (v *vault) contradicts(f indexFile) bool {
	if v.file != nil {
		if stamp, err := v.file.stamp(); err == nil && stamp != f.Store {
			return true
		}
		if real, opened := v.file.describe(f); opened && real.digest() != f.digest() {
			return true
		}
	}
	if held, _, ok := v.holder.get(); ok {
		return held.Index != f.digest()
	}
	known, ok := v.known()
	return ok && known.Index != f.digest()
}

// agreed returns the index as soon as nothing contradicts it. The entry of name is then right, if it has a key id.
func (s *Store) agreed(ctx context.Context, v *vault, name string) (indexFile, error) {
	for range 3 {
		f, _, err := v.index.load()
		if err != nil || !v.contradicts(f) {
			return f, err
		}
		// Whoever is changing the store just now makes both agree before the lock is free.
		release, err := flock.Lock(ctx, filepath.Join(s.dir, lockName))
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			return f, err
		}
		if err == nil {
			release()
		}
		if f, _, err = v.index.load(); err != nil || !v.contradicts(f) {
			return f, err
		}
		if fresh, done, err := s.repair(ctx, v, f, name); done || err != nil {
			return fresh, err
		}
	}
	return indexFile{}, fmt.Errorf("%w: it is changed again and again", ErrUnavailable)
}

// repair makes the index f anew from the store, with an entry of name if that has a key. It is not done if the index was changed meanwhile.
func (s *Store) repair(ctx context.Context, v *vault, f indexFile, name string) (fresh indexFile, done bool, err error) {
	v, end := v.begin()
	defer end()
	kept, ok, err := v.readSealing(ctx)
	if err != nil {
		return f, false, err
	}
	if ok && kept.Index == f.digest() { // only what the kernel held was out of date
		v.holder.put(kept)
		return f, true, nil
	}
	v.holder.debug("index of %s: made anew, since it describes something else", v.backend)
	if fresh, err = v.survey(ctx, v.read, f, name); err != nil {
		return f, false, err
	}
	n := toCreate
	if v.file != nil {
		n = toRead // of the file only the index is written
	}
	err = s.locked(ctx, v, n, func() error {
		now, damaged, err := v.index.load()
		if err != nil {
			return err
		}
		if v.file != nil {
			fresh, done = v.file.describe(now) // whoever holds the lock leaves the index so
			return nil
		}
		if done = now.digest() == f.digest(); !done {
			return nil
		}
		if !ok {
			kept = newSealing()
			v.holder.forget()
		}
		kept.Index = fresh.digest()
		if err := v.index.save(fresh, damaged); err != nil {
			return err
		}
		return v.keep(ctx, kept)
	})
	if err != nil { // it cannot be written down, and is right all the same
		v.holder.debug("index of %s: %v", v.backend, err)
		if ctx.Err() != nil {
			return f, false, err
		}
		done = true
	}
	if done && ok {
		kept.Index = fresh.digest()
		v.learn(kept)
		v.holder.put(kept)
	}
	return fresh, done, nil
}

// survey returns the index that the store should have, where get reads a key. A keyring is asked for the names in f and for name: it cannot be
// enumerated.
func (v *vault) survey(ctx context.Context, get func(context.Context, string) (aws.Credentials, error), f indexFile, name string) (indexFile, error) {
	if v.file != nil {
		fresh, opened := v.file.describe(f)
		if !opened {
			return f, fmt.Errorf("%w: it was changed while it was read", ErrUnavailable)
		}
		return fresh, nil
	}
	fresh := indexFile{Version: indexVersion, Keys: map[string]indexKey{}}
	add := func(name string, entry indexKey) error {
		c, err := get(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil
		case err != nil && !errors.Is(err, ErrCorrupt):
			return err
		}
		entry.AccessKeyID = c.AccessKeyID // "" for what is damaged
		fresh.Keys[name] = entry
		return nil
	}
	for name, entry := range f.Keys {
		if err := CheckName(name); err != nil {
			continue
		}
		if err := add(name, entry); err != nil {
			return f, err
		}
	}
	if _, listed := f.Keys[name]; !listed {
		if err := add(name, indexKey{Added: now()}); err != nil {
			return f, err
		}
	}
	return fresh, nil
}

// listed returns the index for showing it: without the key ids if it is contradicted and making it anew would take a passphrase.
func (s *Store) listed(ctx context.Context, v *vault) (indexFile, error) {
	f, _, err := v.index.load()
	if err != nil || !v.contradicts(f) {
		return f, err
	}
	if v.file == nil || v.file.open() {
		if fresh, err := s.agreed(ctx, v, ""); err == nil {
			return fresh, nil
		}
	}
	for name, entry := range f.Keys {
		entry.AccessKeyID = ""
		f.Keys[name] = entry
	}
	return f, nil
}

// recorded runs f, which changes keys and the index of a keyring, so that afterwards the item of the sealing key has the digest of that index,
// if it had it before. The item says nothing of an index meanwhile if f changes keys, so that whoever is killed leaves no item that
// fits an index of before. The caller holds the lock of the store.
func (v *vault) recorded(ctx context.Context, keys bool, f func() error) error {
	if v.file != nil {
		return f()
	}
	before, damaged, err := v.index.load()
	if err != nil {
		return err
	}
	kept, ok, err := v.sealing(ctx)
	if err != nil {
		return err
	}
	agreed := ok && kept.Index == before.digest()
	if len(before.Keys) == 0 && !damaged && kept.Index == [32]byte{} { // a new store: there is nothing to disagree about
		agreed = true
	}
	if keys {
		if !ok {
			kept = newSealing()
		}
		kept.Index = [32]byte{}
		v.holder.replace(kept)
		if err := v.keep(ctx, kept); err != nil {
			return err
		}
	}
	err = f()
	if !agreed {
		return err
	}
	after, _, loadErr := v.index.load()
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	kept.Index = after.digest()
	if keepErr := v.keep(ctx, kept); keepErr != nil { // it is found out and repaired by the next call
		v.holder.debug("index of %s: %v", v.backend, keepErr)
		return err
	}
	v.holder.replace(kept)
	return err
}

// describe makes the index of an encrypted file say what is in that, if its content is known here. The caller holds the lock of the store.
func (v *vault) describe() {
	if v.file == nil {
		return
	}
	old, damaged, err := v.index.load()
	if err != nil {
		return
	}
	fresh, opened := v.file.describe(old)
	if !opened {
		return
	}
	if !fresh.equal(old) {
		if err := v.index.save(fresh, damaged); err != nil {
			v.holder.debug("index of %s: %v", v.file, err)
		}
	}
	if key, ok := v.file.sealingKey(); ok {
		v.holder.replace(sealing{Key: key, Index: fresh.digest()})
	}
}

// stamp identifies the file as it is, byte for byte. It is "" for no file.
func (f *fileBackend) stamp() (string, error) {
	sealed, err := readPrivate(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return stampOf(sealed), err
}

func stampOf(sealed []byte) string {
	sum := sha256.Sum256(sealed)
	return hex.EncodeToString(sum[:])
}

// open reads the file if that takes no passphrase, and reports whether its content is known.
func (f *fileBackend) open() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readPrivate(f.path)
	if err != nil {
		return false
	}
	if f.items != nil && bytes.Equal(sealed, f.sealed) {
		return true
	}
	plain, unlocked := f.unlocked.read(sealed)
	return unlocked && f.take(sealed, plain, false) == nil
}

// describe returns the index that the file should have; opened is false if its content is not known here. Of old only the times are taken.
func (f *fileBackend) describe(old indexFile) (fresh indexFile, opened bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sealed, err := readPrivate(f.path)
	if err != nil || f.items == nil || !bytes.Equal(sealed, f.sealed) {
		return fresh, false
	}
	fresh = indexFile{Version: indexVersion, Store: stampOf(sealed), Keys: map[string]indexKey{}}
	for key, secret := range f.items {
		name, ok := strings.CutPrefix(key, keyItem("").key())
		if !ok {
			continue
		}
		entry, listed := old.Keys[name]
		if !listed {
			entry.Added = now()
		}
		c, _ := decodeValue(secret)
		entry.AccessKeyID = c.AccessKeyID // "" for what is damaged
		_, entry.Rotating = f.items[rotationItem(name).key()]
		fresh.Keys[name] = entry
	}
	return fresh, true
}

// sealingKey returns the sealing key in the file, whose content is known.
func (f *fileBackend) sealingKey() ([32]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := decodeSealing(f.items[sealingItem.key()])
	return s.Key, ok
}
