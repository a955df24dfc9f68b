package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// SignInRequest describes a sign-in that is needed.
type SignInRequest struct {
	Kind    Kind               // SSO or Login
	Profile *profile.Profile   // with the sign-in
	Way     []*profile.Profile // that lead to it, the nearest first
	Base    string             // of the sessions that are made with it
	Why     error              // what is wrong with the sign-in that there is
	Waited  bool               // for the turn: another process may have had somebody sign in, without a result
}

// Signer has a person sign in, while credentials are needed. Its methods return when
// their context ends.
type Signer interface {
	// Offer reports whether a person may be asked to sign in now. The error says why
	// not; it is nil where it goes without saying.
	Offer(r SignInRequest) (bool, error)
	// SignIn has a person sign in, and keeps the tokens.
	SignIn(ctx context.Context, r SignInRequest) error
}

// NotSignedInError reports that somebody has to sign in and that a sign-in which was
// begun, or would have been, did not come to an end.
type NotSignedInError struct {
	Needed error // what is wrong with the sign-in that there is
	Err    error // what became of the new one
}

func (e *NotSignedInError) Unwrap() []error { return []error{e.Needed, e.Err} }

func (e *NotSignedInError) Error() string { return fmt.Sprintf("%v; %v", e.Needed, e.Err) }

// signedIn calls use, and has a person sign in if its error says that somebody has to;
// then it calls use again. One process at a time has somebody sign in, and all others
// that need the same sign-in wait for it.
func (m *maker) signedIn(ctx context.Context, kind Kind, p *profile.Profile, use func(ctx context.Context) error) error {
	err := use(ctx)
	if m.Signer == nil || !needsPerson(err) {
		return err
	}
	r := SignInRequest{Kind: kind, Profile: p, Way: m.way, Base: signInBase(kind, p), Why: err}
	if offered, why := m.Signer.Offer(r); !offered {
		return notSignedIn(err, why)
	}
	done := m.Events.WaitingForPerson("for another awsexec, in which somebody signs in")
	release, lockErr := m.Cache.Lock(ctx, "sign-in of "+r.Base) // not that of the tokens, which others need to renew them
	done()
	switch {
	case lockErr != nil && ctx.Err() != nil:
		return notSignedIn(err, fmt.Errorf("another awsexec waits for somebody to sign in: %w", context.Cause(ctx)))
	case lockErr != nil:
		m.reportToken(fmt.Errorf("another awsexec may have somebody sign in at the same time: %w", lockErr))
	default:
		defer release()
		if err = use(ctx); !needsPerson(err) {
			return err
		}
		r.Waited = true
		if offered, why := m.Signer.Offer(r); !offered {
			return notSignedIn(err, why)
		}
	}
	if why := m.signIn(ctx, r); why != nil {
		return notSignedIn(err, why)
	}
	return use(ctx)
}

// ErrSignedInElsewhere is the cause of the end of a sign-in which is not needed any
// more, because somebody has signed in another way.
var ErrSignedInElsewhere = errors.New("somebody has signed in another way")

// tokensPause is the time between two looks for tokens that come another way.
const tokensPause = 500 * time.Millisecond

// signIn has a person sign in, unless other tokens come meanwhile: those of awsexec
// login or of the AWS CLI, on another terminal.
func (m *maker) signIn(ctx context.Context, r SignInRequest) error {
	inner, end := context.WithCancelCause(ctx)
	defer end(nil)
	before, _ := m.tokensOf(ctx, r)
	fault.Go(func() {
		next := time.NewTicker(tokensPause)
		defer next.Stop()
		for seen := 0; seen < 2; { // the first look may come while the sign-in itself keeps its tokens
			select {
			case <-inner.Done():
				return
			case <-next.C:
			}
			if now, good := m.tokensOf(inner, r); good && now != before {
				seen++
			}
		}
		end(ErrSignedInElsewhere)
	})
	err := m.Signer.SignIn(inner, r)
	if errors.Is(context.Cause(inner), ErrSignedInElsewhere) {
		return nil
	}
	return err
}

// tokensOf returns a text that differs for other tokens of the sign-in of r, and
// whether they can be used, as far as that shows without a key.
func (m *maker) tokensOf(ctx context.Context, r SignInRequest) (id string, good bool) {
	if r.Kind == Login {
		return bestOf(loginPlaces(ctx, m.Cache, m.Env, m.Home, r.Profile.LoginSession, m.Now()), m.Now())
	}
	return bestOf(ssoPlaces(ctx, m.Cache, m.Home, r.Profile.SSO, m.Now()), m.Now())
}

func bestOf[T tokens.Token](places []place[T], now time.Time) (id string, good bool) {
	if len(places) == 0 {
		return "", false
	}
	best := places[0]
	return fmt.Sprint(best.ID(), best.state), best.rank(now) >= renewable
}

// notSignedIn returns the error err about a sign-in with what became of a new one.
func notSignedIn(err, why error) error {
	if why == nil {
		return err
	}
	return &NotSignedInError{err, why}
}

// needsPerson reports whether err says that somebody has to sign in.
func needsPerson(err error) bool {
	_, ok := errors.AsType[*tokens.SignInError](err)
	return ok
}
