package keystore

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/backend"
)

// ChangePassphrase encrypts the file again, with the passphrase that ask
// returns. It first asks for the current passphrase and checks it. The store
// owns the bytes of both. Interrupted at any point, it leaves the old file or
// the new one. Afterwards the file is not unlocked any more. If the store is
// not an encrypted file, the error wraps [ErrNoPassphrase].
func (s *Store) ChangePassphrase(ctx context.Context, ask func(context.Context) ([]byte, error)) error {
	v, end, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	if v.file == nil {
		return fmt.Errorf("%s %w", v.backend, ErrNoPassphrase)
	}
	if looks, err := v.file.Look(); err == nil && !looks.Passphrase {
		return fmt.Errorf("%s %w: it has recipients", v.file, ErrNoPassphrase)
	}
	err = v.items.Prepare(ctx, backend.ToProve)
	if err == nil && !FileExists(Options{Dir: s.dir}) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("change the passphrase of %s: %w", v.file, err)
	}
	fresh, err := ask(ctx)
	defer clear(fresh)
	if err == nil && len(fresh) == 0 {
		err = errors.New("the passphrase is empty")
	}
	if err != nil {
		return fmt.Errorf("new passphrase: %w", err)
	}
	err = s.locked(ctx, v, backend.ToProve, func() error { return v.file.SetAccess(ctx, agefile.Access{Passphrase: fresh}, false) })
	if err != nil {
		return fmt.Errorf("change the passphrase of %s: %w", v.file, err)
	}
	return nil
}
