package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
)

// quiet is how long a question that came to nothing (unanswered, cancelled, or answered wrong three times) is not put again by those whom
// programs call: a program that tries again and again, or twenty at once, must not bring up prompt after prompt. A person who
// types a command on a terminal is asked at once.
const quiet = time.Minute

// passphraseQuestion is the prompt for the passphrase of the encrypted keystore.
const passphraseQuestion = "keystore passphrase"

// hush begins the quiet time of a question.
func (a *app) hush(question string) {
	sessions, err := a.sessions()
	if err == nil {
		err = sessions.Hush(question, a.now().Add(quiet))
	}
	if err != nil {
		a.ui.Debug("that the prompt came to nothing is not remembered: %v", err)
	}
}

// hushed is the error for a question in its quiet time, or nil.
func (a *app) hushed(question string) error {
	sessions, err := a.sessions()
	if err != nil {
		return nil // no directory, no memory
	}
	left := sessions.Hushed(question, a.now())
	if left == 0 {
		return nil
	}
	return fmt.Errorf("the last prompt came to nothing, and programs do not bring up another for %d s", int(left/time.Second)+1)
}

// noting returns ask, and has it note the MFA device that a person has given a code of.
func noting(ask provider.TokenCodeFunc, device *string) provider.TokenCodeFunc {
	return func(ctx context.Context, r provider.TokenRequest) (provider.TokenCode, error) {
		code, err := ask(ctx, r)
		if err == nil && code.Origin == provider.FromHuman {
			*device = r.Serial
		}
		return code, err
	}
}

// noteAnswer remembers what became of the code that a person has given of a device, if one has: a session, or an error.
func (a *app) noteAnswer(device string, err error) {
	if device == "" {
		return
	}
	sessions, sessionsErr := a.sessions()
	switch {
	case errors.Is(err, provider.ErrCodeWrong), errors.Is(err, provider.ErrCodeUsed), errors.Is(err, provider.ErrCodeFormat):
		a.hush(device)
	case err == nil && sessionsErr == nil:
		if err := sessions.Unhush(device); err != nil {
			a.ui.Debug("prompts: %v", err)
		}
	}
}
