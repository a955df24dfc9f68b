package session

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/term"
)

// SignIn has a person sign in for a profile, and keeps the tokens. By program means
// that a program waits for it, so that nobody may be at the terminal.
type SignIn func(ctx context.Context, r provider.SignInRequest, byProgram bool) error

// SignInBy sets who has a person sign in where that is needed. Without it, nobody is
// asked to.
func (s *Session) SignInBy(f SignIn) { s.signIn = f }

const (
	// quietSignIn is how long programs do not begin a sign-in again after one that
	// nobody finished. Each of them opens a page in a browser, in front of whatever the
	// user is doing.
	quietSignIn = 10 * time.Minute

	// signInMargin is what a sign-in leaves of the time for credentials: to get them,
	// and to report in good order that nobody signed in.
	signInMargin = 3 * time.Second
)

// signIns has a person sign in while credentials are got. It
// implements provider.Signer.
type signIns struct {
	session *Session
	began   time.Time
}

// Offer implements provider.Signer. A person who has typed a command is asked at once,
// but not again behind a sign-in that ended without a result while the command waited.
func (i *signIns) Offer(r provider.SignInRequest) (bool, error) {
	s := i.session
	when := s.settings.SignIn
	if when == "" {
		when = profile.WhenSignIn(r.Way)
	}
	byProgram := s.Person.byProgram.Load()
	switch {
	case s.signIn == nil, s.settings.NoPrompt, when == profile.SignInNever:
		return false, nil
	case when != profile.SignInAuto && (byProgram || s.Person.detached.Load() || !term.Present()):
		return false, nil
	case !byProgram && !r.Waited:
		return true, nil
	}
	memory, err := s.Cache()
	if err != nil {
		return true, nil // no directory, no memory
	}
	now := s.settings.Now()
	left := memory.Hushed(unfinished(r.Base), now)
	if left == 0 || !byProgram && !now.Add(left-quietSignIn).After(i.began) {
		return true, nil
	}
	return false, &QuietSignInError{left}
}

// QuietSignInError reports that the last sign-in was not finished, so that programs do
// not begin another one for a while.
type QuietSignInError struct{ Left time.Duration }

func (e *QuietSignInError) Error() string {
	return fmt.Sprintf("the last sign-in was not finished, and programs do not begin another one for %d s", int(e.Left/time.Second)+1)
}

// ErrSignInTime means that nobody has finished a sign-in in time.
var ErrSignInTime = errors.New("nobody finished the sign-in in time")

// SignIn implements provider.Signer. A process that is killed leaves the mark that it
// has begun: the next one begins once more, and if that is killed too, nobody does.
func (i *signIns) SignIn(ctx context.Context, r provider.SignInRequest) error {
	s := i.session
	if s.hushSignIn(begun(r.Base)) {
		s.hushSignIn(unfinished(r.Base))
	}
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, end.Add(-signInMargin), ErrSignInTime)
		defer cancel()
	}
	err := s.signIn(ctx, r, s.Person.byProgram.Load())
	cause := context.Cause(ctx)
	by, interrupted := errors.AsType[interrupt.Signal](cause)
	switch {
	case err == nil, errors.Is(err, term.ErrCancelled), errors.Is(cause, provider.ErrSignedInElsewhere), interrupted && by == interrupt.Signal(syscall.SIGINT):
		s.ForgetUnfinished(r.Base)
	case !interrupted:
		s.hushSignIn(unfinished(r.Base))
	}
	return err
}

// What is not asked again for a while.
func begun(base string) string      { return "begun: " + base }
func unfinished(base string) string { return "unfinished: " + base }

// hushSignIn starts the quiet time of a question, and reports whether it was quiet
// already.
func (s *Session) hushSignIn(question string) (already bool) {
	memory, err := s.Cache()
	if err == nil {
		now := s.settings.Now()
		already = memory.Hushed(question, now) > 0
		err = memory.Hush(question, now.Add(quietSignIn))
	}
	if err != nil {
		s.events.Debug("the sign-in is not remembered: %v", err)
	}
	return already
}

// ForgetUnfinished lets programs begin a sign-in again, of which base is that of the
// sessions.
func (s *Session) ForgetUnfinished(base string) {
	memory, err := s.Cache()
	if err == nil {
		err = errors.Join(memory.Unhush(begun(base)), memory.Unhush(unfinished(base)))
	}
	if err != nil {
		s.events.Debug("the sign-in is not forgotten: %v", err)
	}
}
