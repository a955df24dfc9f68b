// Package helper stores items through a credential helper: a program called
// docker-credential-NAME that speaks the protocol of
// github.com/docker/docker-credential-helpers. Such programs exist for pass,
// for the keyrings of the operating systems, and for password managers.
//
// A helper tells nobody whether it waits for a person. So a call that takes
// longer than the timeout counts as waiting for one: it goes on while Prepare
// waits for it.
package helper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
)

// Options describe a helper and how it is run. Name and Debug are required.
type Options struct {
	Name string // one that CheckName accepts

	// Environ is the environment of the helper.
	Environ []string

	// Timeout is how long one call may take before it counts as waiting for a
	// person; 0 means 10 seconds. A helper may start several programs, and some
	// password managers ask a server.
	Timeout time.Duration

	// NoPrompt keeps the helper away from the terminal, and makes pass fail
	// where gpg would ask for a passphrase. A helper may still show a dialog of
	// its own: the call then fails after Timeout.
	NoPrompt bool

	// Stored returns items that should be there; none if nothing has been stored
	// yet. Some helpers say of a locked store that it has no such item. If they
	// say so of every item, the store is [backend.ErrLocked]. Nil means that
	// nobody knows.
	Stored func() []backend.Item

	// Debug receives debug messages. They hold no secrets.
	Debug func(format string, args ...any)
}

// Helper is a [backend.Backend] that stores each item with a credential helper.
type Helper struct{ opts Options }

const defaultTimeout = 10 * time.Second

// New returns the helper that o describes, without running it.
func New(o Options) *Helper {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Helper{o}
}

// CheckName returns why name cannot name a helper, or nil.
func CheckName(name string) error {
	if name == "" || len(name) > 64 || name[0] == '-' || name[0] == '.' {
		return errors.New("not the name of a credential helper")
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r)) {
			return errors.New("the name of a credential helper has other characters than a-z, 0-9, hyphens, underscores and dots")
		}
	}
	return nil
}

// String names the helper in messages.
func (h *Helper) String() string { return Prefix + h.opts.Name }

// Prefix is what the names of all credential helpers begin with.
const Prefix = "docker-credential-"

// MissingError is the error of a helper that is not installed. It wraps
// [backend.ErrUnavailable].
type MissingError struct{ Program string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("%v: there is no program %s on the PATH", backend.ErrUnavailable, e.Program)
}

// Unwrap returns the kind of the error.
func (e *MissingError) Unwrap() error { return backend.ErrUnavailable }

// Reachable returns a [*MissingError] if the helper is not installed.
func (h *Helper) Reachable() error {
	_, err := h.path()
	return err
}

func (h *Helper) path() (string, error) {
	path, err := exec.LookPath(h.String())
	if err != nil {
		return "", &MissingError{h.String()}
	}
	return path, nil
}

// Installed returns the names of the helpers in the directories of path, sorted.
func Installed(path string) []string {
	var names []string
	for _, dir := range filepath.SplitList(path) {
		entries, _ := os.ReadDir(dir) // a PATH may name what is not there
		for _, e := range entries {
			name, ok := strings.CutPrefix(e.Name(), Prefix)
			name = strings.TrimSuffix(name, ".exe")
			if ok && CheckName(name) == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Begin begins an operation.
func (h *Helper) Begin() (backend.Operation, func()) {
	o := &operation{helper: h}
	return o, o.end
}

// operation is a series of calls of a helper. At most one of them is running.
type operation struct {
	helper  *Helper
	running *call   // it waits for a person; nil if none does
	ended   []*call // they have waited, and nobody has taken their results yet
	open    bool    // an item has been read
}

// end ends the call that is running, and drops results.
func (o *operation) end() {
	for _, c := range o.ended {
		c.stop()
	}
	o.ended = nil
	o.giveUp()
}

// giveUp ends the call that is running.
func (o *operation) giveUp() {
	if o.running != nil {
		o.running.stop()
		o.running = nil
	}
}

// resume returns the call with this request that waits, or has waited, for a
// person; nil if there is none.
func (o *operation) resume(r request) *call {
	if i := slices.IndexFunc(o.ended, func(c *call) bool { return c.request == r }); i >= 0 {
		c := o.ended[i]
		o.ended = slices.Delete(o.ended, i, i+1)
		return c
	}
	if o.running != nil && o.running.request == r {
		c := o.running
		o.running = nil
		return c
	}
	o.giveUp()
	return nil
}

// Get returns a copy of an item.
func (o *operation) Get(ctx context.Context, it backend.Item) ([]byte, error) {
	secret, err := o.get(ctx, it)
	if errors.Is(err, backend.ErrNotFound) && !o.open && o.helper.opts.Stored != nil {
		err = o.missing(ctx, it)
	}
	return secret, err
}

func (o *operation) get(ctx context.Context, it backend.Item) ([]byte, error) {
	secret, err := o.call(ctx, request{action: get, url: urlOf(it)})
	if err == nil {
		o.open = true
	}
	return secret, err
}

// missing returns the error for an item that the helper says is not there:
// backend.ErrNotFound if it has another item.
func (o *operation) missing(ctx context.Context, it backend.Item) error {
	stored := o.helper.opts.Stored()
	for _, other := range stored {
		if other == it {
			continue
		}
		secret, err := o.get(ctx, other)
		if err == nil {
			clear(secret)
			return backend.ErrNotFound
		}
		if !errors.Is(err, backend.ErrNotFound) {
			return err
		}
	}
	if len(stored) == 0 {
		return backend.ErrNotFound
	}
	return fmt.Errorf("%w: it has nothing of what was stored; it is locked, or another store is in its place", backend.ErrLocked)
}

// Set stores an item.
func (o *operation) Set(ctx context.Context, it backend.Item, secret []byte) error {
	_, err := o.call(ctx, request{action: store, url: urlOf(it), secret: string(secret)})
	return err
}

// Delete removes an item. It reads the item first: helpers differ in what they
// do about a missing one.
func (o *operation) Delete(ctx context.Context, it backend.Item) error {
	r := request{action: erase, url: urlOf(it)}
	if c := o.resume(r); c != nil {
		_, err := o.await(ctx, c)
		return err
	}
	secret, err := o.Get(ctx, it)
	if err != nil {
		return err
	}
	clear(secret)
	_, err = o.call(ctx, r)
	return err
}

// Prepare waits for the call that waits for a person. An operation without one
// needs nothing.
func (o *operation) Prepare(ctx context.Context, _ backend.Need) error {
	if o.running == nil {
		return nil
	}
	select {
	case <-o.running.done:
		o.ended, o.running = append(o.ended, o.running), nil
		return nil
	case <-ctx.Done():
		waited := time.Since(o.running.began)
		o.giveUp()
		return fmt.Errorf("%w: no answer in %v, from a person or at all: %w", backend.ErrLocked, waited.Round(time.Second), context.Cause(ctx))
	}
}

// call runs the helper, or takes the result of the same call if that has waited
// for a person. Package keystore makes its calls again from the start after each
// Prepare.
func (o *operation) call(ctx context.Context, r request) ([]byte, error) {
	c := o.resume(r)
	if c == nil {
		path, err := o.helper.path()
		if err != nil {
			return nil, err
		}
		c = o.helper.start(path, r)
	}
	return o.await(ctx, c)
}

// await returns the result of c.
func (o *operation) await(ctx context.Context, c *call) ([]byte, error) {
	timer := time.NewTimer(o.helper.opts.Timeout)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.secret, c.err
	case <-ctx.Done():
		c.stop()
		return nil, fmt.Errorf("%w: no answer in %v: %w", backend.ErrUnavailable, time.Since(c.began).Round(100*time.Millisecond), context.Cause(ctx))
	case <-timer.C:
		if o.helper.opts.NoPrompt {
			c.stop()
			return nil, fmt.Errorf("%w: no answer in %v", backend.ErrUnavailable, time.Since(c.began).Round(100*time.Millisecond))
		}
		o.running = c
		return nil, backend.ErrUnprepared
	}
}
