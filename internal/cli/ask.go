package cli

import (
	"time"

	"github.com/awsexec/awsexec/internal/session"
)

// promptLimit bounds how long commands that only people use wait for a person.
const promptLimit = 10 * time.Minute

// unaskedError is the error of a question that could not be put to anybody.
type unaskedError struct {
	error
	command string // that asked
}

func (e unaskedError) Unwrap() error { return e.error }

// unasked returns err, which is that of a question of command, as an
// [unaskedError] if there was nobody to ask.
func unasked(err error, command string) error {
	if err != nil && session.Unasked(err) {
		return unaskedError{err, command}
	}
	return err
}
