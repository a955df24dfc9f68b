package term

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/awsexec/awsexec/internal/guard"
)

// run runs cmd, which must be made with ctx, and returns its standard output,
// even if the exit status is an error. It calls cmd.Cancel when ctx ends or
// when the output exceeds most bytes.
func run(ctx context.Context, cmd *exec.Cmd, most int) ([]byte, error) {
	out := bounded{cmd: cmd, most: most}
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second // in case another process still holds the output open
	err := guard.WithLimits(cmd.Start)
	if err == nil {
		err = cmd.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return out.data, context.Cause(ctx)
	case out.full:
		return out.data, fmt.Errorf("more than %d bytes of output", most)
	case errors.Is(err, exec.ErrWaitDelay):
		return out.data, nil
	case interrupted(err):
		return out.data, ErrCancelled
	}
	return out.data, err
}

// bounded keeps the output of a command, up to most bytes, and ends the command
// if it writes more.
type bounded struct {
	cmd  *exec.Cmd
	most int
	data []byte
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	switch {
	case b.full:
	case len(b.data)+len(p) > b.most:
		b.full = true
		b.cmd.Cancel()
	default:
		if b.data == nil {
			b.data = make([]byte, 0, b.most) // never moves, so that the caller can wipe it
		}
		b.data = append(b.data, p...)
	}
	return len(p), nil
}
