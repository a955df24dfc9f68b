package tokens

import (
	"errors"
	"fmt"
	"time"
)

// State is what is known of tokens without the tokens themselves.
type State struct {
	Expires        time.Time
	Renewable      bool      // there is what renews them
	RenewableUntil time.Time // zero if it is not known
}

// ValidAt reports whether the tokens have not expired at the given time.
func (s State) ValidAt(now time.Time) bool { return now.Before(s.Expires) }

// CannotRenew returns why there is no use in trying to renew the tokens at the given
// time, or nil. The error says what is missing.
func (s State) CannotRenew(now time.Time) error {
	switch {
	case !s.Renewable:
		return errors.New("it cannot be renewed")
	case !s.RenewableUntil.IsZero() && !now.Before(s.RenewableUntil):
		return fmt.Errorf("it could be renewed until %s", formatTime(s.RenewableUntil))
	}
	return nil
}

// Ended returns the error for tokens that have expired and cannot be renewed, nil for
// others.
func (s State) Ended(now time.Time) error {
	if s.ValidAt(now) {
		return nil
	}
	if why := s.CannotRenew(now); why != nil {
		return &SignInError{Reason: Expired, At: s.Expires, Why: why}
	}
	return nil
}
