package keystore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// knownFor is how long the sealing key read from a keyring is taken for the one
// that is there: about as long as a call lasts. It saves reads.
const knownFor = time.Minute

// memory is the sealing key last read from a keyring.
type memory struct {
	mu    sync.Mutex
	s     kernelkey.Sealing
	at    time.Time   // the zero time means never
	index fs.FileInfo // of the index file at that time; nil if there was none
}

// known returns the sealing key if it was read from the keyring just now.
func (v *vault) known() (kernelkey.Sealing, bool) {
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	return v.memory.s, !v.memory.at.IsZero() && time.Since(v.memory.at) < knownFor
}

// learn remembers the sealing key of a keyring.
func (v *vault) learn(s kernelkey.Sealing) {
	if v.file != nil { // it remembers its content itself
		return
	}
	index, _ := os.Stat(v.index.Path)
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	v.memory.s, v.memory.at, v.memory.index = s, time.Now(), index
}

// rewritten reports whether the index file was written after the keyring was
// read, if that ever was. The file may say the same as then, and be wrong: the
// keyring may have changed, and the index have been restored.
func (v *vault) rewritten() bool {
	index, _ := os.Stat(v.index.Path)
	v.memory.mu.Lock()
	defer v.memory.mu.Unlock()
	was := v.memory.index
	if v.memory.at.IsZero() || index == nil && was == nil {
		return false
	}
	return index == nil || was == nil || !os.SameFile(index, was) || !index.ModTime().Equal(was.ModTime()) || index.Size() != was.Size()
}

// readSealing is sealing for callers that hold no lock: it asks a person where
// one is needed.
func (v *vault) readSealing(ctx context.Context) (s kernelkey.Sealing, ok bool, err error) {
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		s, ok, err = v.sealing(ctx)
		return err
	})
	return s, ok, err
}

// sealing reads the sealing key, with the digest of the index that describes
// the store; ok is false if there is no usable key.
func (v *vault) sealing(ctx context.Context) (s kernelkey.Sealing, ok bool, err error) {
	b, err := v.items.Get(ctx, keyitem.Sealing)
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

// keep writes s to its item, which holds was, and returns what the item holds
// then. That may be what another awsexec wrote at the same time: those with
// other directories, and so with other locks, can share the keyring. Its key is
// as good as that of s.
func (v *vault) keep(ctx context.Context, was, s kernelkey.Sealing) (kernelkey.Sealing, error) {
	text := sealingkey.Encode(s)
	defer clear(text)
	got, err := v.setAndRead(ctx, keyitem.Sealing, text)
	if err != nil {
		return s, err
	}
	defer clear(got)
	kept, ok := sealingkey.Decode(got)
	if !ok || kept == was && kept != s {
		return s, errDiffers
	}
	v.learn(kept)
	return kept, nil
}

// keptSealing reads the sealing key of v, and makes one if there is no usable
// key.
func (s *Store) keptSealing(ctx context.Context, v *vault) (kernelkey.Sealing, error) {
	kept, ok, err := v.readSealing(ctx)
	if err == nil && !ok {
		err = s.locked(ctx, v, backend.ToCreate, func() (err error) {
			if kept, ok, err = v.sealing(ctx); err != nil || ok {
				return err
			}
			v.holder.Forget()
			_, err = v.keep(ctx, kept, sealingkey.New())
			return err
		})
		if err == nil {
			kept, _, err = v.readSealing(ctx)
		}
	}
	if err != nil {
		return kernelkey.Sealing{}, fmt.Errorf("sealing key in %s: %w", v.backend, err)
	}
	return kept, nil
}
