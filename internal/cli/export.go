package cli

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/processfmt"
)

// exportCmd prints credentials for a shell or another program, in the formats of "aws configure export-credentials".
type exportCmd struct {
	Format processfmt.Format `default:"process" placeholder:"FORMAT" help:"One of process, env, env-no-export, fish, powershell and windows-cmd (default: process)."`
}

func (c *exportCmd) Run(ctx context.Context, a *app) error {
	if !c.Format.Valid() {
		return usageError{fmt.Sprintf("format %q is none of %s", string(c.Format), processfmt.FormatNames()), ""}
	}
	p, err := a.session.Selected(ctx)
	if err != nil {
		return err
	}
	credentials, err := a.credentials(ctx, p, printLimit)
	if err != nil {
		return err
	}
	return processfmt.Export(a.stdout, c.Format, credentials.Credentials, a.session.Region(p))
}
