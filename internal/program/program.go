// Package program runs another program to its end, within bounds of time and
// output, and leaves nothing of it behind.
package program

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/awsexec/awsexec/internal/guard"
)

// Run runs cmd, which must be made with ctx, and returns its standard output,
// even if the exit status is an error. It calls cmd.Cancel when ctx ends or
// when the output exceeds most bytes. The error is then the cause of ctx, or
// names the limit.
func Run(ctx context.Context, cmd *exec.Cmd, most int) ([]byte, error) {
	out := bounded{cmd: cmd, most: most}
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second // in case another process still holds the output open
	err := guard.Start(cmd.Start)
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
	}
	return out.data, err
}

// KeepInGroup leaves cmd in our process group, so that it may use our terminal
// and Ctrl-C reaches it. Its end kills all its descendants, but not a daemon,
// which has made itself a child of init.
func KeepInGroup(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return killTree(cmd.Process) }
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
