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

// unlockCmd opens the keystore for a time.
type unlockCmd struct {
	For string `placeholder:"TIME" default:"8h" help:"Set how long (default: 8h, at most 24h)."`
}

func (c *unlockCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	life, err := parseDuration(c.For, "--for")
	if err != nil {
		return err
	}
	if life == 0 || life > longestHold {
		return usageError{fmt.Sprintf("--for: invalid duration %q: must be between a second and %d hours", c.For, int(longestHold.Hours())), ""}
	}
	if settings.Hold == 0 {
		return usageError{"AWSEXEC_HOLD does not let the kernel hold a key, which unlock needs", "unset AWSEXEC_HOLD"}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	if err := hasFile(ctx, keys); err != nil {
		return err
	}
	var until time.Time
	err = rightPassphrase(settings, out, func() error {
		until, err = keys.Unlock(ctx, life)
		return err
	})
	if err != nil {
		return err
	}
	if keys.Kind() == keystore.KindFile {
		out.note("%s is unlocked until %s: every program that you run can use its keys, and nobody is asked", keys, visible.Until(until, settings.Now()))
	} else {
		out.note("cached sessions can be used until %s even while %s is locked; new ones still need it", visible.Until(until, settings.Now()), keys)
	}
	out.advise(hintOfLock(out.adv))
	return nil
}

// hasFile returns an error if keys is an encrypted file that does not exist yet.
func hasFile(ctx context.Context, keys *keystore.Store) error {
	if keys.Condition(ctx) == keystore.ConditionAbsent && keys.Kind() == keystore.KindFile {
		return fmt.Errorf("%s %w", keys, errNoFile)
	}
	return nil
}

var errNoFile = errors.New("does not exist yet: no key has been added")

// passphraseTries is how often a person may mistype a passphrase.
const passphraseTries = 3

// rightPassphrase calls f, which asks for a passphrase, again if a person has
// mistyped it.
func rightPassphrase(settings *session.Settings, out *ui, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if !errors.Is(err, keystore.ErrWrongPassphrase) || settings.Env("AWSEXEC_PASSPHRASE") != "" || try == passphraseTries {
			return err
		}
		out.note("wrong passphrase; try again")
	}
}

// lockCmd locks the keystore again.
type lockCmd struct{}

func (*lockCmd) Run(_ context.Context, sess *session.Session, out *ui) error {
	o, err := sess.KeystoreOptions()
	if err != nil {
		return err
	}
	if err := keystore.Lock(o); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	out.note("the keystore is locked: the kernel holds no key of awsexec")
	return nil
}
