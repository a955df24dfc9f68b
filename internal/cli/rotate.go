package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/keyfacts"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/keystore"
)

// rotateCmd replaces a stored key with a new one of the same user, and deletes
// the old one at AWS.
type rotateCmd struct {
	Name string `arg:"" complete:"key" optional:"" help:"Name of the key."`
	Yes  bool   `short:"y" help:"Do not ask for confirmation."`
}

func (c *rotateCmd) about() (name *string, needed bool) { return &c.Name, true }

func (c *rotateCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	p, err := rotatable(ctx, sess, c.Name)
	if err != nil {
		return err
	}
	client, err := sess.Client(p)
	if err != nil {
		return err
	}
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	r := &rotate.Rotation{
		Name: c.Name, MFA: p.MFASerial != "", Unattended: c.Yes,
		Keys: keys, Journals: keys, Locks: newCustody(sess, out, timing),
		AWS:    rotationAWS{client, func(ctx context.Context) (aws.Credentials, error) { return sess.KeySession(ctx, p) }},
		Person: rotationPerson{out, sess.Person, c.Name, keys.String()},
		Plaintext: func() ([]awsfiles.PlaintextKey, error) {
			config, err := profile.ReadFiles(settings.Files)
			if err != nil {
				return nil, err
			}
			return awsfiles.PlaintextKeys(config), nil
		},
		Forget: func(keyID string) { newCustody(sess, out, timing).ForgetLast(ctx, c.Name, keyID) }, Now: settings.Now, Pause: timing.pause,
	}
	f := facts{sess, settings, out}
	old, _ := keys.KeyID(ctx, c.Name) // of which something may be known
	whose := f.of()[old].ARN
	if err := r.Run(ctx); err != nil {
		return err
	}
	if id, err := keys.KeyID(ctx, c.Name); err == nil && id != old {
		f.learn(ctx, id, keyfacts.Facts{ARN: whose, Created: settings.Now()})
	}
	return nil
}

// rotationAWS implements rotate.AWS.
type rotationAWS struct {
	awsapi.Client
	session func(context.Context) (aws.Credentials, error)
}

func (r rotationAWS) IAM(c aws.Credentials) rotate.IAM { return r.Client.IAM(c) }

func (r rotationAWS) MFASession(ctx context.Context) (aws.Credentials, error) { return r.session(ctx) }

// rotatable returns the profile of the stored key called name. It says how to
// reach AWS, and with which MFA device.
func rotatable(ctx context.Context, sess *session.Session, name string) (*profile.Profile, error) {
	config, err := sess.Config()
	if err != nil {
		return nil, err
	}
	keys, err := sess.Keys()
	if err != nil {
		return nil, err
	}
	_, err = keys.KeyID(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		return nil, whyNotRotatable(ctx, sess, name, err)
	}
	if err != nil {
		return nil, err
	}
	return config.With(name).Profile(name)
}

// whyNotRotatable returns the error for a name without a stored key: what its
// profile uses instead.
func whyNotRotatable(ctx context.Context, sess *session.Session, name string, notFound error) error {
	p, err := sess.Profile(ctx, name)
	if err != nil {
		return err
	}
	plan, err := sess.Plan(ctx, p, true) // keys in the environment are nobody's profile
	if err != nil {
		return err
	}
	e := noStoredKeyError{name: name, uses: string(plan.Kind), notFound: notFound}
	for plan.From != nil {
		plan = plan.From
	}
	switch plan.Kind {
	case provider.StoredKey:
		if plan.Profile.Name != name {
			e.uses = fmt.Sprintf("the stored key of profile %q", plan.Profile.Name)
			e.stored = plan.Profile.Name
		}
	case provider.FileKey:
		e.uses = fmt.Sprintf("the access key in plaintext at %s", plan.Profile.Static.AccessKeyID)
		e.inFile = plan.Profile.Name
	}
	return e
}

// noStoredKeyError is the error for a profile that has no key of its own in the
// keystore.
type noStoredKeyError struct {
	name     string
	uses     string // what the profile uses instead, in words
	stored   string // the profile whose stored key it uses; "" for none
	inFile   string // the profile whose key in the AWS files it uses; "" for none
	notFound error
}

func (e noStoredKeyError) Error() string {
	return fmt.Sprintf("profile %q has no stored key that could be rotated; it uses: %s", e.name, e.uses)
}

func (e noStoredKeyError) Unwrap() error { return e.notFound }
