// Package keyring keeps secrets in the keyring of the operating system: the
// Secret Service over D-Bus on Linux and its like, the keychain on macOS, the
// Credential Manager on Windows. Items are those of
// github.com/zalando/go-keyring.
//
// Everything that does not wait for a person is bounded by a timeout.
package keyring

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
)

// Options say how a keyring is reached and how it may wait and ask.
type Options struct {
	// Env looks up a variable of the process's own environment ("" if unset).
	// It must be the real one, since the D-Bus library reads that.
	Env func(string) string

	// Timeout is how long the keyring may be silent in one operation; 0 means 4
	// seconds.
	Timeout time.Duration

	// NoPrompt makes a locked keyring fail with [backend.ErrLocked] where it
	// would show a dialog. On macOS a dialog cannot be foreseen.
	NoPrompt bool

	// Probe is the item that is read to have the system show its dialog, where
	// only a read does that. It need not exist.
	Probe backend.Item
}

// Keyring is a [backend.Backend] that keeps each item in the keyring of the
// operating system.
type Keyring struct {
	opts   Options
	asking chan struct{} // of size 1: held by the operation that asks a person
	silent atomic.Int64  // when the keyring was last silent for too long, in Unix nanoseconds
}

const defaultTimeout = 4 * time.Second

// New returns the keyring that o describes, without connecting to it.
func New(o Options) *Keyring {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Keyring{opts: o, asking: make(chan struct{}, 1)}
}

// String names the keyring in messages.
func (k *Keyring) String() string { return "the OS keyring" }

// Condition is what can be said of a keyring without reading from it.
type Condition int

const (
	Unknown Condition = iota // the system has no way to tell
	Open
	Locked
	Absent // there is no keyring service
	Silent // it does not answer in time
)

// patience is how much longer the keyring may be silent in an operation, over
// all its calls and all attempts at them. The time that a person takes is not
// silence.
type patience struct{ limit, left time.Duration }

// newPatience returns the patience of an operation that begins now. A keyring
// that has just been silent gets little time: several operations of one program
// must not take much longer than one.
func (k *Keyring) newPatience() patience {
	limit := k.opts.Timeout
	if time.Since(time.Unix(0, k.silent.Load())) < k.opts.Timeout {
		limit /= 8
	}
	return patience{limit, limit}
}

// spend takes the time since began from what is left.
func (p *patience) spend(began time.Time) { p.left -= time.Since(began) }

func (p *patience) waited() time.Duration { return p.limit - p.left }

func (k *Keyring) noteSilence() { k.silent.Store(time.Now().UnixNano()) }

// noAnswer returns the error of an operation that got no answer in time, or
// before ctx ended.
func (k *Keyring) noAnswer(ctx context.Context, p *patience) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: no answer in %v: %w", backend.ErrUnavailable, rounded(p.waited()), context.Cause(ctx))
	}
	k.noteSilence()
	return fmt.Errorf("%w: no answer in %v", backend.ErrUnavailable, rounded(p.waited()))
}

// unanswered returns the error of an operation that waited for a person until
// ctx ended.
func unanswered(ctx context.Context, waited time.Duration) error {
	return fmt.Errorf("%w: nobody answered its dialog in %v: %w", backend.ErrLocked, rounded(waited), context.Cause(ctx))
}

// errMayNotAsk is the error of an operation that needs a person and may not
// ask.
var errMayNotAsk = fmt.Errorf("%w: it would ask for its password, and prompts are switched off", backend.ErrLocked)

// rounded returns d as precise as a reader needs it.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
