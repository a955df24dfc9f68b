// Package keyring stores secrets in the keyring of the operating system: the
// Secret Service over D-Bus on Linux and other Unix systems, the keychain on
// macOS, the Credential Manager on Windows. It stores items in the same way as
// github.com/zalando/go-keyring.
//
// A timeout limits everything that does not wait for a person.
package keyring

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
)

// Options describe how a keyring is reached and how it may wait and ask.
type Options struct {
	// Env returns a variable of the environment, or "" if it is unset. It must
	// be the real environment of the process, because the D-Bus library reads
	// that.
	Env func(string) string

	// Timeout is how long the keyring may leave one operation without an
	// answer; 0 means 4 seconds.
	Timeout time.Duration

	// NoPrompt makes a locked keyring fail with [backend.ErrLocked] instead of
	// showing a dialog. On macOS a dialog cannot be predicted.
	NoPrompt bool

	// Listed reports whether an item should be in the keyring. It decides
	// whether a locked keyring that does not say what it holds is worth asking
	// for. Without it, none is.
	Listed func(backend.Item) bool

	// Probe is the item to read on systems that show their dialog only during a
	// read. The item may be missing.
	Probe backend.Item
}

// Keyring is a [backend.Backend] that stores each item in the keyring of the
// operating system.
type Keyring struct {
	opts   Options
	asking chan struct{} // of capacity 1: filled by the operation that asks a person
	idle   idle          // what an operation leaves for the next one
	silent atomic.Int64  // when the keyring last failed to answer in time, in Unix nanoseconds
}

const defaultTimeout = 4 * time.Second

// New returns the keyring that o describes, without connecting to it.
func New(o Options) *Keyring {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Keyring{opts: o, asking: make(chan struct{}, 1), idle: idle{}}
}

// String names the keyring in messages.
func (k *Keyring) String() string { return "the OS keyring" }

// Condition is the state of a keyring, as far as it is known without reading
// from it.
type Condition int

const (
	Unknown Condition = iota // this system cannot report the state
	Open
	Locked
	Absent // there is no keyring service
	Silent // it does not answer in time
)

// Sight is a copy of an item, as it is seen without reading it.
type Sight struct {
	Item    backend.Item
	Keyring string // the name of the keyring that has it
	Locked  bool   // a person must unlock it or agree
}

// patience is how much longer the keyring may leave an operation without an
// answer, over all calls and attempts. The time that a person needs does not
// count.
type patience struct{ limit, left time.Duration }

// newPatience returns the patience of a new operation. If the keyring has just
// failed to answer, the operation gets little time, so that several operations
// of one program do not take much longer than one.
func (k *Keyring) newPatience() patience {
	limit := k.opts.Timeout
	if time.Since(time.Unix(0, k.silent.Load())) < k.opts.Timeout {
		limit /= 8
	}
	return patience{limit, limit}
}

// spend subtracts the time since began.
func (p *patience) spend(began time.Time) { p.left -= time.Since(began) }

func (p *patience) waited() time.Duration { return p.limit - p.left }

func (k *Keyring) noteSilence() { k.silent.Store(time.Now().UnixNano()) }

// noAnswer returns the error of an operation that got no answer in time, or not
// before ctx ended.
func (k *Keyring) noAnswer(ctx context.Context, p *patience) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: no answer in %v: %w", backend.ErrUnavailable, rounded(p.waited()), context.Cause(ctx))
	}
	k.noteSilence()
	return fmt.Errorf("%w: no answer in %v", backend.ErrUnavailable, rounded(max(p.waited(), k.opts.Timeout))) // an operation before this one has waited that long
}

// unanswered returns the error of an operation that waited for a person until
// ctx ended.
func unanswered(ctx context.Context, waited time.Duration) error {
	return fmt.Errorf("%w: nobody answered its dialog in %v: %w", backend.ErrLocked, rounded(waited), context.Cause(ctx))
}

// errMayNotAsk is the error of an operation that needs a person but may not ask.
var errMayNotAsk = fmt.Errorf("%w: it would ask for its password or for your consent, and prompts are switched off", backend.ErrLocked)

// rounded returns d in the precision that messages need.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
