package cli

import (
	"context"

	"github.com/awsexec/awsexec/internal/session"
)

// passphraseCmd changes the passphrase of the encrypted file.
type passphraseCmd struct{}

func (*passphraseCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := a.session.Keys()
	if err != nil {
		return err
	}
	if err := a.hasFile(ctx, keys); err != nil {
		return err
	}
	err = a.rightPassphrase(func() error { return keys.ChangePassphrase(ctx, a.newPassphrase) })
	if err != nil {
		return err
	}
	a.ui.note("the passphrase of %s is changed; copies of the file from before still open with the old one", keys)
	return nil
}

// newPassphrase gets the passphrase that is to replace another, from AWSEXEC_NEW_PASSPHRASE or from a person at the terminal.
func (a *app) newPassphrase(ctx context.Context) ([]byte, error) {
	if p := a.env("AWSEXEC_NEW_PASSPHRASE"); p != "" {
		return []byte(p), nil
	}
	p, err := a.session.Person.NewPassphrase(ctx)
	return p, unasked(err, "set AWSEXEC_NEW_PASSPHRASE, or run it on a terminal: awsexec passphrase")
}
