package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// rotateCmd replaces a stored key by a new one of the same user, and deletes the old one at AWS.
type rotateCmd struct {
	Name string `arg:"" help:"Name of the key."`
	Yes  bool   `short:"y" help:"Do not ask."`
}

func (c *rotateCmd) about() string { return c.Name }

func (c *rotateCmd) Run(ctx context.Context, a *app) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	p, err := a.rotatable(ctx, c.Name)
	if err != nil {
		return err
	}
	client, err := a.session.Client(p)
	if err != nil {
		return err
	}
	release, err := a.lockKey(ctx, c.Name)
	if err != nil {
		return err
	}
	defer release()
	r := &rotation{app: a, p: p, client: client, yes: c.Yes}
	if err := r.run(ctx); err != nil {
		return rotationError{p, r.begun, err}
	}
	return nil
}

// rotatable is the profile of the stored key called name. The profile says how AWS is reached, and with which MFA device.
func (a *app) rotatable(ctx context.Context, name string) (*profile.Profile, error) {
	config, err := a.session.Config()
	if err != nil {
		return nil, err
	}
	keys, err := a.session.Keys()
	if err != nil {
		return nil, err
	}
	_, err = keys.KeyID(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		return nil, a.whyNotRotatable(ctx, name, err)
	}
	if err != nil {
		return nil, err
	}
	return config.With(name).Profile(name)
}

// uncopied returns a [copyError] if the key with this id is anywhere but under name: in the keystore, or in the AWS files as they are now.
func (a *app) uncopied(ctx context.Context, name, id string) error {
	keys, err := a.session.Keys()
	if err != nil {
		return err
	}
	copies, err := keys.Copies(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range copies {
		if c.Kind != keys.Kind() {
			return copyError{name, id, fmt.Sprintf("stored as %q in the other keystore too", c.Name), fmt.Sprintf(
				"remove the copy: awsexec --keystore %s remove %s", c.Kind, quoteWord(c.Name))}
		}
		if c.Name != name {
			return copyError{name, id, fmt.Sprintf("stored as %q too", c.Name), fmt.Sprintf(
				"let profile %s use this one: credential_process = %s\nand remove the copy: awsexec remove %s",
				c.Name, processCommand(a.self, name), quoteWord(c.Name))}
		}
	}
	config, err := profile.ReadFiles(a.settings.Files)
	if err != nil {
		return err
	}
	for _, k := range config.ClearKeys() { // of profiles that cannot be resolved too
		if k.Credentials.AccessKeyID != id || k.NoProfile && k.Profile != "DEFAULT" {
			continue
		}
		advice := "take it out of there: awsexec import " + quoteWord(k.Profile)
		if k.Obstacle != "" {
			advice = "take it out of there by hand: " + k.Obstacle
		}
		return copyError{name, id, fmt.Sprintf("in clear at %s too", k.Pos), advice}
	}
	return nil
}

// copyError says that somebody else would be left with a key that is about to be deleted.
type copyError struct{ name, keyID, where, advice string }

func (e copyError) Error() string {
	return fmt.Sprintf("key %s (%q) is %s, where it would stop working", mask(e.keyID), e.name, e.where)
}

// whyNotRotatable is the error for a name that the keystore has no key for: what its profile has instead.
func (a *app) whyNotRotatable(ctx context.Context, name string, notFound error) error {
	p, err := a.session.Profile(ctx, name)
	if err != nil {
		return err
	}
	options, err := a.session.Options(p)
	if err != nil {
		return err
	}
	options.Explicit = true // keys in the environment are nobody's profile
	plan, err := provider.Decide(ctx, p, options)
	if err != nil {
		return err
	}
	e := noStoredKeyError{name: name, what: string(plan.Kind), notFound: notFound}
	for plan.From != nil {
		plan = plan.From
	}
	switch plan.Kind {
	case provider.StoredKey:
		if plan.Profile.Name != name {
			e.what = fmt.Sprintf("the stored key of profile %q", plan.Profile.Name)
			e.advice = "rotate that: awsexec rotate " + quoteWord(plan.Profile.Name)
		}
	case provider.FileKey:
		e.what = fmt.Sprintf("the access key in clear at %s", plan.Profile.Static.AccessKeyID)
		e.advice = "take it into the keystore first: awsexec import " + quoteWord(plan.Profile.Name)
	}
	return e
}

// noStoredKeyError says that a profile has no key of its own in the keystore.
type noStoredKeyError struct {
	name, what, advice string
	notFound           error
}

func (e noStoredKeyError) Error() string {
	return fmt.Sprintf("profile %q has no stored key that could be rotated; it uses: %s", e.name, e.what)
}

func (e noStoredKeyError) Unwrap() error { return e.notFound }

// rotationError is a rotation that was cut short.
type rotationError struct {
	profile *profile.Profile
	begun   bool // there is something to be finished
	err     error
}

func (e rotationError) Unwrap() error { return e.err }

func (e rotationError) Error() string {
	if e.begun {
		return fmt.Sprintf("the rotation of key %q is not finished: %v", e.profile.Name, e.err)
	}
	return fmt.Sprintf("key %q is not rotated: %v", e.profile.Name, e.err)
}

// unfinished returns the journal of a rotation of the key called name, or the zero value if there is none.
func unfinished(ctx context.Context, keys *keystore.Store, name string) (keystore.Rotation, error) {
	journal, err := keys.Rotation(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		err = nil
	}
	return journal, err
}

// tellOfRemains says which keys a rotation that is given up leaves at AWS, besides the one that the user knows of.
func (a *app) tellOfRemains(journal keystore.Rotation, known string) {
	if journal.Old.AccessKeyID != "" && journal.New.AccessKeyID == "" {
		a.ui.Warn(errors.New("a rotation was not finished; it may have made a key at AWS whose secret did not arrive here"),
			"see which keys there are, and delete the one that nothing uses: aws iam list-access-keys")
	}
	for _, id := range []string{journal.Old.AccessKeyID, journal.New.AccessKeyID} {
		if id != "" && id != known {
			a.ui.Warn(fmt.Errorf("a rotation was not finished; its key %s may still be active at AWS", id),
				"if nothing uses it: aws iam delete-access-key --access-key-id "+quoteWord(id))
		}
	}
}
