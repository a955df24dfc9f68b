package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// unlockCmd makes the keystore usable without its passphrase for a time.
type unlockCmd struct {
	For string `placeholder:"TIME" default:"8h" help:"How long (default: 8h, at most 24h)."`
}

func (c *unlockCmd) Run(ctx context.Context, a *app) error {
	life, err := parseDuration(c.For, "--for")
	if err != nil {
		return err
	}
	if life == 0 || life > longestHold {
		return usageError{fmt.Sprintf("--for %q must be between a second and %d hours", c.For, int(longestHold.Hours())), ""}
	}
	if a.settings.Hold == 0 {
		return usageError{"AWSEXEC_HOLD switches off what unlock does: that the kernel holds a key", "unset AWSEXEC_HOLD"}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	keys, err := a.session.Keys()
	if err != nil {
		return err
	}
	if err := a.hasFile(ctx, keys); err != nil {
		return err
	}
	var until time.Time
	err = a.rightPassphrase(func() error {
		until, err = keys.Unlock(ctx, life)
		return err
	})
	if err != nil {
		return err
	}
	if keys.Kind() == keystore.KindFile {
		a.ui.note("%s is unlocked until %s: any program of yours can have its keys without the passphrase", keys, a.clock(until))
	} else {
		a.ui.note("cached sessions can be used until %s even while %s is locked; new ones still need it", a.clock(until), keys)
	}
	a.ui.advise("end this with: awsexec lock")
	return nil
}

// canHold says whether unlock can have an effect here.
func (a *app) canHold() bool { return runtime.GOOS == "linux" && a.settings.Hold > 0 }

// clock is a time of day, and how far off it is.
func (a *app) clock(t time.Time) string { return visible.Until(t, a.now()) }

// hasFile is an error if keys are in an encrypted file that has yet to be made.
func (a *app) hasFile(ctx context.Context, keys *keystore.Store) error {
	if keys.Condition(ctx) == keystore.ConditionAbsent && keys.Kind() == keystore.KindFile {
		return fmt.Errorf("%s %w", keys, errNoFile)
	}
	return nil
}

var errNoFile = errors.New("does not exist yet: no key has been added")

// passphraseTries is how often a person may mistype a passphrase.
const passphraseTries = 3

// rightPassphrase repeats f, which asks for a passphrase, if a person has mistyped it.
func (a *app) rightPassphrase(f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if !errors.Is(err, keystore.ErrWrongPassphrase) || a.env("AWSEXEC_PASSPHRASE") != "" || try == passphraseTries {
			return err
		}
		a.ui.note("that is not the passphrase; try again")
	}
}

// lockCmd undoes unlock.
type lockCmd struct{}

func (*lockCmd) Run(_ context.Context, a *app) error {
	o, err := a.session.KeystoreOptions()
	if err != nil {
		return err
	}
	if err := keystore.Lock(o); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	a.ui.note("the kernel holds no key of awsexec any more")
	return nil
}
