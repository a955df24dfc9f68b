package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrNoPassphrase: the store has no passphrase that could be changed here.
var ErrNoPassphrase = errors.New("has no passphrase of awsexec's")

// ChangePassphrase encrypts the file anew, with the passphrase that ask returns. The present one is asked for and proven first; the store
// owns the bytes of both. Interrupted at any point it leaves the old file or the new one. The file is no longer unlocked afterwards.
func (s *Store) ChangePassphrase(ctx context.Context, ask func(context.Context) ([]byte, error)) error {
	v, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	f, ok := v.backend.(*fileBackend)
	if !ok {
		return fmt.Errorf("%s %w", v.backend, ErrNoPassphrase)
	}
	err = v.items.prepare(ctx, toWrite)
	if err == nil && !FileExists(Options{Dir: s.dir}) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("change the passphrase of %s: %w", f, err)
	}
	fresh, err := ask(ctx)
	defer clear(fresh)
	if err == nil && len(fresh) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return fmt.Errorf("new passphrase: %w", err)
	}
	err = s.locked(ctx, v, toWrite, func() error { return f.reseal(fresh) })
	if err != nil {
		return fmt.Errorf("change the passphrase of %s: %w", f, err)
	}
	return nil
}

// reseal writes the file anew, for another passphrase. What the kernel holds for it ends first: whoever changes a passphrase may have
// a reason to end what others can do without it.
func (f *fileBackend) reseal(passphrase []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(true, nobody)
	if err != nil {
		return err
	}
	if !found {
		return ErrNotFound
	}
	f.forget()
	if err := f.unlocked.remove(); err != nil {
		return err
	}
	if err := f.write(f.items, passphrase); err != nil {
		return err
	}
	clear(f.passphrase)
	f.passphrase = bytes.Clone(passphrase)
	return nil
}
