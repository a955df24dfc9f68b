package term

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// maxProcess bounds the output of RunProcess in bytes.
const maxProcess = 64 << 10

// RunMFAProcess runs command, a profile's mfa_process, as RunProcess does, and returns its output, at most 4096 bytes, trimmed of
// white space. No output is an error.
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

// RunProcess runs command, such as a profile's credential_process, through the shell (/bin/sh -c, on Windows cmd.exe /C) and returns
// what it wrote on its standard output, at most 64 KiB, which the caller should overwrite when done. Its environment is env, its
// standard error goes to stderr, and its standard input is the terminal where Ask could read it, else empty.
//
// It stays in our process group, or it would be in the background of the terminal and be stopped when it asks there for a
// PIN; so Ctrl-C reaches it too. When ctx ends, it and all its descendants are killed, and the error wraps ctx's
// cause. A process that has made itself a child of nobody (a daemon) is not found. Errors name the exit status, never the
// output. An exit by Ctrl-C is ErrCancelled.
func RunProcess(ctx context.Context, command string, env []string, stderr io.Writer) ([]byte, error) {
	return runShell(ctx, command, env, stderr, maxProcess)
}

func runShell(ctx context.Context, command string, env []string, stderr io.Writer, most int) ([]byte, error) {
	cmd := shell(ctx, command)
	cmd.Cancel = func() error { return killTree(cmd.Process) }
	if in, err := openInput(); err == nil {
		defer in.Close()
		cmd.Stdin = in
	}
	cmd.Env = append([]string{}, env...) // none is not ours
	cmd.Stderr = stderr
	out, err := run(ctx, cmd, most)
	if err != nil {
		clear(out)
		return nil, err
	}
	return out, nil
}
