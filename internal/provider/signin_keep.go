package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// SignedIn returns the state of the sign-in of p at IAM Identity Center, which it renews
// if need be, and which AWS has just accepted. The error is a *PortalError; it wraps a
// *tokens.SignInError if somebody has to sign in.
func SignedIn(ctx context.Context, p *profile.Profile, parts Parts) (state tokens.State, err error) {
	if err = checkSignIn(p.SSO); err == nil {
		err = newMaker(parts, Flags{}).useSSO(ctx, p.SSO, func(ctx context.Context, accessToken string) error {
			return parts.Client.CheckSSO(ctx, p.SSO.Region, accessToken)
		})
	}
	if err != nil {
		return tokens.State{}, &PortalError{p, err}
	}
	for _, place := range ssoPlaces(ctx, parts.Cache, parts.Home, p.SSO, parts.Now()) {
		return place.state, nil
	}
	return tokens.State{}, &PortalError{p, errNoHome}
}

// KeepSSO keeps the tokens of a new sign-in, sealed, in the place of the old ones. What
// the cache has of the old ones is forgotten: somebody else may have signed in. If
// share is true, a plain copy is where SDKs look.
func KeepSSO(ctx context.Context, s *profile.SSO, parts Parts, t tokens.SSO, share bool) error {
	return keep(ctx, parts, SSOTokens(s), SSOBase(s), plainSSO(parts.Home, s), t, share)
}

// KeepLogin is KeepSSO for somebody who has signed in as session.
func KeepLogin(ctx context.Context, session string, parts Parts, t tokens.Login, share bool) error {
	return keep(ctx, parts, LoginTokens(session), LoginBase(session), plainLogin(parts.Env, parts.Home, session), t, share)
}

func keep[T tokens.Token](ctx context.Context, parts Parts, id tokens.ID, base string, plain tokens.Copy[T], t T, share bool) error {
	sealed := tokens.NewSealed[T](parts.Cache, id)
	release, err := newMaker(parts, Flags{}).tokenLock(sealed.ID())(ctx)
	if err != nil {
		return err
	}
	defer release()
	if share && plain == nil {
		return errNoHome
	}
	sealed.Tidy()
	if err := sealed.Put(ctx, t, share); err != nil {
		return fmt.Errorf("keep the tokens of the sign-in: %w", err)
	}
	if err := parts.Cache.Forget(base); err != nil {
		return err
	}
	if !share {
		return nil
	}
	if err := plain.Put(t); err != nil {
		return fmt.Errorf("share the tokens of the sign-in: %w", err)
	}
	return nil
}

// ShareSSO puts a plain copy of the sealed tokens where SDKs look. It returns false if
// there are no sealed tokens.
func ShareSSO(ctx context.Context, s *profile.SSO, parts Parts) (shared bool, err error) {
	return share(ctx, parts, SSOTokens(s), plainSSO(parts.Home, s))
}

// ShareLogin is ShareSSO for a login session.
func ShareLogin(ctx context.Context, session string, parts Parts) (shared bool, err error) {
	return share(ctx, parts, LoginTokens(session), plainLogin(parts.Env, parts.Home, session))
}

func share[T tokens.Token](ctx context.Context, parts Parts, id tokens.ID, plain tokens.Copy[T]) (shared bool, err error) {
	if plain == nil {
		return false, errNoHome
	}
	sealed := tokens.NewSealed[T](parts.Cache, id)
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

// AdoptSSO moves the tokens that the AWS CLI has left in a plain file into a sealed one,
// and removes the plain ones, with the registrations of the AWS CLI for the same
// sign-in. It returns the files that it has removed. Wherever it is interrupted, the
// tokens are in one of the files. The error is a *PortalError, around a
// *tokens.SignInError if there is no plain file.
func AdoptSSO(ctx context.Context, p *profile.Profile, parts Parts) (removed []string, err error) {
	if err = checkSignIn(p.SSO); err == nil {
		s := p.SSO
		removed, err = adopt(ctx, parts, SSOTokens(s), plainSSO(parts.Home, s), tokens.CLIRegistrations(parts.Home, s.Session, s.StartURL, s.Region, s.RegistrationScopes))
	}
	if err != nil {
		return removed, &PortalError{p, err}
	}
	return removed, nil
}

// AdoptLogin is AdoptSSO for the tokens and the key of a login session. The error is a
// *GivenError.
func AdoptLogin(ctx context.Context, p *profile.Profile, parts Parts) (removed []string, err error) {
	removed, err = adopt(ctx, parts, LoginTokens(p.LoginSession), plainLogin(parts.Env, parts.Home, p.LoginSession), nil)
	if err != nil {
		return removed, &GivenError{Login, p, err}
	}
	return removed, nil
}

// adopt seals plain tokens, and removes them and other files.
func adopt[T tokens.Token](ctx context.Context, parts Parts, id tokens.ID, plain tokens.Copy[T], others []string) (removed []string, err error) {
	if plain == nil {
		return nil, errNoHome
	}
	sealed, lock := tokens.NewSealed[T](parts.Cache, id), newMaker(parts, Flags{}).tokenLock
	for _, place := range []string{plain.ID(), sealed.ID()} {
		release, err := lock(place)(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	t, err := plain.Load(ctx)
	if err != nil {
		return nil, err
	}
	if own, err := sealed.Load(ctx); err == nil && own.State().Ended(parts.Now()) == nil {
		t = tokens.Later(own, t)
	}
	sealed.Tidy()
	if err := sealed.Put(ctx, t, false); err != nil {
		return nil, err
	}
	if kept, err := sealed.Load(ctx); err != nil || kept != t {
		return nil, fmt.Errorf("the sealed tokens are not as they were written, and the plain ones are left: %w", err)
	}
	plain.Tidy()
	for _, file := range append(others, plain.ID()) { // the tokens last, so that who is interrupted can begin again
		switch err := os.Remove(file); {
		case err == nil:
			removed = append(removed, file)
		case !errors.Is(err, os.ErrNotExist):
			return removed, err
		}
	}
	return removed, nil
}

// signOutLimit bounds the calls of a sign-out, which works without them.
const signOutLimit = 10 * time.Second

// SignOut ends the sign-in of sealed tokens and removes them, with what the cache has
// of them and the copy that awsexec itself has made for SDKs. Left is the error if AWS
// could not be told, so that the session lives on there until it expires by itself.
func SignOut(ctx context.Context, kept tokens.Kept, parts Parts) (left, err error) {
	m := newMaker(parts, Flags{})
	release, err := m.tokenLock(kept.Path)(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	switch kept.Kind {
	case tokens.KindSSO:
		s := &profile.SSO{Session: kept.Session, StartURL: kept.StartURL, Region: kept.Region}
		sealed, plain := tokens.NewSealed[tokens.SSO](parts.Cache, kept.ID), plainSSO(parts.Home, s)
		left = m.endSSO(ctx, s, withCopy(sealed, kept.Shared, plain))
		err = errors.Join(removeSealed(sealed, kept.Shared, plain), parts.Cache.Forget(SSOBase(s)))
	case tokens.KindLogin:
		sealed, plain := tokens.NewSealed[tokens.Login](parts.Cache, kept.ID), plainLogin(parts.Env, parts.Home, kept.Session)
		left = m.endLogin(ctx, withCopy(sealed, kept.Shared, plain))
		err = errors.Join(removeSealed(sealed, kept.Shared, plain), parts.Cache.Forget(LoginBase(kept.Session)))
	default:
		err = tokens.NewSealed[tokens.Registration](parts.Cache, kept.ID).Remove()
	}
	return left, err
}

// withCopy returns the store of sealed tokens and, if they are shared, of their copy,
// which an SDK may have renewed.
func withCopy[T tokens.Token](sealed tokens.Sealed[T], shared bool, plain tokens.Copy[T]) tokens.Store[T] {
	if shared && plain != nil {
		return tokens.Shared[T]{Sealed: sealed, Copy: plain}
	}
	return sealed
}

// removeSealed removes sealed tokens and their copy.
func removeSealed[T tokens.Token](sealed tokens.Sealed[T], shared bool, plain tokens.Copy[T]) error {
	if shared && plain != nil {
		if err := plain.Remove(); err != nil {
			return err
		}
	}
	return sealed.Remove()
}

// endSSO ends a session of IAM Identity Center at AWS. That takes a valid access token,
// so that an expired one is renewed for it.
func (m *maker) endSSO(ctx context.Context, s *profile.SSO, from tokens.Store[tokens.SSO]) error {
	ctx, cancel := context.WithTimeout(ctx, signOutLimit)
	defer cancel()
	defer m.Events.Waiting("for IAM Identity Center in " + s.Region)()
	t, err := from.Load(ctx)
	if err != nil {
		return err
	}
	if now := m.Now(); !t.State().ValidAt(now) {
		if t.State().CannotRenew(now) != nil {
			return nil // it has ended
		}
		grant, err := m.Client.RenewSSO(ctx, s.Region, t.ClientID, t.ClientSecret, t.RefreshToken)
		switch {
		case awsapi.SignInRefused(err):
			return nil
		case err != nil:
			return err
		}
		t.AccessToken = grant.AccessToken
	}
	if err := m.Client.LogoutSSO(ctx, s.Region, t.AccessToken); !awsapi.SignInRefused(err) {
		return err
	}
	return nil
}

// endLogin ends a login session at AWS. That takes its credentials, so that expired ones
// are renewed for it.
func (m *maker) endLogin(ctx context.Context, from tokens.Store[tokens.Login]) error {
	ctx, cancel := context.WithTimeout(ctx, signOutLimit)
	defer cancel()
	t, err := from.Load(ctx)
	if err != nil || t.RefreshToken == "" {
		return err
	}
	client := m.loginClient(t)
	defer m.Events.Waiting("for the sign-in service in " + client.CalledRegion())()
	if !t.State().ValidAt(m.Now()) {
		if t, err = m.renewLogin(ctx, client, t); err != nil && !awsapi.SignInRefused(err) {
			return err
		}
	}
	if err == nil {
		err = client.RevokeLogin(ctx, t.Credentials(), t.RefreshToken)
	}
	if awsapi.SignInRefused(err) { // it has ended
		return nil
	}
	return err
}

// PlainTokens returns the files of the AWS CLI that hold tokens of a sign-in: of the one
// that kept is about, or of all if that is nil.
func PlainTokens(ctx context.Context, kept *tokens.Kept, env func(string) string, home string) []string {
	if kept == nil {
		return tokens.PlainFiles(home, profile.LoginCache(env, home))
	}
	var file string
	var err error
	switch kept.Kind {
	case tokens.KindSSO:
		if plain := plainSSO(home, &profile.SSO{Session: kept.Session, StartURL: kept.StartURL, Region: kept.Region}); plain != nil {
			file = plain.ID()
			_, err = plain.Load(ctx)
		}
	case tokens.KindLogin:
		if plain := plainLogin(env, home, kept.Session); plain != nil {
			file = plain.ID()
			_, err = plain.Load(ctx)
		}
	}
	if file == "" || err != nil {
		return nil
	}
	return []string{file}
}
