package provider

import (
	"context"
	"errors"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/tokens"
)

// NeedsSignIn returns the error that the next call by plan will end with because
// somebody has to sign in, or nil. It looks at the tokens of the sign-in, in a cache
// and below a user's home, and makes no request, so that a token which AWS has
// withdrawn looks as good as any other. It opens no seal. There is no cache if it is
// nil.
func NeedsSignIn(ctx context.Context, plan *Plan, c *cache.Cache, env func(string) string, home string, now time.Time) error {
	for ; plan != nil && plan.From != nil; plan = plan.From {
	}
	if plan == nil {
		return nil
	}
	var err error
	switch p := plan.Profile; plan.Kind {
	case SSO:
		if checkSSO(p.SSO) != nil {
			return nil
		}
		err = needsSignIn(ssoPlaces(ctx, c, home, p.SSO, now), now)
	case Login:
		err = needsSignIn(loginPlaces(ctx, c, env, home, p.LoginSession, now), now)
	}
	if err == nil {
		return nil
	}
	return &GivenError{plan.Kind, plan.Profile, err}
}

func needsSignIn[T tokens.Token](places []place[T], now time.Time) error {
	if len(places) == 0 {
		return nil
	}
	best := places[0]
	if signIn, ok := errors.AsType[*tokens.SignInError](best.err); ok {
		return signIn
	}
	if best.err != nil {
		return nil
	}
	return best.state.Ended(now)
}
