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
	// printLimit bounds everything that print does, a person's typing included: the Go SDK kills a credential_process after a minute.
	printLimit = 50 * time.Second

	// execLimit bounds what is done before a child can start.
	execLimit = 5 * time.Minute
)

// printCmd prints credentials in the format of credential_process.
type printCmd struct{}

func (*printCmd) Run(ctx context.Context, a *app) error {
	leaveTicket := a.ticket()
	p, err := a.session.Selected(ctx)
	if err != nil {
		return err
	}
	c, err := a.credentials(ctx, p, printLimit)
	if err != nil {
		return err
	}
	if err := processfmt.Encode(a.stdout, credentials.Early(c.Credentials, a.now())); err != nil {
		return fmt.Errorf("print credentials: %w", err)
	}
	leaveTicket(ctx, p, c)
	return nil
}

// execCmd becomes a child that has credentials in its environment.
type execCmd struct{ args []string }

func (x *execCmd) Run(ctx context.Context, a *app) error {
	path, err := exec.LookPath(x.args[0], a.env("PATH"))
	if err != nil {
		return childError{err}
	}
	leaveTicket := a.ticket()
	p, err := a.session.Selected(ctx)
	if err != nil {
		return err
	}
	child := exec.Cmd{Path: path, Args: x.args}
	if a.refresh {
		child.Env, err = a.renewingEnviron(ctx, p)
	} else {
		var given session.Given
		if given, err = a.credentials(ctx, p, execLimit); err == nil {
			child.Env = a.givenEnviron(p, given)
			leaveTicket(ctx, p, given)
		}
	}
	if err != nil {
		return err
	}
	a.ui.Debug("running %s", path)
	if err := child.Replace(); !errors.Is(err, errors.ErrUnsupported) {
		return childError{err}
	}
	return runChild(ctx, &child)
}

// runChild runs a child beside us; its exit code is then ours. We do not end before it.
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

// givenEnviron is the environment of a child that has credentials in it.
func (a *app) givenEnviron(p *profile.Profile, given session.Given) []string {
	a.ui.Debug("credentials %s for the program", given.AccessKeyID)
	return exec.Environ(a.environ, exec.Identity{
		Credentials: given.Credentials,
		Region:      a.session.Region(p),
		Profile:     p.Name,
	})
}

// childError is a child that could not be started.
type childError struct{ error }

func (e childError) Unwrap() error { return e.error }

func (e childError) exitCode() int {
	if errors.Is(e.error, exec.ErrNotFound) {
		return exitNotFound
	}
	return exitNotRunnable
}

// childExit is the exit code of a child that has run, where that is not 0.
type childExit int

func (e childExit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }
