package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// notNewError reports that a profile cannot be made a new one with a login session.
type notNewError struct {
	profile string
	signsIn bool // it has one already
	why     error
}

func (e *notNewError) Unwrap() error { return e.why }

func (e *notNewError) Error() string {
	if e.signsIn {
		return fmt.Sprintf("profile %q is there already, and signs in as %v", e.profile, e.why)
	}
	return fmt.Sprintf("profile %q cannot be one that signs in: %v", e.profile, e.why)
}

// create has a person sign in, and makes a profile for who it was. The lines are shown,
// and written after consent.
func (c *loginCmd) create(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	name := settings.Profile
	switch {
	case name == "":
		return noNameError("login")
	case c.Adopt || c.Session != "":
		return usageError{"--new excludes --adopt and --session", ""}
	}
	region, err := checkNew(ctx, name, settings, sess, out)
	if err != nil {
		return err
	}
	if !c.Yes && settings.NoPrompt {
		return unasked(session.ErrPromptsOff, "login")
	}
	region = cmp.Or(settings.Region, region)
	if region == "" {
		region, err = asker{settings, sess, out, "login"}.askRegion(ctx, false)
		if err != nil && !(c.Yes && session.Unasked(err)) {
			return err
		}
	}
	file := settings.Files.Config
	edit := func(who string) awsfiles.EditFunc {
		return func(old []byte) ([]byte, bool, error) { return awsfiles.AddLoginSession(old, file, name, who, region) }
	}
	who, _, err := c.signInLogin(ctx, &profile.Profile{Name: name, Region: region}, settings, sess, out, timing, func(ctx context.Context, who string) error {
		change, err := changeOf(file, edit(who))
		if err != nil || change == nil {
			return err
		}
		out.note("%s has signed in", who)
		if err := printChange(out, change); err != nil || c.Yes {
			return err
		}
		return unasked(sess.Person.Confirm(ctx, out.tildeOn(true, fmt.Sprintf("change %s?", file))), "login")
	})
	if err != nil {
		return err
	}
	if err := editConfig(ctx, settings, out, edit(who)); err != nil {
		return err
	}
	if region == "" {
		out.Warn(&noRegionError{name})
	}
	c.tellSharedLogin(out)
	out.note("next: %s", out.adv.next(name))
	return nil
}

// anybody stands for who signs in, while nobody has.
const anybody = "arn:aws:iam::123456789012:user/somebody"

// checkNew returns an error unless name can be that of a new profile, and the region
// that it has already.
func checkNew(ctx context.Context, name string, settings *session.Settings, sess *session.Session, out *ui) (region string, err error) {
	config, err := sess.Config()
	if err != nil {
		return "", err
	}
	if there, ok := config.Lookup(name); ok {
		if err := awsfiles.CheckLoginSession(name, there, ""); err != nil {
			return "", &notNewError{name, false, err}
		}
		if who, ok := there["login_session"]; ok {
			return "", &notNewError{name, true, errors.New(who.Text)}
		}
		region = there["region"].Text
	}
	keyID, err := sess.KeyID(ctx, name)
	if err == nil {
		return "", &notNewError{name, false, fmt.Errorf("the keystore has key %s under that name, which would be used instead", keyID)}
	}
	if !errors.Is(err, keystore.ErrNotFound) {
		out.Debug("keystore: %v", err) // what that means shows when the tokens are sealed
	}
	_, err = changeOf(settings.Files.Config, func(old []byte) ([]byte, bool, error) {
		return awsfiles.AddLoginSession(old, settings.Files.Config, name, anybody, settings.Region)
	})
	return region, err
}
