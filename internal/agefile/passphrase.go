package agefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/backend"
)

// nobody is used instead of a question when no person may be asked.
func nobody() ([]byte, error) { return nil, backend.ErrUnprepared }

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

// open decrypts the file with the known passphrase, or with the one that ask
// returns. It does not ask for the passphrase of a file that no passphrase can
// open.
func (f *File) open(sealed []byte, ask func() ([]byte, error)) ([]byte, error) {
	if _, err := age.ExtractHeader(bytes.NewReader(sealed)); err != nil {
		// The error of age would quote the file, which could be the decrypted
		// content.
		return nil, fmt.Errorf("%w: not an age file", backend.ErrCorrupt)
	}
	if f.passphrase != nil {
		plain, err := f.decrypt(sealed, f.passphrase)
		if !errors.Is(err, backend.ErrWrongPassphrase) {
			return plain, err
		}
		clear(f.passphrase)
		f.passphrase = nil
	}
	passphrase, err := ask()
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

// ChangePassphrase encrypts the file with another passphrase, after Prepare has
// checked the current one. It first ends the unlocking and calls Forget,
// because a changed passphrase should end access without it. The caller keeps
// the bytes.
func (f *File) ChangePassphrase(passphrase []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	found, err := f.load(true, nobody)
	if err != nil {
		return err
	}
	if !found {
		return backend.ErrNotFound
	}
	f.opts.Forget()
	if err := f.opts.Copy.Remove(); err != nil {
		return err
	}
	if err := f.write(f.items, passphrase); err != nil {
		return err
	}
	clear(f.passphrase)
	f.passphrase = bytes.Clone(passphrase)
	return nil
}
