package term

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/awsexec/awsexec/internal/program"
)

// maxProcess limits the output of RunProcess, in bytes.
const maxProcess = 64 << 10

// RunMFAProcess runs command, a profile's mfa_process, as RunProcess does. It
// returns the output, which may have 4096 bytes, without white space around it.
// Empty output is an error.
func RunMFAProcess(ctx context.Context, command string, env []string, stderr io.Writer) (string, error) {
	out, err := runShell(ctx, command, env, stderr, maxAnswer)
	defer clear(out)
	text := string(bytes.TrimSpace(out))
	if err == nil && text == "" {
		err = errors.New("no output")
	}
	if err != nil {
		return "", fmt.Errorf("mfa_process: %w", err)
	}
	return text, nil
}

// RunProcess runs command, such as a profile's credential_process, through the
// shell: /bin/sh -c, or cmd.exe /C on Windows. It returns the command's
// standard output, which may have 64 KiB; the caller should overwrite it after
// use. The command gets the environment env and writes its standard error to
// stderr. Its standard input is the terminal if Ask could read it, and
// otherwise empty.
//
// The command stays in our process group. In a group of its own it would be in
// the background of the terminal, and be stopped when it asks there for a PIN.
// Ctrl-C therefore reaches it too. When ctx ends, RunProcess kills the command
// and all its descendants, and the error wraps the cause of ctx. It does not
// find a daemon, which has made itself a child of init. Errors name the exit
// status, never the output. If Ctrl-C ended the command, the error is
// ErrCancelled.
func RunProcess(ctx context.Context, command string, env []string, stderr io.Writer) ([]byte, error) {
	return runShell(ctx, command, env, stderr, maxProcess)
}

func runShell(ctx context.Context, command string, env []string, stderr io.Writer, most int) ([]byte, error) {
	cmd := shell(ctx, command)
	program.KeepInGroup(cmd)
	if in, err := openInput(); err == nil {
		defer in.Close()
		cmd.Stdin = in
	}
	cmd.Env = append([]string{}, env...) // not nil: nil would mean our own environment
	cmd.Stderr = stderr
	out, err := run(ctx, cmd, most)
	if err != nil {
		clear(out)
		return nil, err
	}
	return out, nil
}
