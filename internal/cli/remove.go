package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// removeCmd removes a stored key.
type removeCmd struct {
	Name string `arg:"" help:"Name of the key."`
	Yes  bool   `short:"y" help:"Do not ask."`
}

func (c *removeCmd) about() string { return c.Name }

func (c *removeCmd) Run(ctx context.Context, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	id, err := keys.KeyID(ctx, c.Name)
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := confirm(ctx, sess, fmt.Sprintf("remove key %s (%q) from %s?", visible.KeyID(id), c.Name, keys),
			"to do it without being asked: awsexec remove "+quoteWord(c.Name)+" --yes"); err != nil {
			return err
		}
	}
	release, err := keyLocks{keys, timing.lockPatience}.LockKey(ctx, c.Name)
	if err != nil {
		return err
	}
	defer release()
	switch now, err := keys.KeyID(ctx, c.Name); {
	case err != nil:
		return err
	case now != id:
		return fmt.Errorf("key %q is another one by now (%s), and was not removed", c.Name, visible.KeyID(now))
	}
	journal, err := rotate.Unfinished(ctx, keys, c.Name)
	if err != nil {
		return err
	}
	forget(sess, out, id) // before, so that none is left if this is interrupted, and after, for those that others make meanwhile
	if err := keys.Delete(ctx, c.Name); err != nil {
		return err
	}
	forget(sess, out, id)
	out.note("key %s (%q) is removed; at AWS it is still active", visible.KeyID(id), c.Name)
	out.warnOfRemains(rotate.RemainsOf(journal, id))
	if config, err := sess.Config(); err == nil {
		if p, err := config.Profile(c.Name); err == nil && p.IsSelf {
			out.advise(fmt.Sprintf("profile %q still asks awsexec for it: %s", c.Name, p.Origin["credential_process"]))
		}
	}
	return nil
}

// forget removes the sessions made from a long-term key. That they cannot be removed is no reason to undo what was done to the key.
func forget(sess *session.Session, out *ui, keyID string) {
	sessions, err := sess.Cache()
	if err == nil {
		err = sessions.Forget(keyID)
	}
	if err != nil {
		out.warn(fmt.Errorf("sessions of key %s: %w", visible.KeyID(keyID), err), "")
	}
}

// clearCmd forgets sessions.
type clearCmd struct {
	Name string `arg:"" optional:"" help:"Name of the key whose sessions to forget; all keys' if there is none."`
}

func (c *clearCmd) about() string { return c.Name }

func (c *clearCmd) Run(ctx context.Context, sess *session.Session, out *ui) error {
	sessions, err := sess.Cache()
	if err != nil {
		return err
	}
	if c.Name == "" {
		if err := sessions.ForgetAll(); err != nil {
			return err
		}
		out.note("all sessions are forgotten")
		return nil
	}
	id, err := keyID(ctx, sess, c.Name)
	if err != nil {
		return err
	}
	if err := sessions.Forget(id); err != nil {
		return err
	}
	out.note("the sessions of %q are forgotten", c.Name)
	return nil
}

// keyID is the access key id that sessions of the profile name are made from.
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
