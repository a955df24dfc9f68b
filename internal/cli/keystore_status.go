package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// keystoreStatusCmd shows the keystore. It opens nothing, and asks nobody.
type keystoreStatusCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// keystoreStatus is what keystore status --json prints; docs/json.md describes it.
// Fields may be added; existing ones keep their meaning.
type keystoreStatus struct {
	Store         string            `json:"store"`                // keyring, file or helper:NAME
	Why           string            `json:"why"`                  // in words
	Name          string            `json:"name"`                 // in words, or the path of the file
	State         string            `json:"state"`                // unlocked, locked, ready, absent, silent or unknown
	Keys          int               `json:"keys"`                 // how many there are
	OpensWith     string            `json:"opens_with,omitempty"` // of a file: passphrase or identity
	Recipients    []statusRecipient `json:"recipients,omitempty"` // as last written here
	IdentityFiles []string          `json:"identity_files,omitempty"`
	UnlockedUntil *time.Time        `json:"unlocked_until,omitempty"`
}

// statusRecipient is one who can open the file.
type statusRecipient struct {
	Kind      string `json:"kind"`
	Recipient string `json:"recipient"`
}

func (c *keystoreStatusCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	o, err := sess.KeystoreOptions()
	if err != nil {
		return err
	}
	condition := keys.Condition(ctx)
	entries, err := keys.List(ctx)
	if err != nil {
		return err
	}
	s := keystoreStatus{Store: string(keys.Kind()), Name: keys.String(), Why: whyKeystore(settings, o, keys.Kind()), State: string(condition), Keys: len(entries)}
	if until, ok := keys.UnlockedUntil(ctx); ok {
		until = until.UTC()
		s.UnlockedUntil = &until
	}
	if keys.Kind() == keystore.KindFile {
		looks, err := keystore.LookAtFile(o)
		switch {
		case errors.Is(err, keystore.ErrNotFound):
		case err != nil:
			return err
		case looks.Passphrase:
			s.OpensWith = "passphrase"
		default:
			s.OpensWith, s.IdentityFiles = "identity", looks.Ways.Files
			for _, text := range looks.Recipients {
				s.Recipients = append(s.Recipients, statusRecipient{kindOf(text), text})
			}
		}
	}
	if c.JSON {
		return out.printJSON(s)
	}
	return out.print(pageOfStatus(out, s, settings.Now()))
}

// whyKeystore returns why a kind of keystore is used.
func whyKeystore(settings *session.Settings, o keystore.Options, kind keystore.Kind) string {
	choice, err := o.Chosen()
	switch {
	case settings.Keystore != keystore.KindAuto:
		return "you chose it, with --keystore or AWSEXEC_KEYSTORE"
	case err == nil && choice.Kind == kind:
		return "auto: you have moved the keys there"
	case kind == keystore.KindKeyring:
		return "auto: there is a keyring"
	}
	return "auto: there is no keyring, and there is a file"
}

// pageOfStatus returns the status for a person.
func pageOfStatus(out *ui, s keystoreStatus, now time.Time) *page {
	page := out.page(2)
	page.row("store", s.Name)
	page.row("why", s.Why)
	state := s.State
	if s.UnlockedUntil != nil {
		state = "unlocked until " + visible.Until(*s.UnlockedUntil, now)
	}
	page.row("state", state)
	page.row("keys", fmt.Sprint(s.Keys))
	if s.OpensWith == "passphrase" {
		page.row("opens with", "a passphrase")
	}
	for i, r := range s.Recipients {
		label := ""
		if i == 0 {
			label = "opens with"
		}
		page.row(label, r.Kind+"  "+shortRecipient(r.Recipient))
	}
	for _, path := range s.IdentityFiles {
		page.row("identity", path)
	}
	return page
}
