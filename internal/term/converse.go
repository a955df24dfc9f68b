package term

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/awsexec/awsexec/internal/guard"
	"github.com/awsexec/awsexec/internal/program"
)

// farewell is how long a program may take to end once its input is closed.
const farewell = time.Second

// Converse runs the program at path, with the environment env, and calls talk
// with its standard input and output. It writes its standard error to stderr.
//
// When talk returns, the program has a second to end. When ctx ends, it is killed
// with all its descendants, reads and writes of talk fail, and the error is the
// cause of ctx. Otherwise Converse returns the error of talk; the exit status does
// not count.
func Converse(ctx context.Context, path string, args, env []string, stderr io.Writer, talk func(to io.Writer, from io.Reader) error) error {
	cmd := exec.CommandContext(ctx, path, args...)
	program.KeepInGroup(cmd)
	cmd.WaitDelay = farewell
	cmd.Env = append([]string{}, env...) // not nil: nil would mean our own environment
	cmd.Dir = os.TempDir()               // it should not depend on where we happen to run
	cmd.Stderr = stderr
	to, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	from, err := cmd.StdoutPipe()
	if err != nil {
		return errors.Join(err, to.Close())
	}
	if err := guard.Start(cmd.Start); err != nil {
		return err
	}
	hangUp := func() { _, _ = to.Close(), from.Close() }
	stop := context.AfterFunc(ctx, hangUp) // a descendant may hold them open
	err = talk(to, from)
	stop()
	hangUp()
	late := time.AfterFunc(farewell, func() { _ = cmd.Cancel() })
	_ = cmd.Wait()
	late.Stop()
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
