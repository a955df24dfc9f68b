package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/credentials"
	"github.com/awsexec/awsexec/internal/profile"
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
	a.calledBy = !isTerminal(a.stdout) // an SDK reads what we print; a person may look at it
	p, err := a.selected(ctx)
	if err != nil {
		return err
	}
	c, err := a.credentials(ctx, p, printLimit)
	if err != nil {
		return err
	}
	if err := processfmt.Encode(a.stdout, credentials.Early(c, a.now())); err != nil {
		return fmt.Errorf("print credentials: %w", err)
	}
	leaveTicket(ctx, p)
	return nil
}

// selected resolves the profile that the flags and the environment select.
func (a *app) selected(ctx context.Context) (*profile.Profile, error) {
	return a.profile(ctx, profile.Name(a.Profile, a.env))
}

// execCmd becomes a child that has credentials in its environment.
type execCmd struct{ args []string }

func (x *execCmd) Run(ctx context.Context, a *app) error {
	path, err := exec.LookPath(x.args[0], a.env("PATH"))
	if err != nil {
		return childError{err}
	}
	leaveTicket := a.ticket()
	p, err := a.selected(ctx)
	if err != nil {
		return err
	}
	environ := a.givenEnviron
	if a.refresh {
		environ = a.renewingEnviron
	}
	child := exec.Cmd{Path: path, Args: x.args}
	if child.Env, err = environ(ctx, p); err != nil {
		return err
	}
	leaveTicket(ctx, p)
	a.ui.Debug("running %s", path)
	if err := child.Replace(); !errors.Is(err, errors.ErrUnsupported) {
		return childError{err}
	}
	return runChild(&child)
}

// runChild runs a child beside us; its exit code is then ours.
func runChild(child *exec.Cmd) error {
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
func (a *app) givenEnviron(ctx context.Context, p *profile.Profile) ([]string, error) {
	c, err := a.credentials(ctx, p, execLimit)
	if err != nil {
		return nil, err
	}
	a.ui.Debug("credentials %s for the program", c.AccessKeyID)
	return exec.Environ(a.environ, exec.Identity{
		Credentials: c,
		Region:      profile.Region(a.Region, a.env, p),
		Profile:     p.Name,
	}), nil
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
