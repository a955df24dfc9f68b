package provider

import (
	"errors"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// NeedsSignIn returns the error that the next call by plan will end with because
// somebody has to sign in, or nil. It looks at the tokens of the sign-in below a
// user's home and makes no request, so that a token which AWS has withdrawn looks
// as good as any other.
func NeedsSignIn(plan *Plan, env func(string) string, home string, now time.Time) error {
	for ; plan != nil && plan.From != nil; plan = plan.From {
	}
	if plan == nil || home == "" {
		return nil
	}
	var err error
	switch p := plan.Profile; plan.Kind {
	case SSO:
		if checkSSO(p.SSO) != nil {
			return nil
		}
		store, _ := ssoStore(home, p.SSO)
		err = needsSignIn(store, now)
	case Login:
		err = needsSignIn[tokens.Login](tokens.NewLoginFile(home, profile.LoginCache(env, home), p.LoginSession), now)
	}
	if err == nil {
		return nil
	}
	return &GivenError{plan.Kind, plan.Profile, err}
}

func needsSignIn[T tokens.Token](store tokens.Store[T], now time.Time) error {
	t, err := store.Load()
	if signIn, ok := errors.AsType[*tokens.SignInError](err); ok {
		return signIn
	}
	if err != nil || now.Before(t.Expiry()) {
		return nil
	}
	if why := t.CannotRenew(now); why != nil {
		return &tokens.SignInError{Reason: tokens.Expired, At: t.Expiry(), Why: why}
	}
	return nil
}
