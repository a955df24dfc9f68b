package cli

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// clearCmd deletes cached sessions.
type clearCmd struct {
	Name string `arg:"" complete:"key" optional:"" help:"Name of the key whose sessions to delete (default: all keys)."`
}

func (c *clearCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *clearCmd) Run(ctx context.Context, sess *session.Session, out *ui) error {
	sessions, err := sess.Cache()
	if err != nil {
		return err
	}
	if c.Name == "" {
		if err := sessions.ForgetAll(); err != nil {
			return err
		}
		out.note("all sessions are deleted")
		return nil
	}
	id, err := keyID(ctx, sess, c.Name)
	if err != nil {
		return err
	}
	if err := sessions.Forget(id); err != nil {
		return err
	}
	out.note("the sessions of %q are deleted", c.Name)
	return nil
}

// keyID returns the id of the key that sessions of the profile called name are
// made from.
func keyID(ctx context.Context, sess *session.Session, name string) (string, error) {
	id, err := sess.KeyID(ctx, name)
	if !errors.Is(err, keystore.ErrNotFound) {
		return id, err
	}
	p, profileErr := sess.Profile(ctx, name)
	if profileErr != nil {
		return "", profileErr
	}
	if p.Static == nil {
		return "", err
	}
	return p.Static.Credentials.AccessKeyID, nil
}
