package rotate

import (
	"context"
	"fmt"
	"time"
)

// Limits of the wait for AWS to know a new key, in units of Rotation.Pause, which
// is usually half a second.
const (
	acceptMost   = 120
	acceptLonger = 10 // the longest single wait
	acceptTimes  = 3  // how often in a row AWS must know it, since AWS is many machines
)

// iam returns the IAM of the current key if there is no MFA device, because IAM
// rejects sessions that were made without MFA; else that of one session for the
// whole run.
func (r *run) iam(ctx context.Context) (IAM, error) {
	if !r.MFA {
		current, err := r.Keys.Get(ctx, r.Name)
		return r.AWS.IAM(current), err
	}
	if r.session.AccessKeyID == "" {
		var err error
		if r.session, err = r.AWS.MFASession(ctx); err != nil {
			return nil, err
		}
	}
	return r.AWS.IAM(r.session), nil
}

// works returns nil once AWS has known the new key the given number of times in a
// row.
func (r *run) works(ctx context.Context, times int) error {
	return r.untilKnown(ctx, ForNewKey, times, func() error {
		_, err := r.AWS.WhoAmI(ctx, r.journal.New)
		return err
	})
}

// untilKnown repeats a call until it has succeeded the given number of times in a
// row. While AWS does not know the key it goes on, ever slower and for a minute at
// most: it takes a while until a change of a key is visible everywhere. Source:
// "Changes that I make are not always immediately visible" in the IAM User Guide.
func (r *run) untilKnown(ctx context.Context, what Wait, times int, call func() error) error {
	defer r.Person.Waiting(what)()
	succeeded, wait := 0, 1
	for waited := 0; ; waited += wait {
		switch err := call(); {
		case err == nil:
			succeeded, wait = succeeded+1, 1
			if succeeded == times {
				return nil
			}
		case !isUnknown(err):
			return err
		case waited >= acceptMost:
			return fmt.Errorf("%w: %w", ErrUnknownKey, err)
		default:
			succeeded, wait = 0, min(2*wait, acceptLonger)
			r.Person.Debug(fmt.Errorf("not known yet: %w", err))
		}
		if err := pause(ctx, time.Duration(wait)*r.Pause); err != nil {
			return err
		}
	}
}

// pause waits for d, or until ctx ends; the error is then the cause of that.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
