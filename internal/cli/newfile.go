package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/keystore"
)

// lookUp opens the keystore and returns the access key id that it has under name.
func lookUp(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, name string) (keyID string, err error) {
	err = orOffered(ctx, settings, sess, out, func() error {
		keys, err := sess.Keys()
		if err == nil {
			keyID, err = keys.KeyID(ctx, name)
		}
		return err
	})
	return keyID, err
}

// readyToSeal gets the key that tokens are sealed with, before somebody signs in.
func readyToSeal(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	return rightPassphrase(settings, out, func() error {
		return orOffered(ctx, settings, sess, out, func() error {
			sealed, err := sess.Cache()
			if err == nil {
				_, err = sealed.SealingKey(ctx)
			}
			return err
		})
	})
}

// orOffered calls use, which uses the keystore to keep something. Where there is no
// keyring it offers to create an encrypted file, and calls use again; nobody gets that
// file without having said yes.
func orOffered(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, use func() error) error {
	err := use()
	if !errors.Is(err, keystore.ErrUnavailable) || settings.NoPrompt || settings.Keystore != keystore.KindAuto {
		return err
	}
	if keys, openErr := sess.Keys(); openErr == nil && keys.Condition(ctx) != keystore.ConditionAbsent { // it does not answer
		return err
	}
	out.Debug("keystore: %v", err)
	switch offerErr := offerFile(ctx, sess, out); {
	case errors.Is(offerErr, errNoOffer):
		return err
	case offerErr != nil:
		return offerErr
	}
	return use()
}

// errNoOffer says that nobody was asked.
var errNoOffer = errors.New("no encrypted file was offered")

// offerFile asks a person whether to keep keys in an encrypted file, and opens
// it. The error is errNoOffer if there is a file or no terminal.
func offerFile(ctx context.Context, sess *session.Session, out *ui) error {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return err
	}
	if keystore.FileExists(o) {
		return errNoOffer
	}
	err = sess.Person.Confirm(ctx, fmt.Sprintf("there is no keyring on this machine; keep keys in a file encrypted with a passphrase, under %s?", out.tildeOn(true, o.Dir)))
	if errors.Is(err, term.ErrNoTerminal) {
		return errNoOffer
	}
	if err != nil {
		return err
	}
	_, err = sess.UseFile()
	return err
}
