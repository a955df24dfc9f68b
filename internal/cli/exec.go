package cli

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/exec"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
)

// execCmd replaces awsexec by a child that has credentials in its environment.
type execCmd struct{ args []string }

func (x *execCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, given *flags, next *later, remembered *memory, gate *gate) error {
	path, err := exec.LookPath(x.args[0], settings.Env("PATH"))
	if err != nil {
		return childError{err}
	}
	leave := next.begin()
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	child, program := exec.Cmd{Path: path, Args: x.args}, childOf(path, x.args, true)
	if err := gate.check(ctx, p, onlyProgram(program)); err != nil {
		return err
	}
	if settings.Refresh {
		child.Env, err = renewingEnviron(ctx, settings, sess, out, given, p, func(c session.Given) error { return gate.pass(ctx, logbook.Refresh, program, c, execLimit) })
	} else {
		var c session.Given
		if c, err = sess.Credentials(ctx, p, execLimit); err == nil {
			out.Debug("credentials %s for the program", c.AccessKeyID)
			id := exec.Identity{Credentials: c.Credentials, Profile: p.Name, Narrowing: session.NarrowingVariables(c.Policies)}
			if plan, err := sess.Plan(ctx, p, false); err == nil {
				id.Profile = sess.Giver(plan)
			}
			id.Region, id.Settings = sess.Variables(p)
			child.Env = exec.Environ(settings.Environ, id)
			if err := gate.pass(ctx, logbook.Exec, program, c, execLimit); err != nil {
				return err
			}
			leave(ctx, c)
		}
	}
	if err != nil {
		return err
	}
	remembered.ended(ctx, p.Name, nil, "") // nothing can be done after the next line
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
