package cli

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// removeCmd removes a stored key.
type removeCmd struct {
	Name string `arg:"" complete:"key" optional:"" help:"Name of the key."`
	Yes  bool   `short:"y" help:"Do not ask for confirmation."`
}

func (c *removeCmd) about() (name *string, needed bool) { return &c.Name, true }

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
		question := fmt.Sprintf("remove key %s (%q) from %s?", visible.KeyID(id), c.Name, keys)
		if err := sess.Person.Confirm(ctx, question); err != nil {
			return unasked(err, "remove")
		}
	}
	remains, err := newCustody(sess, out, timing).Remove(ctx, c.Name, id)
	if err != nil {
		return err
	}
	out.note("key %s (%q) is removed; at AWS it is still active", visible.KeyID(id), c.Name)
	out.warnOfRemains(remains)
	if config, err := sess.Config(); err == nil {
		if p, err := config.Profile(c.Name); err == nil && p.IsSelf {
			out.advise(hintOfRemoved(p))
		}
	}
	return nil
}
