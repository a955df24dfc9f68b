package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// clearCmd deletes cached sessions.
type clearCmd struct {
	Name string `arg:"" complete:"profile" optional:"" help:"Name of the key or profile whose sessions to delete (default: all)."`
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
	id, owner, err := baseOf(ctx, sess, c.Name)
	if err != nil {
		return err
	}
	if err := sessions.Forget(id); err != nil {
		return err
	}
	also := ""
	switch {
	case owner == "":
		also = ", and with them all others of its sign-in"
	case owner != c.Name:
		also = fmt.Sprintf(", and with them all others of the key that they are made from, that of %q", owner)
	}
	for _, name := range sameKey(ctx, sess, id) {
		if name != c.Name && name != owner {
			also += fmt.Sprintf(", and with them those of %q, which has the same key", name)
		}
	}
	out.note("the sessions of %q are deleted%s", c.Name, also)
	return nil
}

// sameKey returns the names that the keystore's index has for the key with this id.
func sameKey(ctx context.Context, sess *session.Session, id string) (names []string) {
	keys, err := sess.Keys()
	if err != nil {
		return nil
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if e.AccessKeyID == id {
			names = append(names, e.Name)
		}
	}
	return names
}

// baseOf returns the id of the key that sessions of the profile called name are made
// from, and the profile that has it: one of the sources, for a role. For sessions of a
// sign-in it returns the base of that, and no profile.
func baseOf(ctx context.Context, sess *session.Session, name string) (id, owner string, err error) {
	id, err = sess.KeyID(ctx, name)
	if !errors.Is(err, keystore.ErrNotFound) {
		return id, name, err
	}
	p, profileErr := sess.Profile(ctx, name)
	if profileErr != nil {
		return "", "", profileErr
	}
	plan, planErr := sess.Plan(ctx, p, true)
	if planErr != nil {
		return "", "", err
	}
	for plan.From != nil {
		plan = plan.From
	}
	switch owner = plan.Profile.Name; plan.Kind {
	case provider.StoredKey:
		id, err = sess.KeyID(ctx, owner)
		return id, owner, err
	case provider.FileKey:
		return plan.Profile.Static.Credentials.AccessKeyID, owner, nil
	case provider.SSO:
		return provider.SSOBase(plan.Profile.SSO), "", nil
	case provider.Login:
		return provider.LoginBase(plan.Profile.LoginSession), "", nil
	default:
		return "", "", err
	}
}
