package cli

import (
	"context"
	"time"

	"github.com/awsexec/awsexec/keystore"
)

// listCmd lists the stored keys. It reads neither the keyring nor the encrypted file.
type listCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// listed is one stored key, as list --json prints it.
type listed struct {
	Name           string     `json:"name"`
	AccessKeyID    string     `json:"access_key_id"` // masked
	InConfig       bool       `json:"in_config"`     // a profile of that name is in the AWS files
	SessionExpires *time.Time `json:"session_expires,omitempty"`
	Rotating       bool       `json:"rotating,omitempty"` // its rotation was begun and not finished
}

func (c *listCmd) Run(ctx context.Context, a *app) error {
	keys, err := a.session.Keys()
	if err != nil {
		return err
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return err
	}
	rows, err := a.listed(entries)
	if err != nil {
		return err
	}
	if c.JSON {
		return a.ui.printJSON(rows)
	}
	if until, ok := keys.UnlockedUntil(ctx); ok {
		a.ui.note("%s is unlocked until %s", keys, a.clock(until))
	}
	if len(rows) == 0 {
		a.ui.note("no keys are stored in %s; awsexec add NAME stores one", keys)
		return nil
	}
	page := a.ui.page(3)
	page.row("NAME", "KEY", "IN AWS CONFIG", "SESSION")
	for _, r := range rows {
		inConfig, session := "no", "-"
		if r.InConfig {
			inConfig = "yes"
		}
		if r.SessionExpires != nil {
			session = r.SessionExpires.Sub(a.now()).Truncate(time.Minute).String()
			session = session[:len(session)-len("0s")] + " left"
		}
		page.row(r.Name, r.AccessKeyID, inConfig, session)
	}
	if err := a.ui.print(page); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Rotating {
			a.ui.note("the rotation of %q is not finished", r.Name)
			a.ui.advise("to finish it: awsexec rotate " + quoteWord(r.Name))
		}
	}
	return nil
}

// listed puts together what is known of each key.
func (a *app) listed(entries []keystore.Entry) ([]listed, error) {
	sessions, err := a.session.Cache()
	if err != nil {
		return nil, err
	}
	config, err := a.session.Config()
	if err != nil {
		a.ui.Warn(err, "")
	}
	rows := make([]listed, len(entries))
	for i, e := range entries {
		rows[i] = listed{Name: e.Name, AccessKeyID: mask(e.AccessKeyID), Rotating: e.Rotating}
		if config != nil {
			_, rows[i].InConfig = config.Lookup(e.Name)
		}
		if t := sessions.Expiry(e.AccessKeyID); t.After(a.now()) {
			rows[i].SessionExpires = &t
		}
	}
	return rows, nil
}
