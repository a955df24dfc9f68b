package custody

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/visible"
)

// ErrBusy is the error for a key whose lock another process holds.
var ErrBusy = errors.New("another awsexec is changing it")

// ExistsError is the error for a name that has a key already.
type ExistsError struct{ Name, KeyID string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("key %q already exists (%s)", e.Name, visible.KeyID(e.KeyID))
}

// ChangedError is the error for a key that was to be removed when another one had
// taken its place.
type ChangedError struct{ Name, KeyID string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("key %q has changed to %s, and was not removed", e.Name, visible.KeyID(e.KeyID))
}

// RetiringError is the error for a key that the unfinished rotation of the key
// called Name is going to delete at AWS.
type RetiringError struct{ KeyID, Name string }

func (e *RetiringError) Error() string {
	return fmt.Sprintf("key %s is about to be deleted at AWS: the rotation of key %q is not finished", visible.KeyID(e.KeyID), e.Name)
}

// UnverifiedError is the error for a key that AWS did not confirm. The key was
// not stored.
type UnverifiedError struct{ Err error }

func (e *UnverifiedError) Error() string { return "nothing was stored: " + e.Err.Error() }

func (e *UnverifiedError) Unwrap() error { return e.Err }
