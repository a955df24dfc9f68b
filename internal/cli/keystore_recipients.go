package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/agekeys"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// keystoreRecipientsCmd are the commands about who can open the encrypted file.
type keystoreRecipientsCmd struct {
	List   recipientsListCmd   `cmd:"" default:"1" help:"List who can open the encrypted file." heeds:"no-prompt,debug"`
	Add    recipientsAddCmd    `cmd:"" help:"Let others open it too." heeds:"no-prompt,debug"`
	Remove recipientsRemoveCmd `cmd:"" help:"Let some open it no longer." heeds:"no-prompt,debug"`
}

// recipientsListCmd opens the file: what is shown is what is in it.
type recipientsListCmd struct{}

func (*recipientsListCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := fileWithRecipients(sess)
	if err != nil {
		return err
	}
	all, err := keys.Recipients(ctx)
	if err != nil {
		return err
	}
	page := out.page(2)
	page.head("KIND", "RECIPIENT")
	for _, r := range all {
		page.row(kindOf(r.Text), shortRecipient(r.Text))
	}
	return out.print(page)
}

// fileWithRecipients returns the encrypted file, if it has recipients.
func fileWithRecipients(sess *session.Session) (*keystore.Store, error) {
	keys, looks, found, err := openFile(sess)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, fmt.Errorf("%s %w", keys, errNoFile)
	case looks.Passphrase:
		return nil, fmt.Errorf("%s %w", keys, keystore.ErrNoRecipients)
	}
	return keys, nil
}

type recipientsAddCmd struct {
	Recipients []string `arg:"" name:"recipient" help:"age1…, a public key of SSH, or a file with some."`
}

func (c *recipientsAddCmd) Run(ctx context.Context, sess *session.Session, out *ui) error {
	var more []agekeys.Recipient
	for _, text := range c.Recipients {
		some, err := recipientsIn(text)
		if err != nil {
			return err
		}
		more = append(more, some...)
	}
	n := 0
	err := changeRecipients(ctx, sess, func(now []agekeys.Recipient) ([]agekeys.Recipient, error) {
		all := union(now, more)
		if n = len(all) - len(now); n == 0 {
			return nil, errNothingToChange
		}
		return all, nil
	})
	if errors.Is(err, errNothingToChange) {
		out.note("they can open it already")
		return nil
	}
	if err != nil {
		return err
	}
	out.note("%s can open %s from now on", count(n, "more recipient"), sess.Opened())
	return nil
}

type recipientsRemoveCmd struct {
	Recipients []string `arg:"" name:"recipient" help:"As \"keystore recipients\" lists it, or its beginning."`
}

func (c *recipientsRemoveCmd) Run(ctx context.Context, sess *session.Session, out *ui) error {
	n := 0
	err := changeRecipients(ctx, sess, func(now []agekeys.Recipient) ([]agekeys.Recipient, error) {
		left := slices.Clone(now)
		for _, text := range c.Recipients {
			found, err := findRecipients(now, text)
			if err != nil {
				return nil, err
			}
			left = slices.DeleteFunc(left, func(r agekeys.Recipient) bool { return slices.Contains(found, r.Text) })
		}
		if len(left) == 0 {
			return nil, errLastRecipient
		}
		n = len(now) - len(left)
		return left, nil
	})
	if err != nil {
		return err
	}
	out.note("%s can open %s no longer; copies of the file from before still open for them", count(n, "recipient"), sess.Opened())
	return nil
}

var (
	errNothingToChange = errors.New("nothing to change")
	errLastRecipient   = errors.New("the last recipient cannot be removed: nobody could open the file")
)

// findRecipients returns the texts of those recipients that text means.
func findRecipients(all []agekeys.Recipient, text string) ([]string, error) {
	var found []string
	meant, err := recipientsIn(text)
	for _, r := range all {
		if strings.HasPrefix(r.Text, text) || err == nil && slices.ContainsFunc(meant, func(m agekeys.Recipient) bool { return m.Text == r.Text }) {
			found = append(found, r.Text)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("recipient %s: %w", shortRecipient(text), errNotRecipient)
	case len(found) > 1 && err != nil:
		return nil, fmt.Errorf("recipient %s: %w: %d recipients begin like this", text, errNotRecipient, len(found))
	}
	return found, nil
}

var errNotRecipient = errors.New("it is not clear who this is")

func changeRecipients(ctx context.Context, sess *session.Session, change func([]agekeys.Recipient) ([]agekeys.Recipient, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := fileWithRecipients(sess)
	if err != nil {
		return err
	}
	return keys.ChangeRecipients(ctx, change)
}
