package cli

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/internal/caller"
	"github.com/awsexec/awsexec/internal/logbook"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/processfmt"
)

// exportCmd prints credentials for a shell or another program, in the formats
// of "aws configure export-credentials".
type exportCmd struct {
	Name   string            `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	Format processfmt.Format `default:"process" placeholder:"FORMAT" complete:"format" help:"Set the format: process, env, env-no-export, fish, powershell or windows-cmd (default: process)."`
}

func (c *exportCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *exportCmd) Run(ctx context.Context, sess *session.Session, out *ui, gate *gate) error {
	if !c.Format.Valid() {
		form := ""
		if c.Format == "json" {
			form = hintOfJSON(out.adv)
		}
		return usageError{fmt.Sprintf("invalid format %q: must be one of %s", string(c.Format), processfmt.FormatNames()), form}
	}
	limit := execLimit
	if c.Format == processfmt.Process { // an SDK may wait for it
		limit = printLimit
	}
	credentials, err := gate.open(ctx, limit)
	if err != nil {
		return err
	}
	if err := gate.pass(ctx, logbook.Export, caller.Find(), credentials, printLimit); err != nil {
		return err
	}
	region, settings := sess.Variables(credentials.Profile)
	if region != "" {
		settings = append(settings, [2]string{"AWS_REGION", region}, [2]string{"AWS_DEFAULT_REGION", region})
	}
	return processfmt.Export(out.out, c.Format, credentials.Credentials, settings)
}
