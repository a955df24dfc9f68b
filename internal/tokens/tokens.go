// Package tokens keeps what a sign-in leaves behind: tokens with a short life, and a
// refresh token that renews them. A refresh token often works only once, so that one
// process at a time may use it.
//
// It knows the files of the AWS CLI and the SDKs, which are in plaintext, and sealed
// files of awsexec's own. It makes no call to AWS: who does that is handed in.
package tokens

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Token is what a sign-in gives.
type Token interface {
	comparable
	State() State
}

// Store keeps the tokens of one sign-in. Other programs may write them at any time.
type Store[T Token] interface {
	// Load returns the tokens as they are now. The error is a *SignInError if a new
	// sign-in would help.
	Load(ctx context.Context) (T, error)
	// CheckSave returns an error if Save would fail. A refresh token that works once
	// must not be used by who cannot keep its successor.
	CheckSave() error
	// Save replaces the tokens. Who reads meanwhile gets the old or the new ones.
	Save(ctx context.Context, t T) error
	// ID returns what the place is called whatever way leads to it, so that all who
	// change the tokens can take turns.
	ID() string
}

// Renewer hands out the tokens of one sign-in, and renews them. All fields but
// Patience and Early must be set.
type Renewer[T Token] struct {
	Store Store[T]
	// Lock makes all who renew these tokens take turns, other processes included.
	Lock func(ctx context.Context) (release func(), err error)
	// Renew asks for new tokens. The error is a *SignInError if the refresh token was
	// refused.
	Renew func(ctx context.Context, old T) (T, error)
	// Refused is told tokens that were refused for good, while it is their turn.
	Refused func(ctx context.Context, old T)
	Now     func() time.Time
	// Report is told what went wrong without being an error.
	Report func(error)

	Early    time.Duration // how long before they expire tokens are renewed
	Patience time.Duration // how long the AWS CLI may take to write down what it has just renewed
}

// Get returns tokens that have not expired. If they are about to, one process renews
// them and all others get its result. Programs that do not know of the lock, such as
// the AWS CLI, may renew them meanwhile; what they leave is used before there is an
// error.
func (r *Renewer[T]) Get(ctx context.Context) (T, error) {
	t, err := r.load(ctx)
	if err != nil || r.fresh(t) {
		return t, err
	}
	if why := t.State().CannotRenew(r.Now()); why != nil {
		return r.orExpired(t, &SignInError{Reason: Expired, At: t.State().Expires, Why: why})
	}
	release, err := r.Lock(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return r.orExpired(t, fmt.Errorf("another awsexec is renewing this sign-in and has not finished: %w", context.Cause(ctx)))
	case err != nil:
		r.Report(fmt.Errorf("another awsexec may renew this sign-in at the same time: %w", err))
	default:
		defer release()
		if t, err = r.load(ctx); err != nil || r.fresh(t) {
			return t, err
		}
	}
	return r.renew(ctx, t)
}

// renew renews t, whose turn it is.
func (r *Renewer[T]) renew(ctx context.Context, t T) (T, error) {
	for again := true; ; again = false {
		if why := t.State().CannotRenew(r.Now()); why != nil {
			return r.orExpired(t, &SignInError{Reason: Expired, At: t.State().Expires, Why: why})
		}
		if err := r.Store.CheckSave(); err != nil {
			return r.orExpired(t, fmt.Errorf("the sign-in has expired and is not renewed, because its tokens could not be kept: %w", err))
		}
		made, err := r.Renew(ctx, t)
		if err == nil {
			if err := r.Store.Save(ctx, made); err != nil {
				r.Report(fmt.Errorf("the renewed sign-in could not be kept: %w", err))
			}
			return made, nil
		}
		now, changed := r.reload(ctx, t, err)
		switch {
		case changed && r.valid(now):
			return now, nil
		case changed && again:
			t = now
		default:
			if IsRefused(err) && !changed {
				r.Refused(ctx, t)
			}
			return r.orExpired(t, err)
		}
	}
}

// reload returns what another program has made of t since, if it has. If the refresh
// token of t was refused, that program may be about to write it down.
func (r *Renewer[T]) reload(ctx context.Context, t T, err error) (now T, changed bool) {
	changed = r.poll(ctx, IsRefused(err), func() bool {
		var loadErr error
		now, loadErr = r.Store.Load(ctx)
		return loadErr == nil && now != t
	})
	return now, changed
}

// load is Store.Load. A file that is being written by a program that does not replace
// it as a whole is read again.
func (r *Renewer[T]) load(ctx context.Context) (t T, err error) {
	t, err = r.Store.Load(ctx)
	if signIn, ok := errors.AsType[*SignInError](err); ok && signIn.Reason == Unreadable {
		r.poll(ctx, true, func() bool {
			t, err = r.Store.Load(ctx)
			return err == nil
		})
	}
	return t, err
}

// poll calls done until it returns true, and for Patience at the most; only once
// unless wait is true. It reports what done returned last.
func (r *Renewer[T]) poll(ctx context.Context, wait bool, done func() bool) bool {
	const every = 20 * time.Millisecond
	end := time.NewTimer(r.Patience)
	defer end.Stop()
	next := time.NewTicker(every)
	defer next.Stop()
	for {
		if ok := done(); ok || !wait {
			return ok
		}
		select {
		case <-next.C:
		case <-end.C:
			return done()
		case <-ctx.Done():
			return false
		}
	}
}

func (r *Renewer[T]) valid(t T) bool { return t.State().ValidAt(r.Now()) }

func (r *Renewer[T]) fresh(t T) bool { return t.State().ValidAt(r.Now().Add(r.Early)) }

// orExpired returns t, which could not be renewed, while it is valid; err once it has
// expired.
func (r *Renewer[T]) orExpired(t T, err error) (T, error) {
	if !r.valid(t) {
		var none T
		return none, err
	}
	if _, ok := errors.AsType[*SignInError](err); !ok {
		r.Report(err)
	}
	return t, nil
}
