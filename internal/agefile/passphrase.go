package agefile

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/backend"
)

// ask asks for the passphrase.
func (f *File) ask(ctx context.Context, create bool) ([]byte, error) {
	if f.opts.Passphrase == nil {
		return nil, fmt.Errorf("%w: no passphrase given", backend.ErrLocked)
	}
	passphrase, err := f.opts.Passphrase(ctx, create)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: passphrase: %w", backend.ErrLocked, err)
	case len(passphrase) == 0:
		return nil, fmt.Errorf("%w: the passphrase is empty", backend.ErrLocked)
	}
	return passphrase, nil
}

// openWithPassphrase decrypts the file with the known passphrase, or with the one
// that a person gives.
func (f *File) openWithPassphrase(ctx context.Context, sealed []byte, ask bool) ([]byte, error) {
	if f.passphrase != nil {
		plain, err := f.decrypt(sealed, f.passphrase)
		if !errors.Is(err, backend.ErrWrongPassphrase) {
			return plain, err
		}
		clear(f.passphrase)
		f.passphrase = nil
	}
	if !ask {
		return nil, backend.ErrUnprepared
	}
	passphrase, err := f.ask(ctx, false)
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

func (f *File) decrypt(sealed, passphrase []byte) ([]byte, error) {
	f.opts.Debug("scrypt: decrypting %s", f.opts.Path)
	return decrypt(sealed, passphrase)
}
