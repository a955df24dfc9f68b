package cli

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// count returns how many recipients there will be: those in all, and the TPM.
func (c *keystoreInitCmd) count(all []agekeys.Recipient) int {
	if c.TPM {
		return len(all) + 1
	}
	return len(all)
}

// withTPM returns a with a new key of the TPM, if the user wants one.
func (c *keystoreInitCmd) withTPM(ctx context.Context, sess *session.Session, a keystore.Access) (keystore.Access, error) {
	if !c.TPM {
		return a, nil
	}
	var pin []byte
	if c.PIN {
		var err error
		if pin, err = newPIN(ctx, sess); err != nil {
			return a, err
		}
		defer clear(pin)
	}
	text, r, err := agekeys.NewTPM(ctx, sess.KeyHost(), pin)
	if err != nil {
		return a, err
	}
	a.Recipients = union([]agekeys.Recipient{r}, a.Recipients)
	a.Ways.Identities = append(a.Ways.Identities, text)
	return a, nil
}

// newPIN asks for a PIN, twice.
func newPIN(ctx context.Context, sess *session.Session) ([]byte, error) {
	first, err := sess.Person.Ask(ctx, "new PIN of the TPM key: ", true)
	if err != nil {
		return nil, unasked(err, "keystore init --pin")
	}
	second, err := sess.Person.Ask(ctx, "the same PIN again: ", true)
	switch {
	case err != nil:
		return nil, err
	case first == "":
		return nil, errors.New("the PIN is empty")
	case first != second:
		return nil, errors.New("the two PINs differ")
	}
	return []byte(first), nil
}

// addTPM lets this machine's TPM open a file that has recipients already.
func (c *keystoreInitCmd) addTPM(ctx context.Context, sess *session.Session, out *ui, keys *keystore.Store) error {
	err := keys.SetAccess(ctx, func(ctx context.Context, _ keystore.Access) (keystore.Access, error) {
		now, err := keys.Access(ctx)
		if err != nil {
			return now, err
		}
		return c.withTPM(ctx, sess, now)
	})
	if err != nil {
		return err
	}
	out.note("%s opens with this machine's TPM too", keys)
	return nil
}
