package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/keystore"
)

// lookUp opens the keystore and returns the access key id that it has under name. Where there is no keyring it offers to make an encrypted
// file, for who is about to store a key; nobody gets that file without having said yes.
func lookUp(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, name string) (keys *keystore.Store, keyID string, err error) {
	keys, err = sess.Keys()
	if err == nil {
		keyID, err = keys.KeyID(ctx, name)
	}
	if !errors.Is(err, keystore.ErrUnavailable) {
		return keys, keyID, err
	}
	if offered, offerErr := offerFile(ctx, settings, sess, out, keys, err); offerErr != nil {
		return keys, "", offerErr
	} else if !offered {
		return keys, "", err
	}
	keyID, err = sess.Opened().KeyID(ctx, name)
	return sess.Opened(), keyID, err
}

// offerFile asks a person whether an encrypted file is to be the keystore, and opens it. It asks nobody where the user has chosen a
// keystore, where there is a file or a keyring already, even one that does not answer, and where there is no terminal.
func offerFile(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, keys *keystore.Store, why error) (bool, error) {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return false, err
	}
	if settings.Keystore != keystore.KindAuto || settings.NoPrompt || keystore.FileExists(o) || keys != nil && keys.Condition(ctx) != keystore.ConditionAbsent {
		return false, nil
	}
	out.Debug("keystore: %v", why)
	err = confirm(ctx, sess, fmt.Sprintf("there is no keyring on this machine; keep keys in a file encrypted with a passphrase, under %s?", o.Dir), "")
	if errors.Is(err, term.ErrNoTerminal) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = sess.UseFile()
	return err == nil, err
}
