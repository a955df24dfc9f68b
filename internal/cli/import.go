package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/keyfacts"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// importCmd moves long-term keys out of the AWS files into the keystore.
type importCmd struct {
	Names    []string `arg:"" complete:"profile" optional:"" name:"name" help:"Profiles whose keys to move (default: all that can be moved)."`
	DryRun   bool     `help:"Show what would be done, but change nothing."`
	Yes      bool     `short:"y" help:"Do not ask for confirmation."`
	NoVerify bool     `help:"Do not check the keys with AWS."`
	Force    bool     `help:"Replace other keys that are stored under these names."`
}

func (c *importCmd) aboutAll() *[]string { return &c.Names }

func (c *importCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	config, err := sess.Config()
	if err != nil {
		return err
	}
	all := migrate.Find(config, settings.Self, settings.Env)
	chosen, missing := migrate.Choose(all, c.Names)
	for _, name := range missing {
		if err := explainMissing(ctx, settings, sess, out, name); err != nil {
			return err
		}
	}
	if len(all) == 0 {
		out.note("there are no access keys in %s and %s", settings.Files.Credentials, settings.Files.Config)
	}
	if len(all) == 0 || len(c.Names) > 0 && len(chosen) == 0 {
		return nil
	}
	if err := printFound(out, all); err != nil {
		return err
	}

	planner := &migrate.Planner{
		Config: config, Files: settings.Files, Self: settings.Self, Keys: lazyKeys{sess},
		Command:  adv.processFor,
		NoVerify: c.NoVerify, Replace: c.Force,
	}
	told := teller{out, adv, sess}
	plans, changes, refused := planner.Plan(ctx, chosen)
	for _, err := range refused {
		told.tell(err)
	}
	if err := printChanges(out, changes); err != nil {
		return err
	}
	failed := len(refused)
	switch {
	case len(plans) == 0 && failed == 0:
		out.note("there is nothing to move")
		out.advise(hintOfByName(all, adv))
	case len(plans) == 0 || c.DryRun:
		out.note("nothing was changed")
	default:
		if !c.Yes {
			if err := sess.Person.Confirm(ctx, out.tildeOn(true, fmt.Sprintf("move %s into %s?", count(len(plans), "key"), sess.Opened()))); err != nil {
				return unasked(err, "import")
			}
		}
		editor, err := newEditor(settings, out)
		if err != nil {
			return err
		}
		mover := &migrate.Mover{
			Planner: planner, Custody: newCustody(sess, out, timing), Editor: editor,
			Owner: owner(sess, out), Tell: told.tell,
		}
		whose := map[string]string{} // ARN by access key id
		ask := mover.Owner
		mover.Owner = func(ctx context.Context, p *profile.Profile, key aws.Credentials) (awsapi.Identity, error) {
			who, err := ask(ctx, p, key)
			if err == nil {
				whose[key.AccessKeyID] = who.ARN
			}
			return who, err
		}
		unmoved, err := mover.Move(ctx, plans)
		for id, arn := range whose {
			facts{sess, settings, out}.learn(ctx, id, keyfacts.Facts{ARN: arn})
		}
		if err != nil {
			return err
		}
		failed += unmoved
		out.noteBackups(editor)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d keys cannot be moved", failed, len(chosen))
	}
	return nil
}

// explainMissing says where the key of a profile is that has none in the AWS
// files.
func explainMissing(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, name string) error {
	if _, err := sess.Profile(ctx, name); err != nil {
		return err
	}
	id, err := lazyKeys{sess}.KeyID(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		return fmt.Errorf("profile %q has no access key in %s or %s", name, settings.Files.Credentials, settings.Files.Config)
	}
	if err == nil {
		out.note("profile %q has no access key in the AWS files; the keystore has %s", name, visible.KeyID(id))
	}
	return err
}
