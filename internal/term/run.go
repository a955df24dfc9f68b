package term

import (
	"context"
	"os/exec"

	"github.com/awsexec/awsexec/internal/program"
)

// run is program.Run, but the error is ErrCancelled if Ctrl-C ended cmd.
func run(ctx context.Context, cmd *exec.Cmd, most int) ([]byte, error) {
	out, err := program.Run(ctx, cmd, most)
	if program.Interrupted(err) {
		err = ErrCancelled
	}
	return out, err
}
