package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// LoginState returns the state of the login session of p, which it renews if need be.
// The error is a *GivenError; it wraps a *tokens.SignInError if somebody has to sign in.
func LoginState(ctx context.Context, p *profile.Profile, parts Parts) (tokens.State, error) {
	c, err := newMaker(parts, Flags{}).login(ctx, p)
	if err != nil {
		return tokens.State{}, &GivenError{Login, p, err}
	}
	return tokens.State{Expires: c.Expires, Renewable: true}, nil
}

// CheckLogin returns an error if the tokens of a login session could not be kept, before
// somebody signs in for nothing. A person may be asked to open the keystore.
func CheckLogin(ctx context.Context, parts Parts) error {
	if _, err := parts.Cache.SealingKey(ctx); err != nil {
		return err
	}
	return tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens("")).CheckSave()
}

// KeepLogin keeps the tokens of somebody who has signed in as session, sealed, in the
// place of the old ones. What the cache has of the old ones is forgotten. If share is
// true, a plain copy is where SDKs look.
func KeepLogin(ctx context.Context, session string, parts Parts, t tokens.Login, share bool) error {
	sealed, plain := tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens(session)), plainLogin(parts.Env, parts.Home, session)
	release, err := newMaker(parts, Flags{}).tokenLock(sealed.ID())(ctx)
	if err != nil {
		return err
	}
	defer release()
	if share && plain == nil {
		return errNoHome
	}
	if err := sealed.Put(ctx, t, share); err != nil {
		return fmt.Errorf("keep the tokens of the login session: %w", err)
	}
	if err := parts.Cache.Forget(LoginBase(session)); err != nil {
		return err
	}
	if !share {
		return nil
	}
	if err := plain.Put(t); err != nil {
		return fmt.Errorf("share the tokens of the login session: %w", err)
	}
	return nil
}

// ShareLogin puts a plain copy of the sealed tokens where SDKs look. It returns false if
// there are no sealed tokens.
func ShareLogin(ctx context.Context, session string, parts Parts) (shared bool, err error) {
	sealed, plain := tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens(session)), plainLogin(parts.Env, parts.Home, session)
	if plain == nil {
		return false, errNoHome
	}
	release, err := newMaker(parts, Flags{}).tokenLock(sealed.ID())(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	t, err := sealed.Load(ctx)
	if signIn, ok := errors.AsType[*tokens.SignInError](err); ok && signIn.Reason == tokens.Missing {
		return false, nil
	}
	if err == nil {
		err = sealed.Put(ctx, t, true)
	}
	if err == nil {
		err = plain.Put(t)
	}
	return err == nil, err
}

// AdoptLogin moves the tokens and the key that `aws login` has left in a plain file into
// a sealed one, and removes the plain one, whose path it returns. Wherever it is
// interrupted, the tokens are in one of the files. The error is a *GivenError, around a
// *tokens.SignInError if there is no plain file.
func AdoptLogin(ctx context.Context, p *profile.Profile, parts Parts) (removed string, err error) {
	if removed, err = adoptLogin(ctx, p.LoginSession, parts); err != nil {
		return "", &GivenError{Login, p, err}
	}
	return removed, nil
}

func adoptLogin(ctx context.Context, session string, parts Parts) (removed string, err error) {
	sealed, plain := tokens.NewSealed[tokens.Login](parts.Cache, LoginTokens(session)), plainLogin(parts.Env, parts.Home, session)
	if plain == nil {
		return "", errNoHome
	}
	lock := newMaker(parts, Flags{}).tokenLock
	for _, id := range []string{plain.ID(), sealed.ID()} {
		release, err := lock(id)(ctx)
		if err != nil {
			return "", err
		}
		defer release()
	}
	t, err := plain.Load(ctx)
	if err != nil {
		return "", err
	}
	own, _, stateErr := sealed.State()
	if better := stateErr == nil && own.Ended(parts.Now()) == nil && !t.ExpiresAt.After(own.Expires); !better {
		if err := sealed.Put(ctx, t, false); err != nil {
			return "", err
		}
		if kept, err := sealed.Load(ctx); err != nil || kept != t {
			return "", fmt.Errorf("the sealed tokens are not as they were written, and the plain ones are left: %w", err)
		}
	}
	return plain.ID(), plain.Remove()
}
