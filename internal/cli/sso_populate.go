package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/populate"
	"github.com/awsexec/awsexec/internal/readfile"
	"github.com/awsexec/awsexec/internal/session"
)

// ssoPopulateCmd writes profiles for what a sign-in at IAM Identity Center may use.
type ssoPopulateCmd struct {
	ssoFlags
	Template string `placeholder:"TEXT" default:"{account}-{role}" help:"Make names from {account}, {account_id}, {role}, {session}." detail:"Without it: {account}-{role}, with the account's id between them where that name is not free. Characters that not every SDK finds in the name of a profile become hyphens. With it, names that are not free are an error."`
	Prune    bool   `help:"Take profiles out of the block whose role is gone."`
	Rewrite  bool   `help:"Write profiles anew that are in the block already."`
	DryRun   bool   `help:"Show what would be done, but change nothing."`
	Yes      bool   `short:"y" help:"Do not ask for confirmation."`
}

func (c *ssoPopulateCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	filters, err := c.filters()
	if err != nil {
		return err
	}
	template, err := populate.ParseTemplate(c.Template)
	if err != nil {
		return usageError{"--template: " + err.Error(), "write it as " + quoteWord(populate.DefaultTemplate)}
	}
	p, err := c.signIn(ctx, settings, sess)
	if err != nil {
		return err
	}
	request := &populate.Request{
		SignIn: *p.SSO, Region: settings.Region, Filters: filters, Template: template, Prune: c.Prune, Rewrite: c.Rewrite,
	}
	if request.Taken, err = takenNames(ctx, sess, out); err != nil {
		return err
	}
	path := settings.Files.Config
	old, err := readfile.Read(path, readfile.MaxAWS)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	block, err := awsfiles.ReadBlock(old, path, request.Label())
	if err != nil {
		return err
	}
	roles, err := sess.AccountRoles(ctx, p, request.Wanted(block))
	if err != nil {
		return err
	}
	warnOfIdle(out, filters, roles)
	result, err := request.Apply(block, roles)
	if err != nil {
		return err
	}
	noteResult(out, result)
	if bytes.Equal(old, result.Data) {
		out.note("there is nothing to change")
		return nil
	}
	if err := printChanges(out, []migrate.Change{{Path: path, Old: awsfiles.Redact(old), New: awsfiles.Redact(result.Data)}}); err != nil {
		return err
	}
	if c.DryRun {
		out.note("nothing was changed")
		return nil
	}
	if !c.Yes {
		ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
		defer cancel()
		if err := sess.Person.Confirm(ctx, out.tildeOn(true, fmt.Sprintf("change %s?", path))); err != nil {
			return unasked(err, "sso populate")
		}
	}
	return editConfig(ctx, settings, out, func(now []byte) ([]byte, bool, error) {
		if !bytes.Equal(now, old) {
			return nil, false, &changedError{path}
		}
		return bytes.Clone(result.Data), true, nil
	})
}

// changedError reports that a file is not what was shown any more.
type changedError struct{ path string }

func (e *changedError) Error() string { return e.path + " has been changed meanwhile" }

// takenNames returns who has a name that a profile in the config file would be in the
// way of.
func takenNames(ctx context.Context, sess *session.Session, out *ui) (func(name string) string, error) {
	config, err := sess.Config()
	if err != nil {
		return nil, err
	}
	stored := map[string]bool{}
	if keys, err := sess.Keys(); err != nil {
		out.Debug("keystore: %v", err)
	} else if entries, err := keys.List(ctx); err != nil {
		out.Debug("keystore: %v", err)
	} else {
		for _, e := range entries {
			stored[e.Name] = true
		}
	}
	return func(name string) string {
		if at := config.Credentials.Header(name); at.Line > 0 {
			return "the profile at " + at.String()
		}
		if stored[name] {
			return "a stored key"
		}
		return ""
	}, nil
}

// shownProfiles is how many profiles of a kind are named one by one.
const shownProfiles = 20

// noteResult says what is done about which profiles.
func noteResult(out *ui, r *populate.Result) {
	for i, p := range r.Gone {
		if i == shownProfiles {
			out.note("and %s more without a role", count(len(r.Gone)-i, "profile"))
			break
		}
		out.note("profile %q is kept, though you may not use role %s in account %s any more", p.Name, p.Role, p.AccountID)
	}
	if len(r.Gone) > 0 {
		out.advise(hintOfGoneRoles(out.adv))
	}
	if n := len(r.Outside); n > 0 {
		out.note("%s outside the block with the same name and role", count(n, "profile"))
	}
	out.note("%s new, %d removed, %d kept", count(r.Added, "profile"), r.Removed, r.Kept+len(r.Gone))
}
