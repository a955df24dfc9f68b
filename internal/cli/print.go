package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/credentials"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/processfmt"
)

const (
	// printLimit bounds all that print does, a person's typing included: the Go
	// SDK kills a credential_process after a minute.
	printLimit = 55 * time.Second

	// execLimit bounds what is done before a child can start.
	execLimit = 5 * time.Minute
)

// printCmd prints credentials in the format of credential_process.
type printCmd struct{}

func (*printCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, next *later, gate *gate) error {
	leave := next.begin()
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	// All of it must be over before an SDK gives up.
	limit := printLimit
	if !settings.ByProgram {
		limit = execLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, session.ErrTooLong)
	defer cancel()
	if err := gate.check(ctx, p, caller.Chain); err != nil {
		return err
	}
	c, err := sess.Credentials(ctx, p, limit)
	if err != nil {
		return err
	}
	if err := gate.pass(ctx, logbook.Process, caller.Find(), c, printLimit); err != nil {
		return err
	}
	if err := processfmt.Encode(out.out, credentials.Early(c.Credentials, settings.Now())); err != nil {
		return fmt.Errorf("print credentials: %w", err)
	}
	leave(ctx, c)
	return nil
}
