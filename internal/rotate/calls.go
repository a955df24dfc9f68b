package rotate

import (
	"context"
	"fmt"
	"time"
)

// Limits of the wait for AWS to know a new key, in units of Rotation.Pause: the usual one is half a second.
const (
	acceptMost   = 120
	acceptLonger = 10 // the longest single wait
	acceptTimes  = 3  // how often in a row AWS must know it: it is many machines
)

// iam signs by the current key itself where there is no MFA device, because IAM takes no session that was made without; else by one
// session for the whole run.
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

// works returns nil once AWS has known the new key so many times in a row.
func (r *run) works(ctx context.Context, times int) error {
	return r.untilKnown(ctx, ForNewKey, times, func() error {
		_, err := r.AWS.WhoAmI(ctx, r.journal.New)
		return err
	})
}

// untilKnown makes a call until it has succeeded so many times in a row. It goes on, ever slower and for a minute at most, as long as AWS
// does not know the key: what is done to a key is known everywhere only after a while. Source: "Changes that I make are not
// always immediately visible" in the IAM User Guide.
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

// pause waits for d, or until ctx ends; the error is then its cause.
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
