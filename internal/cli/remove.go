package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// removeCmd removes stored keys.
type removeCmd struct {
	Names       []string `arg:"" complete:"key" optional:"" name:"name" help:"Names of the keys."`
	All         bool     `help:"Remove all keys."`
	WriteConfig bool     `help:"Take the credential_process lines of their profiles out of the AWS config file."`
	Yes         bool     `short:"y" help:"Do not ask for confirmation."`
}

func (c *removeCmd) aboutAll() *[]string { return &c.Names }

// storedKey is the name and the id of a key.
type storedKey struct{ name, id string }

func (c *removeCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	switch {
	case len(c.Names) == 0 && !c.All:
		return noNameError("remove")
	case len(c.Names) > 0 && c.All:
		return usageError{"--all is for all keys, and goes without names", ""}
	}
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	chosen, err := c.choose(ctx, keys)
	if err != nil {
		return err
	}
	if len(chosen) == 0 {
		out.note("no keys are stored in %s", keys)
		return nil
	}
	if !c.Yes {
		if err := sess.Person.Confirm(ctx, out.tildeOn(true, removeQuestion(chosen, keys))); err != nil {
			return unasked(err, "remove")
		}
	}
	var removed []string
	for _, k := range chosen {
		remains, err := newCustody(sess, out, timing).Remove(ctx, k.name, k.id)
		switch {
		case err != nil && (len(chosen) == 1 || ctx.Err() != nil):
			return err
		case err != nil:
			out.fail(err, hintFor(err, out.adv, k.name))
			continue
		}
		out.note("key %s (%q) is removed; at AWS it is still active", visible.KeyID(k.id), k.name)
		out.warnOfRemains(remains)
		removed = append(removed, k.name)
	}
	if err := c.tidy(ctx, settings, sess, out, removed); err != nil {
		return err
	}
	if n := len(chosen) - len(removed); n > 0 {
		return fmt.Errorf("%d of %d keys cannot be removed", n, len(chosen))
	}
	return nil
}

// choose returns the keys to remove. The error is about a name that has none.
func (c *removeCmd) choose(ctx context.Context, keys *keystore.Store) (chosen []storedKey, err error) {
	names := c.Names
	if c.All {
		entries, err := keys.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			names = append(names, e.Name)
		}
	}
	for _, name := range names {
		if slices.ContainsFunc(chosen, func(k storedKey) bool { return k.name == name }) {
			continue
		}
		id, err := keys.KeyID(ctx, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, storedKey{name, id})
	}
	return chosen, nil
}

// removeQuestion asks for consent to the removal of keys.
func removeQuestion(chosen []storedKey, from *keystore.Store) string {
	var list []string
	for _, k := range chosen {
		list = append(list, fmt.Sprintf("%s (%q)", visible.KeyID(k.id), k.name))
	}
	if len(list) == 1 {
		return fmt.Sprintf("remove key %s from %s?", list[0], from)
	}
	return fmt.Sprintf("remove %d keys, %s, from %s?", len(list), strings.Join(list, ", "), from)
}

// tidy takes the credential_process lines that lead to removed keys out of the AWS
// config file, or says where they are.
func (c *removeCmd) tidy(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, removed []string) error {
	config, err := sess.Config()
	if err != nil {
		if len(removed) > 0 {
			out.Warn(err)
		}
		return nil
	}
	leading := leadingTo(config, removed)
	if len(leading) == 0 {
		return nil
	}
	edit := withoutProcess(settings, leading)
	switch {
	case c.WriteConfig:
		return editConfig(ctx, settings, out, edit)
	case !c.Yes:
		err := offerEdit(ctx, settings, sess, out, "take this out of "+out.tildeOn(true, settings.Files.Config)+"?", edit)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if !session.Unasked(err) && !errors.Is(err, session.ErrNotConfirmed) {
			out.Warn(err)
		}
	}
	for _, p := range leading {
		out.advise(hintOfRemoved(p))
	}
	return nil
}

// leadingTo returns the profiles in whose credential_process awsexec is called for
// one of the keys called names.
func leadingTo(config *profile.Config, names []string) (leading []*profile.Profile) {
	for _, name := range config.Names() {
		p, err := config.Profile(name)
		if err == nil && p.IsSelf && slices.Contains(names, cmp.Or(p.Other, p.Name)) {
			leading = append(leading, p)
		}
	}
	return leading
}

// withoutProcess takes out the credential_process lines of profiles.
func withoutProcess(settings *session.Settings, profiles []*profile.Profile) awsfiles.EditFunc {
	ours := func(command string) bool {
		_, ok := profile.SelfProcess(command, settings.Self)
		return ok
	}
	return func(data []byte) (out []byte, changed bool, err error) {
		out = data
		for _, p := range profiles {
			var removed bool
			if out, removed, err = awsfiles.RemoveCredentialProcess(out, settings.Files.Config, p.Name, ours); err != nil {
				return nil, false, err
			}
			changed = changed || removed
		}
		return out, changed, nil
	}
}
