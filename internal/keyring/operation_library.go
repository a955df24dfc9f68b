//go:build darwin || windows

package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/fault"
)

// Operation calls go-keyring, which supports neither deadlines nor contexts.
// Each call runs in a goroutine that can be abandoned.
type Operation struct {
	keyring  *Keyring
	patience patience
	asked    time.Time // when the system seems to have started to ask a person
}

// idle is empty: nothing is left for the next operation.
type idle struct{}

// Begin begins an operation.
func (k *Keyring) Begin() (backend.Operation, func()) {
	return &Operation{keyring: k, patience: k.newPatience()}, func() {}
}

// Reachable returns nil, because the keyring is a part of the system.
func (k *Keyring) Reachable() error { return nil }

// Absent returns false, because the keyring is a part of the system.
func (o *Operation) Absent(context.Context) (bool, error) { return false, nil }

// Look returns Unknown, because the system cannot report the state.
func (k *Keyring) Look(context.Context, ...backend.Item) (Condition, []Sight) { return Unknown, nil }

// Get returns a copy of an item.
func (o *Operation) Get(ctx context.Context, it backend.Item) ([]byte, error) {
	secret, err := o.call(ctx, false, func() (string, error) { return keyring.Get(it.Service, account(it.Name)) })
	return []byte(secret), err
}

// Set stores an item.
func (o *Operation) Set(ctx context.Context, it backend.Item, secret []byte) error {
	text := string(secret)
	_, err := o.call(ctx, false, func() (string, error) { return "", keyring.Set(it.Service, account(it.Name), text) })
	return err
}

// Delete removes an item.
func (o *Operation) Delete(ctx context.Context, it backend.Item) error {
	_, err := o.call(ctx, false, func() (string, error) { return "", keyring.Delete(it.Service, account(it.Name)) })
	return err
}

// Prepare reads the probe, so that a person answers the dialog that the system
// shows for the first read.
func (o *Operation) Prepare(ctx context.Context, _ backend.Need) error {
	if !showsDialogs {
		return nil
	}
	probe := o.keyring.opts.Probe
	_, err := o.call(ctx, !o.keyring.opts.NoPrompt, func() (string, error) { return keyring.Get(probe.Service, account(probe.Name)) })
	if errors.Is(err, backend.ErrNotFound) {
		return nil
	}
	return err
}

// call runs f. If the system shows dialogs by itself, nobody can tell whether
// it does. A call that takes too long then returns backend.ErrUnprepared, and a
// call for a person waits until ctx ends.
func (o *Operation) call(ctx context.Context, person bool, f func() (string, error)) (string, error) {
	callCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	fault.Go(func() {
		o.keyring.asking <- struct{}{} // only one call at a time may show a dialog
		defer func() { <-o.keyring.asking }()
		if callCtx.Err() != nil {
			return // the caller no longer waits: do nothing unnoticed
		}
		secret, err := f()
		done <- result{secret, err}
	})

	began := time.Now()
	var silence <-chan time.Time
	if !person {
		timer := time.NewTimer(o.patience.left)
		defer timer.Stop()
		silence = timer.C
	}
	select {
	case r := <-done:
		o.patience.spend(began)
		return r.secret, kindOf(r.err)
	case <-ctx.Done():
		if person {
			if o.asked.IsZero() {
				o.asked = began
			}
			return "", unanswered(ctx, time.Since(o.asked))
		}
	case <-silence:
		if showsDialogs && o.keyring.opts.NoPrompt {
			return "", errMayNotAsk
		}
		if showsDialogs {
			o.asked = began
			return "", backend.ErrUnprepared
		}
	}
	o.patience.spend(began)
	return "", o.keyring.noAnswer(ctx, &o.patience)
}

// kindOf wraps an error of the library in a kind.
func kindOf(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return backend.ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fmt.Errorf("%w: %w", backend.ErrTooBig, err)
	}
	return explain(err)
}
