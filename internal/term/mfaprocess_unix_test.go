//go:build unix

package term

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRunMFAProcess(t *testing.T) {
	path := "PATH=" + os.Getenv("PATH")
	tests := []struct {
		name, command string
		want, err     string
	}{
		{name: "a code", command: `echo; echo " 123456 "`, want: "123456"},
		{name: "its environment", command: `echo $CODE$HOME`, want: "654321"},
		{name: "the shell's quotes", command: `printf %s '12"34'`, want: `12"34`},
		{name: "nothing", command: "true", err: "mfa_process: no output"},
		{name: "a blank", command: "echo ' '", err: "mfa_process: no output"},
		{name: "failure", command: "echo S3CR3TMARKER; exit 3", err: "mfa_process: exit status 3"},
		{name: "no such program", command: "no-such-program-here", err: "mfa_process: exit status 127"},
		{name: "Ctrl-C", command: "kill -INT $$", err: "mfa_process: cancelled"},
		{name: "Ctrl-C below the shell", command: "exit 130", err: "mfa_process: cancelled"},
		{name: "too much", command: "while :; do echo S3CR3TMARKER; done", err: "mfa_process: more than 4096 bytes of output"},
		{name: "output held open", command: "sleep 5 & echo 123456", want: "123456"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			got, err := RunMFAProcess(ctx, tt.command, []string{path, "CODE=654321"}, io.Discard)
			if got != tt.want || (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("got %q, %v; want %q, %s", got, err, tt.want, tt.err)
			}
		})
	}
}

func TestRunMFAProcessStderr(t *testing.T) {
	var stderr strings.Builder
	code, err := RunMFAProcess(t.Context(), "echo touch the key >&2; echo 123456", nil, &stderr)
	if code != "123456" || err != nil || stderr.String() != "touch the key\n" {
		t.Errorf("got %q, %v, stderr %q", code, err, stderr.String())
	}
}

func TestRunMFAProcessDies(t *testing.T) {
	alive := newLifeline(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	// Three generations hold the lifeline, and all of them run when the last
	// one writes to stderr.
	command := `exec 3>"$LIFELINE"; sh -c 'sleep 1000 & (sleep 1000; :) & echo started >&2; wait'; echo 1`
	_, err := RunMFAProcess(ctx, command, append(os.Environ(), "LIFELINE="+alive.path), onWrite(func() { cancel(why) }))
	if !errors.Is(err, why) {
		t.Errorf("got %v, want the cause of the context", err)
	}
	alive.ends()
}

type onWrite func()

func (f onWrite) Write(p []byte) (int, error) {
	f()
	return len(p), nil
}

// lifeline is a named pipe whose reader sees the end once every process that
// holds it open is dead.
type lifeline struct {
	t    *testing.T
	path string
	f    *os.File
}

func newLifeline(t *testing.T) *lifeline {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lifeline")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &lifeline{t, path, f}
}

func (l *lifeline) ends() {
	l.t.Helper()
	l.f.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.ReadAll(l.f); err != nil {
		l.t.Errorf("a process is still alive: %v", err)
	}
}
