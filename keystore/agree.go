package keystore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
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
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		s, ok, err = v.sealing(ctx)
		return err
	})
	return s, ok, err
}

// sealing reads the sealing key with the digest of the index that describes the store; ok is false if there is none that can be used.
func (v *vault) sealing(ctx context.Context) (s sealing, ok bool, err error) {
	b, err := v.items.Get(ctx, sealingItem)
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
		if f, known := v.describeFile(indexFile{}); known {
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
		if stamp, err := v.file.Stamp(); err == nil && stamp != f.Store {
			return true
		}
		if real, opened := v.describeFile(f); opened && real.digest() != f.digest() {
			return true
		}
	}
	if held, _, ok := v.holder.get(); ok {
		return held.Index != f.digest()
	}
	known, ok := v.known()
	return ok && known.Index != f.digest()
}

// agreeTime bounds the wait for whoever is changing the store, before the store is read without waiting: a process that was
// stopped keeps its lock.
const agreeTime = time.Second

// agreed returns the index as soon as nothing contradicts it. The entry of name is then right, if it has a key id.
func (s *Store) agreed(ctx context.Context, v *vault, name string) (indexFile, error) {
	for range 3 {
		f, _, err := v.index.load()
		if err != nil || !v.contradicts(f) {
			return f, err
		}
		// Whoever is changing the store just now makes both agree before the lock is free.
		release, err := s.lockStore(ctx, agreeTime)
		busy := errors.Is(err, errBusy)
		if err != nil && !busy && !errors.Is(err, fs.ErrPermission) {
			return f, err
		}
		if err == nil {
			release()
		}
		if f, _, err = v.index.load(); err != nil || !v.contradicts(f) {
			return f, err
		}
		if fresh, done, err := s.repair(ctx, v, f, name, !busy); done || err != nil {
			return fresh, err
		}
	}
	return indexFile{}, fmt.Errorf("%w: it is changed again and again", ErrUnavailable)
}

// repair makes the index f anew from the store, with an entry of name if that has a key, and writes it down if write is set.
// It is not done if the index or the store was changed meanwhile.
func (s *Store) repair(ctx context.Context, v *vault, f indexFile, name string, write bool) (fresh indexFile, done bool, err error) {
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
	if v.file != nil {
		return s.repairOfFile(ctx, v, f, write)
	}
	if fresh, err = v.survey(ctx, v.read, f, name); err != nil {
		return f, false, err
	}
	if !write {
		return fresh, true, nil
	}
	err = s.lockedWithin(ctx, agreeTime, v, backend.ToCreate, func() error {
		now, damaged, err := v.index.load()
		if err != nil {
			return err
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
	if err != nil {
		return fresh, true, v.unwritten(ctx, err)
	}
	if done && ok {
		kept.Index = fresh.digest()
		v.learn(kept)
		v.holder.put(kept)
	}
	return fresh, done, nil
}

// repairOfFile is repair for an encrypted file, which has been read just now. Nobody changes the file while its index is
// written, so it is read again if it was changed before that.
func (s *Store) repairOfFile(ctx context.Context, v *vault, f indexFile, write bool) (fresh indexFile, done bool, err error) {
	if write {
		err = s.lockedWithin(ctx, agreeTime, v, backend.ToRead, func() error {
			_, ok, err := v.sealing(ctx)
			if err != nil {
				return err
			}
			if !ok { // what the kernel holds is of an earlier file
				v.holder.forget()
			}
			now, _, err := v.index.load()
			if err != nil {
				return err
			}
			fresh, done = v.describeFile(now) // whoever holds the lock leaves the index so
			return nil
		})
		if done && err == nil {
			return fresh, true, nil
		}
		if err := v.unwritten(ctx, err); err != nil {
			return f, false, err
		}
	}
	fresh, done = v.describeFile(f)
	return fresh, done, nil
}

// unwritten returns the error of an index that is right but could not be written down because of err: none, unless ctx has
// ended.
func (v *vault) unwritten(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	v.holder.debug("index of %s: %v", v.backend, err)
	return nil
}

// survey returns the index that a keyring should have, where get reads a key. The keyring is asked for the names in f and for name: it cannot be
// enumerated.
func (v *vault) survey(ctx context.Context, get func(context.Context, string) (aws.Credentials, error), f indexFile, name string) (indexFile, error) {
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
	if v.file == nil || v.file.Open() {
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

// describe writes an index of the encrypted file that says what is in the file, if its content is known here. The caller
// holds the lock of the store.
func (v *vault) describe() {
	if v.file == nil {
		return
	}
	old, damaged, err := v.index.load()
	if err != nil {
		return
	}
	items, stamp, known := v.file.Known()
	if !known {
		return
	}
	fresh := indexOf(items, stamp, old)
	if !fresh.equal(old) {
		if err := v.index.save(fresh, damaged); err != nil {
			v.holder.debug("index of %s: %v", v.file, err)
		}
	}
	if s, ok := decodeSealing(items[sealingItem]); ok {
		v.holder.replace(sealing{Key: s.Key, Index: fresh.digest()})
	}
}

// describeFile returns the index that the encrypted file should have; known is false if its content is not known here. Only
// the times are taken from old.
func (v *vault) describeFile(old indexFile) (fresh indexFile, known bool) {
	items, stamp, known := v.file.Known()
	if !known {
		return fresh, false
	}
	return indexOf(items, stamp, old), true
}

// indexOf returns the index of an encrypted file with these items and this stamp. Only the times are taken from old.
func indexOf(items map[backend.Item][]byte, stamp string, old indexFile) indexFile {
	fresh := indexFile{Version: indexVersion, Store: stamp, Keys: map[string]indexKey{}}
	for it, secret := range items {
		if it != keyItem(it.Name) {
			continue
		}
		entry, listed := old.Keys[it.Name]
		if !listed {
			entry.Added = now()
		}
		c, _ := decodeValue(secret)
		entry.AccessKeyID = c.AccessKeyID // "" for a damaged key
		_, entry.Rotating = items[rotationItem(it.Name)]
		fresh.Keys[it.Name] = entry
	}
	return fresh
}
