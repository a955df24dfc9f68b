package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// keystoreCmd are the commands about where keys are.
type keystoreCmd struct {
	Status     keystoreStatusCmd     `cmd:"" help:"Show which keystore is used, its state, and who can open it." heeds:"keystore,debug"`
	Init       keystoreInitCmd       `cmd:"" help:"Make the encrypted file, or change what opens it." heeds:"no-prompt,debug"`
	Migrate    keystoreMigrateCmd    `cmd:"" help:"Move keys to another keystore." heeds:"keystore,no-prompt,debug"`
	Recipients keystoreRecipientsCmd `cmd:"" help:"List, add or remove who can open the encrypted file."`
}

// openFile returns the encrypted file, whatever keystore the user chose, and what
// is known about it without opening it; found is false if there is none yet.
func openFile(sess *session.Session) (keys *keystore.Store, looks keystore.Looks, found bool, err error) {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return nil, looks, false, err
	}
	if keys, err = sess.UseFile(); err != nil {
		return nil, looks, false, err
	}
	looks, err = keystore.LookAtFile(o)
	if errors.Is(err, keystore.ErrNotFound) {
		return keys, looks, false, nil
	}
	return keys, looks, true, err
}

// recipientsIn returns the recipients that text is: one as age writes it, or those
// in the file that it names.
func recipientsIn(text string) ([]agekeys.Recipient, error) {
	r, err := agekeys.ParseRecipient(text)
	if err == nil {
		return []agekeys.Recipient{r}, nil
	}
	data, readErr := readfile.Read(text, readfile.MaxOwn)
	switch none := errors.Is(readErr, fs.ErrNotExist); {
	case none && errors.Is(err, agekeys.ErrNotRecipient): // the text is not quoted: it could be a secret
		return nil, badRecipientError{fmt.Errorf("%w, and there is no file of this name", err)}
	case none, len(text) > 300:
		return nil, badRecipientError{err}
	}
	if readErr != nil {
		return nil, badRecipientError{readErr}
	}
	all, err := agekeys.ParseRecipients(data)
	if err != nil {
		return nil, badRecipientError{fmt.Errorf("%s: %w", text, err)}
	}
	return all, nil
}

// badRecipientError is the error for a recipient that cannot be used.
type badRecipientError struct{ error }

func (e badRecipientError) Unwrap() error { return e.error }

func (e badRecipientError) Error() string { return "recipient: " + e.error.Error() }

// union returns the recipients of all and more, each once.
func union(all, more []agekeys.Recipient) []agekeys.Recipient {
	known := map[string]bool{}
	var both []agekeys.Recipient
	for _, r := range append(all[:len(all):len(all)], more...) {
		if !known[r.Text] {
			both = append(both, r)
		}
		known[r.Text] = true
	}
	return both
}

// shortRecipient returns what tells a recipient from others, in a line that a
// person reads: post-quantum ones have 2000 characters.
func shortRecipient(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return text[:most-24] + "…" + text[len(text)-16:]
}

// kindOf returns the kind of a recipient.
func kindOf(text string) string {
	r, err := agekeys.ParseRecipient(text)
	if err != nil {
		return "unknown"
	}
	return string(r.Kind)
}

// identityOf returns the absolute path of a file with identities.
func identityOf(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("identity %s: %w", path, err)
	}
	return abs, nil
}

// hasKeyring reports whether there is a keyring that auto would use in place of the
// file.
func hasKeyring(ctx context.Context, settings *session.Settings, sess *session.Session) bool {
	o, err := sess.KeystoreOptions()
	if err != nil || settings.Keystore != keystore.KindAuto {
		return false
	}
	keys, err := keystore.Open(keystore.KindAuto, o)
	if err != nil {
		return false
	}
	keys.Condition(ctx) // which settles the kind
	return keys.Kind() == keystore.KindKeyring
}
