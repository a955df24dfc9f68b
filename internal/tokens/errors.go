package tokens

import (
	"errors"
	"fmt"
	"time"
)

// Reason is why a new sign-in is needed.
type Reason int

// The reasons.
const (
	Missing    Reason = iota // there was no sign-in on this machine
	Unreadable               // what it left cannot be read
	Expired                  // it has expired and cannot be renewed
	Refused                  // AWS does not accept its tokens any more
)

// SignInError reports that a person has to sign in. Nothing else of what can go wrong
// is one: a network that is down, a file that is not to be read.
type SignInError struct {
	Reason Reason
	Path   string    // of the file that is missing or unreadable
	At     time.Time // when the sign-in expired
	Why    error     // the cause; nil for a file that is missing
}

func (e *SignInError) Unwrap() error { return e.Why }

func (e *SignInError) Error() string {
	switch e.Reason {
	case Missing:
		return "nobody has signed in"
	case Unreadable:
		return fmt.Sprintf("%s: %v", e.Path, e.Why)
	case Expired:
		return fmt.Sprintf("the sign-in expired at %s: %v", e.At.UTC().Format(time.RFC3339), e.Why)
	default:
		return fmt.Sprintf("the sign-in is no longer accepted: %v", e.Why)
	}
}

// IsRefused reports whether err means that AWS does not accept the tokens of a sign-in.
func IsRefused(err error) bool {
	e, ok := errors.AsType[*SignInError](err)
	return ok && e.Reason == Refused
}
