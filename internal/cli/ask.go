package cli

import (
	"context"
	"time"

	"github.com/awsexec/awsexec/internal/session"
)

// promptLimit bounds how long a person is waited for in commands that only people use.
const promptLimit = 10 * time.Minute

// unaskedError says that nobody could be asked, and what can be done instead.
type unaskedError struct {
	error
	advice string
}

func (e unaskedError) Unwrap() error { return e.error }

// unasked is the error err of a question, with advice, if there is any, where it could not be put to anybody.
func unasked(err error, advice string) error {
	if err != nil && advice != "" && session.Unasked(err) {
		return unaskedError{err, advice}
	}
	return err
}

// confirm asks for a yes. Where nobody can be asked, the error has the given advice.
func confirm(ctx context.Context, sess *session.Session, question, advice string) error {
	return unasked(sess.Person.Confirm(ctx, question), advice)
}
