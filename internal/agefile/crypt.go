package agefile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"github.com/awsexec/awsexec/internal/backend"
)

func encrypt(plain, passphrase []byte, workFactor int) ([]byte, error) {
	recipient, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, err
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return sealed.Bytes(), nil
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
	r, err := age.Decrypt(bytes.NewReader(sealed), identity)
	if noMatch, ok := errors.AsType[*age.NoIdentityMatchError](err); ok && slices.Equal(noMatch.StanzaTypes, []string{"scrypt"}) {
		return nil, backend.ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	plain := bytes.NewBuffer(make([]byte, 0, len(sealed)+bytes.MinRead)) // it never grows, so that all of it can be overwritten
	if _, err := plain.ReadFrom(r); err != nil {
		clear(plain.Bytes())
		return nil, fmt.Errorf("%w: %w", backend.ErrCorrupt, err)
	}
	return plain.Bytes(), nil
}
