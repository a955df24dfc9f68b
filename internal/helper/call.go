package helper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/program"
)

const (
	get   = credentials.ActionGet
	store = credentials.ActionStore
	erase = credentials.ActionErase
)

// username is that of all items. A helper keeps one item for a URL and a
// username, so a username that changes would leave the old item behind.
const username = "awsexec"

type request struct{ action, url, secret string }

// call is a run of a helper.
type call struct {
	request
	began  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed at its end
	secret []byte        // and what follows is valid after its end
	err    error
}

// stop ends the call, if it is running.
func (c *call) stop() {
	c.cancel()
	<-c.done
	clear(c.secret)
}

// start runs the helper. Nothing but stop ends it: it may wait for a person for
// longer than a context of one of the methods lasts.
func (h *Helper) start(path string, r request) *call {
	ctx, cancel := context.WithCancel(context.Background())
	c := &call{request: r, began: time.Now(), cancel: cancel, done: make(chan struct{})}
	fault.Go(func() {
		defer close(c.done)
		defer cancel()
		c.secret, c.err = h.run(ctx, path, r)
		h.opts.Debug("%s %s: %v in %v", h, r.action, outcome(c.err), time.Since(c.began).Round(time.Millisecond))
	})
	return c
}

// outcome returns err for a debug message.
func outcome(err error) any {
	if err == nil {
		return "ok"
	}
	return err
}

// run runs the helper and returns the secret that get prints.
func (h *Helper) run(ctx context.Context, path string, r request) ([]byte, error) {
	p := &process{helper: h, ctx: ctx, path: path}
	defer func() { clear(p.out) }()
	switch r.action {
	case store:
		err := client.Store(p.begin, &credentials.Credentials{ServerURL: r.url, Username: username, Secret: r.secret})
		return nil, h.explain(p, err)
	case erase:
		return nil, h.explain(p, client.Erase(p.begin, r.url))
	}
	found, err := client.Get(p.begin, r.url)
	switch {
	case err != nil && p.err == nil: // and not the error itself, which quotes the output
		return nil, fmt.Errorf("%w: its answer is not that of a credential helper", backend.ErrUnavailable)
	case err != nil:
		return nil, h.explain(p, err)
	case found.ServerURL != r.url:
		return nil, fmt.Errorf("%w: it answers with another item than the one that it was asked for", backend.ErrUnavailable)
	case found.Secret == "": // docker-credential-pass 0.6.4 answers so about a missing item
		return nil, backend.ErrNotFound
	}
	return []byte(strings.TrimRight(found.Secret, "\r\n")), nil // helpers that are scripts add one; no item ends so
}

// process is one run of a helper for package client. The library's own way to
// run a program knows neither a deadline nor what to do with descendants, and
// leaves standard error to our own.
type process struct {
	helper *Helper
	ctx    context.Context
	path   string
	cmd    *exec.Cmd
	out    []byte
	stderr tail
	err    error // of the run
}

const maxOutput = 64 << 10

// begin implements client.ProgramFunc.
func (p *process) begin(args ...string) client.Program {
	p.cmd = exec.CommandContext(p.ctx, p.path, args...)
	p.cmd.Env = p.helper.environ()
	p.cmd.Stderr = &p.stderr
	if p.helper.opts.NoPrompt {
		program.Detach(p.cmd)
	} else {
		program.KeepInGroup(p.cmd)
	}
	return p
}

// Input sets what the helper reads.
func (p *process) Input(in io.Reader) { p.cmd.Stdin = in }

// Output runs the helper.
func (p *process) Output() ([]byte, error) {
	p.out, p.err = program.Run(p.ctx, p.cmd, maxOutput)
	return p.out, p.err
}

// environ returns the environment of the helper. Without prompts there is no
// terminal that pinentry could use, and pass has gpg fail instead of asking
// gpg-agent for a pinentry, which may have a display of its own.
func (h *Helper) environ() []string {
	env := append([]string{}, h.opts.Environ...) // not nil: nil would mean our own environment
	if !h.opts.NoPrompt {
		return env
	}
	const gpgOptions = "PASSWORD_STORE_GPG_OPTS="
	options := "--pinentry-mode=error"
	env = slices.DeleteFunc(env, func(kv string) bool {
		if given, ok := strings.CutPrefix(kv, gpgOptions); ok && given != "" {
			options = given + " " + options
		}
		return strings.HasPrefix(kv, gpgOptions) || strings.HasPrefix(kv, "GPG_TTY=")
	})
	return append(env, gpgOptions+options)
}

// tail keeps the last bytes of what is written to it.
type tail struct{ data []byte }

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if extra := len(t.data) - maxTail; extra > 0 {
		t.data = bytes.Clone(t.data[extra:])
	}
	return len(p), nil
}

// explain returns the error of a run in a kind. Err, that of the library, is
// not used: it quotes the output.
func (h *Helper) explain(p *process, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*exec.ExitError](p.err); !ok {
		if p.err == nil {
			p.err = errors.New("it cannot be used")
		}
		return fmt.Errorf("%w: %w", backend.ErrUnavailable, p.err)
	}
	if program.Interrupted(p.err) {
		return fmt.Errorf("%w: it was interrupted", backend.ErrRefused)
	}
	return failure(string(p.out), string(p.stderr.data), p.err)
}
