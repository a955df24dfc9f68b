package migrate

import (
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/visible"
)

// errSession is why a key in the files is not one to be moved.
var errSession = errors.New("a session, which expires by itself; the tool that made it writes it there")

// Error is the error for a key that was not moved.
type Error struct {
	Profile string
	Err     error
}

func (e *Error) Error() string {
	return fmt.Sprintf("key of profile %q: %s", e.Profile, Reason(e.Err, e.Profile))
}

func (e *Error) Unwrap() error { return e.Err }

// Reason returns the text of err for a place that names the profile already.
func Reason(err error, profile string) string {
	if e, ok := err.(interface{ About() (string, string) }); ok {
		if of, detail := e.About(); of == profile {
			return detail
		}
	}
	return err.Error()
}

// TakenError is the error for a key when the keystore has another one under its
// name.
type TakenError struct {
	Name  string
	KeyID string // of the stored key
	At    string // the places of the other one in the files
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("the keystore has another one under this name (%s)", visible.KeyID(e.KeyID))
}
