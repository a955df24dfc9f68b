package cli

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/internal/session"
)

// passphraseCmd changes the passphrase of the encrypted file.
type passphraseCmd struct{}

func (*passphraseCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	if err := hasFile(ctx, keys); err != nil {
		return err
	}
	err = rightPassphrase(settings, out, func() error {
		return keys.ChangePassphrase(ctx, func(ctx context.Context) ([]byte, error) { return newPassphrase(ctx, settings, sess) })
	})
	if err != nil {
		return err
	}
	out.note("the passphrase of %s is changed; copies of the file from before still open with the old one", keys)
	return nil
}

// newPassphrase returns the passphrase that replaces the old one, from
// AWSEXEC_NEW_PASSPHRASE or from the person at the terminal.
func newPassphrase(ctx context.Context, settings *session.Settings, sess *session.Session) ([]byte, error) {
	if p := settings.Env("AWSEXEC_NEW_PASSPHRASE"); p != "" {
		if err := session.CheckPassphrase([]byte(p)); err != nil {
			return nil, fmt.Errorf("AWSEXEC_NEW_PASSPHRASE: %w", err)
		}
		return []byte(p), nil
	}
	p, err := sess.Person.NewPassphrase(ctx)
	return p, unasked(err, "passphrase")
}
