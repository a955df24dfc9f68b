package agefile

import (
	"context"
	"errors"
	"slices"
	"time"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/backend"
)

func encrypt(plain, passphrase []byte, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	return agekeys.Seal(plain, recipient)
}

// decrypt returns ErrWrongPassphrase, or ErrCorrupt if no other passphrase
// would help. Damage to a few bytes of the header, such as the salt, is
// indistinguishable from a wrong passphrase.
func decrypt(sealed, passphrase []byte) ([]byte, error) {
	identity, err := age.NewScryptIdentity(string(passphrase))
	if err != nil {
		return nil, err
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	plain, err := agekeys.Open(sealed, identity)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return nil, backend.ErrWrongPassphrase
	}
	return plain, err
}

// scryptStanza is the type of the stanza of a passphrase.
const scryptStanza = "scrypt"

// hasPassphrase reports whether an age file is opened with a passphrase. One that
// cannot be read is not.
func hasPassphrase(sealed []byte) bool {
	types, err := agekeys.Stanzas(sealed)
	return err == nil && slices.Equal(types, []string{scryptStanza})
}

// sealLimit bounds the time in which plugins encrypt. Others wait for the lock
// meanwhile.
const sealLimit = 10 * time.Second

// sealTo encrypts plain to recipients. Encrypting needs no person.
func sealTo(ctx context.Context, h agekeys.Host, plain []byte, to []agekeys.Recipient) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, sealLimit)
	defer cancel()
	h.Ask = nil
	return agekeys.Encrypt(ctx, h, plain, to)
}
