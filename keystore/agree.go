package keystore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// An index and its store can come to disagree: one of them is restored from a
// backup, or a process dies between two writes. A key id from such an index
// would belong to another key, and so would the sessions found by it. Therefore
//   - the index of an encrypted file holds a stamp of that file;
//   - the keyring's item of the sealing key holds the digest of the index, since
//     a call with a cached session reads no other item. The digest is removed
//     before the first change of a key and written after the last;
//   - the kernel holds the digest with the sealing key, for both kinds of store;
//   - a process without a kernel that holds the digest trusts no index file that
//     was written after it last read the keyring.
//
// An index that any of these contradicts is made again from the store before
// one of its key ids is used.

// contradicts reports whether anything that is known without reading the
// keyring or decrypting the file contradicts the index f.
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
	return ok && known.Index != f.Digest() || v.rewritten()
}

// agreeTime bounds the wait for a process that is changing the store; after
// that the store is read without the lock. A process that was stopped keeps its
// lock.
const agreeTime = time.Second

// agreed returns the index once nothing contradicts it. The entry of name is
// then right, if it has a key id.
func (s *Store) agreed(ctx context.Context, v *vault, name string) (keyindex.Content, error) {
	for range 3 {
		f, _, err := v.index.Load()
		if err != nil || !v.contradicts(f) {
			return f, err
		}
		// A process that is changing the store makes both agree before it
		// releases the lock.
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
	return keyindex.Content{}, fmt.Errorf("%w: the index keeps changing", ErrUnavailable)
}

// repair makes the index f again from the store, with an entry of name if the
// store has that key, and writes it if write is set. It does nothing, and done
// is false, if the index or the store was changed meanwhile.
func (s *Store) repair(ctx context.Context, v *vault, f keyindex.Content, name string, write bool) (fresh keyindex.Content, done bool, err error) {
	v, end := v.begin()
	defer end()
	kept, ok, err := v.readSealing(ctx)
	if err != nil {
		return f, false, err
	}
	if ok && kept.Index == f.Digest() { // only the kernel's copy was outdated
		v.holder.Put(kept)
		return f, true, nil
	}
	v.holder.Debug("index of %s: made again, since it describes something else", v.backend)
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
		was := kept
		if !ok {
			kept = sealingkey.New()
			v.holder.Forget()
		}
		kept.Index = fresh.Digest()
		if err := v.index.Save(fresh, damaged); err != nil {
			return err
		}
		kept, err = v.keep(ctx, was, kept)
		return err
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

// repairOfFile is repair for an encrypted file that has just been read. Nobody
// changes the file while its index is written; if it was changed before, it is
// read again.
func (s *Store) repairOfFile(ctx context.Context, v *vault, f keyindex.Content, write bool) (fresh keyindex.Content, done bool, err error) {
	if write {
		err = s.lockedWithin(ctx, agreeTime, v, backend.ToRead, func() error {
			_, ok, err := v.sealing(ctx)
			if err != nil {
				return err
			}
			if !ok { // what the kernel holds belongs to an earlier file
				v.holder.Forget()
			}
			now, _, err := v.index.Load()
			if err != nil {
				return err
			}
			fresh, done = v.describeFile(now) // locked writes this index before it releases the lock
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

// unwritten returns the error for an index that is right but could not be
// written because of err: nil, unless ctx has ended.
func (v *vault) unwritten(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	v.holder.Debug("index of %s: %v", v.backend, err)
	return nil
}

// survey returns the index that a keyring should have, where get reads a key. A
// keyring cannot be enumerated: survey asks for the names in f and for name.
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
		entry.AccessKeyID = c.AccessKeyID // "" for a damaged key
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

// listed returns the index to show. The key ids are "" if the index is
// contradicted and making it again would take a passphrase.
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

// recorded runs f, which changes keys and the index of a keyring. Afterwards
// the item of the sealing key has the digest of the new index, if it had that
// of the old one. If f changes keys, the item has no digest while f runs: a
// process that is killed leaves no item that fits an earlier index. The caller
// holds the lock of the store.
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
	if len(before.Keys) == 0 && !damaged && kept.Index == [32]byte{} { // a new store: nothing can disagree
		agreed = true
	}
	was := kept
	if !ok {
		kept = sealingkey.New()
	}
	if keys {
		kept.Index = [32]byte{}
		v.holder.Replace(kept)
		if kept, err = v.keep(ctx, was, kept); err != nil {
			return err
		}
		kept.Index = [32]byte{}
		was = kept
	}
	err = f()
	after, _, loadErr := v.index.Load()
	if loadErr != nil {
		return cmp.Or(err, loadErr)
	}
	if recordErr := v.record(ctx, was, kept, after.Digest(), agreed); recordErr != nil { // the next call notices and repairs it
		v.holder.Debug("index of %s: %v", v.backend, recordErr)
	}
	return err
}

// record writes kept with the digest of the index to the item of the sealing
// key, which holds was, if agreed is set. If the item holds something else by
// now, an awsexec with another directory has changed the keyring meanwhile. Then
// record removes the digest: no index is known to be right.
func (v *vault) record(ctx context.Context, was, kept kernelkey.Sealing, index [32]byte, agreed bool) error {
	now, ok, err := v.sealing(ctx)
	switch {
	case err != nil:
		return err
	case ok && now != was:
		was, kept = now, kernelkey.Sealing{Key: now.Key}
	case !agreed:
		return nil
	default:
		kept.Index = index
	}
	if kept, err = v.keep(ctx, was, kept); err == nil {
		v.holder.Replace(kept)
	}
	return err
}
