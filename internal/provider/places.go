package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// place is one of the places where the tokens of a sign-in may be: a sealed file of
// awsexec's own, or the plain file of the AWS CLI.
type place[T tokens.Token] struct {
	tokens.Store[T]
	state tokens.State
	err   error // why there are no tokens; nil if there are
	own   bool
}

// Load implements tokens.Store.
func (p place[T]) Load(ctx context.Context) (T, error) {
	t, err := p.Store.Load(ctx)
	if _, ok := errors.AsType[*tokens.SignInError](err); err != nil && p.own && !ok {
		err = &unopenedError{err}
	}
	return t, err
}

// patience returns how long another program may take to write down what it has just
// renewed. Nobody but awsexec writes sealed files, and it takes turns.
func (p place[T]) patience() time.Duration {
	if p.own {
		return 0
	}
	return tokenPatience
}

// unopenedError reports that sealed tokens are not known. It says nothing about those
// of the AWS CLI.
type unopenedError struct{ error }

func (e *unopenedError) Unwrap() error { return e.error }

// placesOf returns where the tokens of a sign-in may be, those first that are best to
// use: valid ones before those that can be renewed. Of tokens that are equal in that
// awsexec's own come first, unless the others expire later: of two that have to be
// renewed one may be the result of the other. There is no cache, or no plain file, if
// it is nil. It needs no key.
func placesOf[T tokens.Token](ctx context.Context, c *cache.Cache, id tokens.ID, plain tokens.Copy[T], now time.Time) []place[T] {
	var all []place[T]
	if plain != nil {
		t, err := plain.Load(ctx)
		p := place[T]{Store: plain, err: err}
		if err == nil {
			p.state = t.State()
		}
		all = append(all, p)
	}
	if c != nil {
		sealed := tokens.NewSealed[T](c, id)
		state, shared, err := sealed.State()
		p := place[T]{sealed, state, err, true}
		if shared && plain != nil && err == nil {
			p.Store = tokens.Shared[T]{Sealed: sealed, Copy: plain}
			if copied := all[0]; copied.err == nil && copied.state.Expires.After(state.Expires) {
				p.state = copied.state
			}
		}
		all = slices.Insert(all, 0, p)
	}
	slices.SortStableFunc(all, func(a, b place[T]) int {
		rank := b.rank(now) - a.rank(now)
		if rank == 0 && a.rank(now) < valid {
			rank = b.state.Expires.Compare(a.state.Expires)
		}
		return rank
	})
	return all
}

// The ranks of a place, the best last.
const (
	empty = iota
	unusable
	renewable
	valid
)

func (p place[T]) rank(now time.Time) int {
	signIn, ok := errors.AsType[*tokens.SignInError](p.err)
	switch {
	case ok && signIn.Reason == tokens.Missing:
		return empty
	case p.err != nil:
		return unusable
	case p.state.ValidAt(now):
		return valid
	case p.state.CannotRenew(now) == nil:
		return renewable
	}
	return unusable
}

// useFirst calls use with each place until one has tokens that are accepted. It
// returns the error of the first, if there is none.
func useFirst[T tokens.Token](ctx context.Context, places []place[T], use func(place[T]) error) error {
	var first error
	for _, p := range places {
		err := use(p)
		_, signIn := errors.AsType[*tokens.SignInError](err)
		_, unopened := errors.AsType[*unopenedError](err)
		if err == nil || !signIn && !unopened || ctx.Err() != nil {
			return err
		}
		first = cmp.Or(first, err)
	}
	if first == nil {
		return errNoHome
	}
	return first
}

// SSOTokens returns the name of the tokens of a sign-in at IAM Identity Center among
// the sealed files.
func SSOTokens(s *profile.SSO) tokens.ID {
	return tokens.ID{Kind: tokens.KindSSO, Session: s.Session, StartURL: s.StartURL, Region: s.Region}
}

// LoginTokens returns the name of the tokens of a login session among the sealed
// files.
func LoginTokens(session string) tokens.ID {
	return tokens.ID{Kind: tokens.KindLogin, Session: session}
}

// ssoPlaces returns where the tokens of a sign-in at IAM Identity Center may be.
func ssoPlaces(ctx context.Context, c *cache.Cache, home string, s *profile.SSO, now time.Time) []place[tokens.SSO] {
	return placesOf(ctx, c, SSOTokens(s), plainSSO(home, s), now)
}

// plainSSO returns the file of the AWS CLI for a sign-in at IAM Identity Center; nil if
// the user's home is not known.
func plainSSO(home string, s *profile.SSO) tokens.Copy[tokens.SSO] {
	if home == "" {
		return nil
	}
	file := tokens.SSOCopy{SSOFile: tokens.NewSSOFile(home, s.Session, s.StartURL), StartURL: s.StartURL, Region: s.Region}
	if s.Session == "" {
		return legacy{file}
	}
	return file
}

// loginPlaces returns where the tokens of a login session may be.
func loginPlaces(ctx context.Context, c *cache.Cache, env func(string) string, home, session string, now time.Time) []place[tokens.Login] {
	return placesOf(ctx, c, LoginTokens(session), plainLogin(env, home, session), now)
}

// plainLogin returns the file of the AWS CLI for a login session; nil if its directory
// is not known.
func plainLogin(env func(string) string, home, session string) tokens.Copy[tokens.Login] {
	dir := profile.LoginCache(env, home)
	if dir == "" && home == "" {
		return nil
	}
	return tokens.NewLoginFile(home, dir, session)
}

// legacy is the token of a profile without sso_session, which no SDK renews.
type legacy struct{ tokens.SSOCopy }

// Load implements tokens.Store.
func (l legacy) Load(ctx context.Context) (tokens.SSO, error) {
	t, err := l.SSOCopy.Load(ctx)
	t.RefreshToken = ""
	return t, err
}
