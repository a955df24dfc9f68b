package cli

import (
	"context"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// listCmd lists the stored keys. It reads neither the keyring nor the encrypted
// file.
type listCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// listed is one stored key, as list --json prints it.
type listed struct {
	Name           string     `json:"name"`
	AccessKeyID    string     `json:"access_key_id"` // masked
	InConfig       bool       `json:"in_config"`     // a profile of that name is in the AWS files
	SessionExpires *time.Time `json:"session_expires,omitempty"`
	Rotating       bool       `json:"rotating,omitempty"` // its rotation is not finished
}

func (c *listCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return err
	}
	rows, err := listKeys(ctx, sess, out, entries)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(rows)
	}
	if until, ok := keys.UnlockedUntil(ctx); ok {
		out.note("%s is unlocked until %s", keys, visible.Until(until, settings.Now()))
	}
	if len(rows) == 0 {
		out.note("no keys are stored in %s", keys)
		out.advise(hintOfNoKeys(out.adv))
		return nil
	}
	page := out.page(3)
	page.row("NAME", "KEY", "IN AWS CONFIG", "SESSION")
	for _, r := range rows {
		inConfig, session := "no", "-"
		if r.InConfig {
			inConfig = "yes"
		}
		if r.SessionExpires != nil {
			session = r.SessionExpires.Sub(settings.Now()).Truncate(time.Minute).String()
			session = session[:len(session)-len("0s")] + " left"
		}
		page.row(r.Name, r.AccessKeyID, inConfig, session)
	}
	if err := out.print(page); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Rotating {
			out.note("the rotation of %q is not finished", r.Name)
			out.advise(hintOfUnfinished(r.Name, out.adv))
		}
	}
	return nil
}

// listKeys returns what is known about each key.
func listKeys(ctx context.Context, sess *session.Session, out *ui, entries []keystore.Entry) ([]listed, error) {
	if _, err := sess.Cache(); err != nil {
		return nil, err
	}
	config, err := sess.Config()
	if err != nil {
		out.Warn(err)
	}
	rows := make([]listed, len(entries))
	names := make([]string, len(entries))
	for i, e := range entries {
		rows[i] = listed{Name: e.Name, AccessKeyID: visible.KeyID(e.AccessKeyID), Rotating: e.Rotating}
		names[i] = e.Name
	}
	if config == nil {
		return rows, nil
	}
	for i := range rows {
		_, rows[i].InConfig = config.Lookup(rows[i].Name)
		p, err := config.With(names...).Profile(rows[i].Name)
		if err != nil {
			continue // a call for it says what is wrong
		}
		until, err := sess.AtHand(ctx, p, provider.Flags{Explicit: true})
		if err == nil && !until.IsZero() {
			rows[i].SessionExpires = &until
		}
	}
	return rows, nil
}
