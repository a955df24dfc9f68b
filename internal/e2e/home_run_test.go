//go:build linux

package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/processfmt"
)

// limit ends any process of a test that hangs.
const limit = 90 * time.Second

// result is how a process ended and what it wrote.
type result struct {
	stdout, stderr string
	code           int            // 128+n for a process that a signal ended
	signal         syscall.Signal // the signal that ended it, or 0
	pid            int
	took           time.Duration
	points         int // the number of points that a tracer saw
}

// run runs awsexec without a terminal, in its own process group and session.
func (h *home) run(args ...string) result {
	h.t.Helper()
	return h.start(command{args: args}).wait()
}

// command is a process to start without a terminal. Zero values stand for the
// defaults.
type command struct {
	name    string   // default: awsexec
	args    []string //
	env     []string // changes to the home's environment; see environ
	stdin   string   // default: empty
	dir     string
	limit   time.Duration // default: limit
	lingers bool          // its children may hold its output open after its end
}

// process is a started command.
type process struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	began          time.Time
	cancel         context.CancelFunc
	lingers        bool
}

// start starts c.
func (h *home) start(c command) *process {
	h.t.Helper()
	if c.name == "" {
		c.name = h.awsexec
	}
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(c.limit, limit))
	p := &process{t: h.t, cmd: exec.CommandContext(ctx, c.name, c.args...), began: time.Now(), cancel: cancel, lingers: c.lingers}
	p.cmd.Env = h.environ(c.env...)
	p.cmd.Dir = h.dir
	if c.dir != "" {
		p.cmd.Dir = c.dir
	}
	p.cmd.Stdin = strings.NewReader(c.stdin)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.cmd.WaitDelay = 10 * time.Second // Wine's own processes keep the pipes open for a while
	if c.lingers {
		p.cmd.WaitDelay = 2 * time.Second
	}
	if err := p.cmd.Start(); err != nil {
		cancel()
		h.t.Fatal(err)
	}
	return p
}

// wait waits until the process has ended.
func (p *process) wait() result {
	p.t.Helper()
	defer p.cancel()
	err := p.cmd.Wait()
	r := result{
		stdout: p.stdout.String(),
		stderr: p.stderr.String(),
		code:   p.cmd.ProcessState.ExitCode(),
		pid:    p.cmd.Process.Pid,
		took:   time.Since(p.began),
	}
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signaled() {
		r.signal = status.Signal()
		r.code = 128 + int(r.signal)
	}
	if p.lingers && errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if ee := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ee) {
		p.t.Fatalf("%s: %v", p.cmd.Args[0], err)
	}
	return r
}

// credentials returns the credentials that awsexec prints. They must be one
// line of JSON, with nothing else on stdout.
func (h *home) credentials(args ...string) aws.Credentials {
	h.t.Helper()
	return decode(h.t, h.run(args...))
}

// decode parses the credential_process JSON of a process that must have
// succeeded.
func decode(t *testing.T, r result) aws.Credentials {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	if strings.Count(r.stdout, "\n") != 1 || !json.Valid([]byte(r.stdout)) {
		t.Fatalf("stdout is not one line of JSON but %d bytes", len(r.stdout))
	}
	c, err := processfmt.Decode(strings.NewReader(r.stdout))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.AccessKeyID, "ASIA") || c.SessionToken == "" || !c.CanExpire {
		t.Fatalf("not temporary credentials: key %s, expiry %v", c.AccessKeyID, c.CanExpire)
	}
	return c
}

// fails checks that a process ended with code, wrote an error line and every
// part to stderr, and nothing to stdout.
func (r result) fails(t *testing.T, code int, parts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d", r.code, code)
	}
	if r.stdout != "" {
		t.Errorf("stdout has %d bytes, want 0", len(r.stdout))
	}
	if !strings.Contains(r.stderr, "awsexec: error: ") {
		t.Error("no error line")
	}
	for _, part := range parts {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("stderr lacks %q", part)
		}
	}
	if t.Failed() {
		t.Logf("stderr:\n%s", r.stderr)
	}
}
