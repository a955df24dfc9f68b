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
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/sealingkey"
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
	s  kernelkey.Sealing
	at time.Time // zero for never
}

// known returns what was read from the keyring just now, if anything was.
func (v *vault) known() (kernelkey.Sealing, bool) {
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	return v.memory.s, !v.memory.at.IsZero() && time.Since(v.memory.at) < knownFor
}

func (v *vault) learn(s kernelkey.Sealing) {
	if v.file != nil { // which has its own memory
		return
	}
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	v.memory.s, v.memory.at = s, time.Now()
}

// readSealing is sealing for who holds no lock: a human is asked where one is needed.
func (v *vault) readSealing(ctx context.Context) (s kernelkey.Sealing, ok bool, err error) {
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		s, ok, err = v.sealing(ctx)
		return err
	})
	return s, ok, err
}

// sealing reads the sealing key with the digest of the index that describes the store; ok is false if there is none that can be used.
func (v *vault) sealing(ctx context.Context) (s kernelkey.Sealing, ok bool, err error) {
	b, err := v.items.Get(ctx, sealingItem)
	if errors.Is(err, ErrNotFound) {
		return s, false, nil
	}
	defer clear(b)
	if err != nil {
		return s, false, err
	}
	if s, ok = sealingkey.Decode(b); !ok {
		return s, false, nil
	}
	if v.file != nil {
		s.Index = [32]byte{}
		if f, known := v.describeFile(keyindex.Content{}); known {
			s.Index = f.Digest()
		}
	}
	v.learn(s)
	return s, true, nil
}

// keep writes s into its item.
func (v *vault) keep(ctx context.Context, s kernelkey.Sealing) error {
	text := sealingkey.Encode(s)
	defer clear(text)
	if err := v.setAndCheck(ctx, sealingItem, text); err != nil {
		return err
	}
	v.learn(s)
	return nil
}

// contradicts reports whether something that can be had without reading the keyring or decrypting the file says other than the index f.
func (v *vault) contradicts(f keyindex.Content) bool {
	if v.file != nil {
		if stamp, err := v.file.Stamp(); err == nil && stamp != f.Store {
			return true
		}
		if real, opened := v.describeFile(f); opened && real.Digest() != f.Digest() {
			return true
		}
	}
	if held, _, ok := v.holder.Get(); ok {
		return held.Index != f.Digest()
	}
	known, ok := v.known()
	return ok && known.Index != f.Digest()
}

// agreeTime bounds the wait for whoever is changing the store, before the store is read without waiting: a process that was
// stopped keeps its lock.
const agreeTime = time.Second

// agreed returns the index as soon as nothing contradicts it. The entry of name is then right, if it has a key id.
func (s *Store) agreed(ctx context.Context, v *vault, name string) (keyindex.Content, error) {
	for range 3 {
		f, _, err := v.index.Load()
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
		if f, _, err = v.index.Load(); err != nil || !v.contradicts(f) {
			return f, err
		}
		if fresh, done, err := s.repair(ctx, v, f, name, !busy); done || err != nil {
			return fresh, err
		}
	}
	return keyindex.Content{}, fmt.Errorf("%w: it is changed again and again", ErrUnavailable)
}

// repair makes the index f anew from the store, with an entry of name if that has a key, and writes it down if write is set.
// It is not done if the index or the store was changed meanwhile.
func (s *Store) repair(ctx context.Context, v *vault, f keyindex.Content, name string, write bool) (fresh keyindex.Content, done bool, err error) {
	v, end := v.begin()
	defer end()
	kept, ok, err := v.readSealing(ctx)
	if err != nil {
		return f, false, err
	}
	if ok && kept.Index == f.Digest() { // only what the kernel held was out of date
		v.holder.Put(kept)
		return f, true, nil
	}
	v.holder.Debug("index of %s: made anew, since it describes something else", v.backend)
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
		now, damaged, err := v.index.Load()
		if err != nil {
			return err
		}
		if done = now.Digest() == f.Digest(); !done {
			return nil
		}
		if !ok {
			kept = sealingkey.New()
			v.holder.Forget()
		}
		kept.Index = fresh.Digest()
		if err := v.index.Save(fresh, damaged); err != nil {
			return err
		}
		return v.keep(ctx, kept)
	})
	if err != nil {
		return fresh, true, v.unwritten(ctx, err)
	}
	if done && ok {
		kept.Index = fresh.Digest()
		v.learn(kept)
		v.holder.Put(kept)
	}
	return fresh, done, nil
}

// repairOfFile is repair for an encrypted file, which has been read just now. Nobody changes the file while its index is
// written, so it is read again if it was changed before that.
func (s *Store) repairOfFile(ctx context.Context, v *vault, f keyindex.Content, write bool) (fresh keyindex.Content, done bool, err error) {
	if write {
		err = s.lockedWithin(ctx, agreeTime, v, backend.ToRead, func() error {
			_, ok, err := v.sealing(ctx)
			if err != nil {
				return err
			}
			if !ok { // what the kernel holds is of an earlier file
				v.holder.Forget()
			}
			now, _, err := v.index.Load()
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
	v.holder.Debug("index of %s: %v", v.backend, err)
	return nil
}

// survey returns the index that a keyring should have, where get reads a key. The keyring is asked for the names in f and for name: it cannot be
// enumerated.
func (v *vault) survey(ctx context.Context, get func(context.Context, string) (aws.Credentials, error), f keyindex.Content, name string) (keyindex.Content, error) {
	fresh := keyindex.New("")
	add := func(name string, entry keyindex.Key) error {
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
		if err := add(name, keyindex.Key{Added: keyindex.Now()}); err != nil {
			return f, err
		}
	}
	return fresh, nil
}

// listed returns the index for showing it: without the key ids if it is contradicted and making it anew would take a passphrase.
func (s *Store) listed(ctx context.Context, v *vault) (keyindex.Content, error) {
	f, _, err := v.index.Load()
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
	before, damaged, err := v.index.Load()
	if err != nil {
		return err
	}
	kept, ok, err := v.sealing(ctx)
	if err != nil {
		return err
	}
	agreed := ok && kept.Index == before.Digest()
	if len(before.Keys) == 0 && !damaged && kept.Index == [32]byte{} { // a new store: there is nothing to disagree about
		agreed = true
	}
	if keys {
		if !ok {
			kept = sealingkey.New()
		}
		kept.Index = [32]byte{}
		v.holder.Replace(kept)
		if err := v.keep(ctx, kept); err != nil {
			return err
		}
	}
	err = f()
	if !agreed {
		return err
	}
	after, _, loadErr := v.index.Load()
	if loadErr != nil {
		return errors.Join(err, loadErr)
	}
	kept.Index = after.Digest()
	if keepErr := v.keep(ctx, kept); keepErr != nil { // it is found out and repaired by the next call
		v.holder.Debug("index of %s: %v", v.backend, keepErr)
		return err
	}
	v.holder.Replace(kept)
	return err
}

// describe writes an index of the encrypted file that says what is in the file, if its content is known here. The caller
// holds the lock of the store.
func (v *vault) describe() {
	if v.file == nil {
		return
	}
	old, damaged, err := v.index.Load()
	if err != nil {
		return
	}
	items, stamp, known := v.file.Known()
	if !known {
		return
	}
	fresh := indexOf(items, stamp, old)
	if !fresh.Equal(old) {
		if err := v.index.Save(fresh, damaged); err != nil {
			v.holder.Debug("index of %s: %v", v.file, err)
		}
	}
	if s, ok := sealingkey.Decode(items[sealingItem]); ok {
		v.holder.Replace(kernelkey.Sealing{Key: s.Key, Index: fresh.Digest()})
	}
}

// describeFile returns the index that the encrypted file should have; known is false if its content is not known here. Only
// the times are taken from old.
func (v *vault) describeFile(old keyindex.Content) (fresh keyindex.Content, known bool) {
	items, stamp, known := v.file.Known()
	if !known {
		return fresh, false
	}
	return indexOf(items, stamp, old), true
}

// indexOf returns the index of an encrypted file with these items and this stamp. Only the times are taken from old.
func indexOf(items map[backend.Item][]byte, stamp string, old keyindex.Content) keyindex.Content {
	fresh := keyindex.New(stamp)
	for it, secret := range items {
		if it != keyItem(it.Name) {
			continue
		}
		entry, listed := old.Keys[it.Name]
		if !listed {
			entry.Added = keyindex.Now()
		}
		c, _ := decodeValue(secret)
		entry.AccessKeyID = c.AccessKeyID // "" for a damaged key
		_, entry.Rotating = items[rotationItem(it.Name)]
		fresh.Keys[it.Name] = entry
	}
	return fresh
}
