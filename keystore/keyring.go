package keystore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/zalando/go-keyring"
)

// keyringBackend keeps each item in the keyring of the operating system. The library knows no deadlines, may wait for ever
// for a daemon that has died, and panics on some answers: every call of it runs in a goroutine that can be left behind.
type keyringBackend struct {
	env      func(string) string
	timeout  time.Duration
	noPrompt bool

	mu sync.Mutex // one call at a time: dialogs of two calls in one process would take each other's answers
}

// presence is what can be said of a keyring without reading from it.
type presence int

const (
	mute     presence = iota // no answer in time
	absent                   // nothing provides a keyring, or it has no collection to keep items in
	closed                   // it is locked, or a human is being asked
	declined                 // it is locked, and whoever shows the dialogs is there to show one
	open                     // it answers and is unlocked
)

// consentTime bounds the wait for a keyring that is unlocked and answers others. Some ask for consent to read an item, which
// cannot be seen from outside.
const consentTime = time.Minute

// unseen says that nothing tells here whether a keyring would ask: macOS has no way to, and Windows never does.
const unseen = runtime.GOOS == "darwin" || runtime.GOOS == "windows"

func (k *keyringBackend) String() string { return "the OS keyring" }

func (k *keyringBackend) prepare(context.Context, bool) error { return nil }

func (k *keyringBackend) get(ctx context.Context, it item) ([]byte, error) {
	if secret, err := straight(k.env, it); err == nil || errors.Is(err, ErrNotFound) {
		return secret, err
	}
	return k.call(ctx, func() (string, error) { return keyring.Get(it.service, account(it.name)) })
}

func (k *keyringBackend) set(ctx context.Context, it item, secret []byte) error {
	text := string(secret)
	_, err := k.call(ctx, func() (string, error) { return "", keyring.Set(it.service, account(it.name), text) })
	return err
}

func (k *keyringBackend) delete(ctx context.Context, it item) error {
	_, err := k.call(ctx, func() (string, error) { return "", keyring.Delete(it.service, account(it.name)) })
	return err
}

// absent reports whether there is no keyring behind what reachable has found, starting the service if it can be.
func (k *keyringBackend) absent(ctx context.Context) (bool, error) {
	lookCtx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	p := look(lookCtx, k.env, true)
	if p == mute {
		return false, k.silent(ctx)
	}
	return p == absent, nil
}

// call runs f until it ends, the keyring stops answering, or ctx ends. Half the timeout is for f; from then on the keyring is
// looked at again and again, and has the other half to answer.
func (k *keyringBackend) call(ctx context.Context, f func() (string, error)) ([]byte, error) {
	if err := reachable(k.env); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if k.noPrompt && !unseen {
		if p := k.look(ctx); p == closed || p == declined {
			return nil, fmt.Errorf("%w: it would ask for its password, and prompts are switched off", ErrLocked)
		}
	}
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if ctx.Err() != nil {
			return // the caller is gone: do nothing behind its back
		}
		defer func() {
			if recover() != nil {
				done <- result{err: fmt.Errorf("%w: it broke off", ErrUnavailable)}
			}
		}()
		secret, err := f()
		done <- result{secret, err}
	}()

	began := time.Now()
	last := mute
	tick := time.NewTicker(k.timeout / 2)
	defer tick.Stop()
	for {
		select {
		case r := <-done:
			if r.err != nil {
				return nil, k.kind(ctx, r.err)
			}
			return []byte(r.secret), nil
		case <-ctx.Done():
			if last == closed || last == declined {
				return nil, fmt.Errorf("%w: nobody answered its dialog: %w", ErrLocked, context.Cause(ctx))
			}
			return nil, k.silent(ctx)
		case <-tick.C:
		}
		seen := k.look(ctx)
		if ctx.Err() != nil {
			continue // that look was cut short: what the last one saw still holds
		}
		last = seen
		waited := time.Since(began)
		// A service that is not there yet may be starting up.
		if last == mute || last == absent && waited >= k.timeout || last == open && waited >= consentTime {
			return nil, k.silent(ctx)
		}
	}
}

func (k *keyringBackend) look(ctx context.Context) presence {
	ctx, cancel := context.WithTimeout(ctx, k.timeout/2)
	defer cancel()
	return look(ctx, k.env, false)
}

// silent is the error of a call that has been given up: because ctx ended, if it did.
func (k *keyringBackend) silent(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: no answer: %w", ErrUnavailable, context.Cause(ctx))
	}
	return fmt.Errorf("%w: no answer in %v", ErrUnavailable, k.timeout)
}

// kind wraps an error of the keyring library in one of this package.
func (k *keyringBackend) kind(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, ErrUnavailable):
		return err
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fmt.Errorf("%w: %w", ErrTooBig, err)
	}
	lookCtx, cancel := context.WithTimeout(ctx, k.timeout/2)
	defer cancel()
	return explain(lookCtx, k.env, err)
}
