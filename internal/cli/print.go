package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/credentials"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/processfmt"
)

const (
	// printLimit bounds all that print does, a person's typing included: the Go
	// SDK kills a credential_process after a minute.
	printLimit = 50 * time.Second

	// execLimit bounds what is done before a child can start.
	execLimit = 5 * time.Minute
)

// printCmd prints credentials in the format of credential_process.
type printCmd struct{}

func (*printCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, next *later) error {
	leave := next.begin()
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	c, err := sess.Credentials(ctx, p, printLimit)
	if err != nil {
		return err
	}
	if err := processfmt.Encode(out.out, credentials.Early(c.Credentials, settings.Now())); err != nil {
		return fmt.Errorf("print credentials: %w", err)
	}
	leave(ctx, c)
	return nil
}

// execCmd replaces awsexec by a child that has credentials in its environment.
type execCmd struct{ args []string }

func (x *execCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, adv *advisor, given *flags, next *later) error {
	path, err := exec.LookPath(x.args[0], settings.Env("PATH"))
	if err != nil {
		return childError{err}
	}
	leave := next.begin()
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	child := exec.Cmd{Path: path, Args: x.args}
	if settings.Refresh {
		child.Env, err = renewingEnviron(ctx, settings, sess, out, adv, given, p)
	} else {
		var given session.Given
		if given, err = sess.Credentials(ctx, p, execLimit); err == nil {
			child.Env = givenEnviron(settings, sess, out, p, given)
			leave(ctx, given)
		}
	}
	if err != nil {
		return err
	}
	out.Debug("running %s", path)
	if err := child.Replace(); !errors.Is(err, errors.ErrUnsupported) {
		return childError{err}
	}
	return runChild(ctx, &child)
}

// runChild runs a child beside awsexec, which does not end before it and takes
// over its exit code.
func runChild(ctx context.Context, child *exec.Cmd) error {
	_, release := interrupt.Shield(ctx)
	defer release()
	code, err := child.Run()
	if err != nil {
		return childError{err}
	}
	if code != 0 {
		return childExit(code)
	}
	return nil
}

// givenEnviron returns the environment of a child with credentials in it.
func givenEnviron(settings *session.Settings, sess *session.Session, out *ui, p *profile.Profile, given session.Given) []string {
	out.Debug("credentials %s for the program", given.AccessKeyID)
	return exec.Environ(settings.Environ, exec.Identity{
		Credentials: given.Credentials,
		Region:      sess.Region(p),
		Profile:     p.Name,
	})
}
