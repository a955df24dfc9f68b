//go:build darwin || windows

package keystore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/fault"
)

// keyringOperation calls go-keyring, which knows neither deadlines nor contexts: each call runs in a goroutine that can be left behind.
type keyringOperation struct {
	*keyringBackend
	patience patience
	asked    time.Time // when the system seems to have begun to ask a person
}

func (k *keyringBackend) Begin() (backend.Operation, func()) {
	return &keyringOperation{keyringBackend: k, patience: k.newPatience()}, func() {}
}

// reachable finds nothing to check: the keyring is a part of the system.
func reachable(func(string) string) error { return nil }

// absent never finds the keyring absent: it is a part of the system.
func (o *keyringOperation) absent(context.Context) (bool, error) { return false, nil }

func (k *keyringBackend) condition(context.Context) Condition { return ConditionUnknown }

func (o *keyringOperation) Get(ctx context.Context, it backend.Item) ([]byte, error) {
	secret, err := o.call(ctx, false, func() (string, error) { return keyring.Get(it.Service, account(it.Name)) })
	return []byte(secret), err
}

func (o *keyringOperation) Set(ctx context.Context, it backend.Item, secret []byte) error {
	text := string(secret)
	_, err := o.call(ctx, false, func() (string, error) { return "", keyring.Set(it.Service, account(it.Name), text) })
	return err
}

func (o *keyringOperation) Delete(ctx context.Context, it backend.Item) error {
	_, err := o.call(ctx, false, func() (string, error) { return "", keyring.Delete(it.Service, account(it.Name)) })
	return err
}

// prepare reads an item, whichever, and so has a person answer the dialog that the system shows for the first one.
func (o *keyringOperation) Prepare(ctx context.Context, _ backend.Need) error {
	if !showsDialogs {
		return nil
	}
	_, err := o.call(ctx, !o.noPrompt, func() (string, error) { return keyring.Get(sealingItem.Service, account(sealingItem.Name)) })
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// call runs f. A system that may show a dialog by itself cannot be seen to do so: there a call that takes too long is backend.ErrUnprepared, and one
// for a person is waited for until ctx ends.
func (o *keyringOperation) call(ctx context.Context, person bool, f func() (string, error)) (string, error) {
	callCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	fault.Go(func() {
		o.asking <- struct{}{} // dialogs of two calls would be one too many
		defer func() { <-o.asking }()
		if callCtx.Err() != nil {
			return // the caller is gone: do nothing behind its back
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
		if showsDialogs && o.noPrompt {
			return "", errMayNotAsk
		}
		if showsDialogs {
			o.asked = began
			return "", backend.ErrUnprepared
		}
	}
	o.patience.spend(began)
	return "", o.noAnswer(ctx, &o.patience)
}

// kindOf wraps an error of the library in one of this package.
func kindOf(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return fmt.Errorf("%w: %w", ErrTooBig, err)
	}
	return explain(err)
}
