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
// Where there is no keyring it offers to create an encrypted file, for somebody
// who is about to store a key; nobody gets that file without having said yes.
func lookUp(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, name string) (keyID string, err error) {
	keys, err := sess.Keys()
	if err == nil {
		keyID, err = keys.KeyID(ctx, name)
	}
	if !errors.Is(err, keystore.ErrUnavailable) || settings.NoPrompt || settings.Keystore != keystore.KindAuto {
		return keyID, err
	}
	if isMoved(sess) {
		return "", err
	}
	if keys != nil && keys.Condition(ctx) != keystore.ConditionAbsent { // it does not answer
		return "", err
	}
	out.Debug("keystore: %v", err)
	switch offerErr := offerFile(ctx, sess); {
	case errors.Is(offerErr, errNoOffer):
		return "", err
	case offerErr != nil:
		return "", offerErr
	}
	return sess.Opened().KeyID(ctx, name)
}

// isMoved reports whether the user has moved the keys to a store, which may not
// be replaced by another one.
func isMoved(sess *session.Session) bool {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return true
	}
	chosen, err := o.Chosen()
	return err != nil || chosen.Kind != ""
}

// errNoOffer says that nobody was asked.
var errNoOffer = errors.New("no encrypted file was offered")

// offerFile asks a person whether to keep keys in an encrypted file, and opens
// it. The error is errNoOffer if there is a file or no terminal.
func offerFile(ctx context.Context, sess *session.Session) error {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return err
	}
	if keystore.FileExists(o) {
		return errNoOffer
	}
	err = sess.Person.Confirm(ctx, fmt.Sprintf("there is no keyring on this machine; keep keys in a file encrypted with a passphrase, under %s?", o.Dir))
	if errors.Is(err, term.ErrNoTerminal) {
		return errNoOffer
	}
	if err != nil {
		return err
	}
	_, err = sess.UseFile()
	return err
}
