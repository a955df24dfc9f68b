package keystore

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// keyringBackend keeps each item in the keyring of the operating system.
type keyringBackend struct {
	env      func(string) string
	timeout  time.Duration // how long the keyring may be silent in one operation
	noPrompt bool

	asking chan struct{} // of size 1: held by the operation that asks a person
	silent atomic.Int64  // when it has last been silent for too long, in Unix nanoseconds
}

func newKeyringBackend(o Options) *keyringBackend {
	k := &keyringBackend{env: o.Env, timeout: o.Timeout, noPrompt: o.NoPrompt, asking: make(chan struct{}, 1)}
	if k.timeout == 0 {
		k.timeout = defaultTimeout
	}
	return k
}

func (k *keyringBackend) String() string { return "the OS keyring" }

// patience is how much longer the keyring may be silent in an operation, over all its calls and all attempts at them. The time
// that a person takes is not silence.
type patience struct{ limit, left time.Duration }

// newPatience returns that of an operation that begins now. A keyring that has just been silent gets little time: several operations of
// one program are not to take much longer than one.
func (k *keyringBackend) newPatience() patience {
	limit := k.timeout
	if time.Since(time.Unix(0, k.silent.Load())) < k.timeout {
		limit /= 8
	}
	return patience{limit, limit}
}

// spend takes the time since began from what is left.
func (p *patience) spend(began time.Time) { p.left -= time.Since(began) }

func (p *patience) waited() time.Duration { return p.limit - p.left }

func (k *keyringBackend) noteSilence() { k.silent.Store(time.Now().UnixNano()) }

// noAnswer is the error of an operation that has been given up for want of an answer: because ctx ended, if it did.
func (k *keyringBackend) noAnswer(ctx context.Context, p *patience) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: no answer in %v: %w", ErrUnavailable, rounded(p.waited()), context.Cause(ctx))
	}
	k.noteSilence()
	return fmt.Errorf("%w: no answer in %v", ErrUnavailable, rounded(p.waited()))
}

// unanswered is the error of an operation that a person let wait until ctx ended.
func unanswered(ctx context.Context, waited time.Duration) error {
	return fmt.Errorf("%w: nobody answered its dialog in %v: %w", ErrLocked, rounded(waited), context.Cause(ctx))
}

// errMayNotAsk is the error of an operation that needs a person and may not ask.
var errMayNotAsk = fmt.Errorf("%w: it would ask for its password, and prompts are switched off", ErrLocked)

// rounded is d as precise as a reader needs it.
func rounded(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
