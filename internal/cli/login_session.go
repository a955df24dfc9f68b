package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/tokens"
)

// loginSession has a person sign in for a profile with a login session.
func (c *loginCmd) loginSession(ctx context.Context, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	if c.Adopt {
		if err := readyToSeal(ctx, settings, sess, out); err != nil {
			return err
		}
		removed, err := sess.AdoptLogin(ctx, p)
		for _, file := range removed {
			out.note("removed %s", file)
		}
		if err != nil {
			return err
		}
		out.note("the tokens and their key are sealed now; programs get credentials from awsexec, and no longer from login_session alone")
		return c.tellEnded(provider.LoginTokens(p.LoginSession), p, settings, sess, out)
	}
	if !c.Force {
		state, err := sess.LoginState(ctx, p)
		switch {
		case err == nil:
			return c.stillLogin(ctx, p, state, settings, sess, out)
		case !needsPerson(err):
			return err
		}
	}
	who, state, err := c.signInLogin(ctx, p, settings, sess, out, timing, theSame(p))
	if err != nil {
		return err
	}
	out.note("signed in as %s, %s", who, lastsLogin(state, settings.Now()))
	c.tellSharedLogin(out)
	return c.nextLogin(ctx, p, settings, sess, out)
}

// signInLogin has a person sign in, whose tokens are kept if accept says so.
func (c *loginCmd) signInLogin(ctx context.Context, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui, timing timing,
	accept func(context.Context, string) error,
) (who string, state tokens.State, err error) {
	if err := readyToSeal(ctx, settings, sess, out); err != nil {
		return "", tokens.State{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timing.signInPatience, session.ErrTooLong)
	defer cancel()
	sess.ForgetUnfinished(provider.LoginBase(p.LoginSession))
	person := c.person(p, settings, sess, out)
	defer person.close()
	return sess.SignInLogin(ctx, p, session.LoginSignIn{Person: person, Remote: person.remote, Share: c.Share, Accept: func(ctx context.Context, who string) error {
		person.close()
		return accept(ctx, who)
	}})
}

// otherIdentityError reports that somebody else has signed in than the one whom a
// profile names.
type otherIdentityError struct{ profile, want, got string }

func (e *otherIdentityError) Error() string {
	return fmt.Sprintf("profile %q is for %s, but %s has signed in; nothing was kept", e.profile, e.want, e.got)
}

// stillLogin says that nobody has to sign in.
func (c *loginCmd) stillLogin(ctx context.Context, p *profile.Profile, state tokens.State, settings *session.Settings, sess *session.Session, out *ui) error {
	out.note("you are still signed in as %s, %s", p.LoginSession, lastsLogin(state, settings.Now()))
	if !c.Share {
		return nil
	}
	shared, err := sess.ShareLogin(ctx, p)
	if err == nil && shared {
		c.tellSharedLogin(out)
	}
	return err
}

// lastsLogin returns in words how long a login session lasts. AWS says that only of its
// credentials, which live for 15 minutes.
func lastsLogin(s tokens.State, now time.Time) string {
	return fmt.Sprintf("for 12h at most; its credentials are good for %s, and awsexec renews them by itself", roundly(s.Expires.Sub(now)))
}

// tellSharedLogin says what --share means.
func (c *loginCmd) tellSharedLogin(out *ui) {
	if c.Share {
		out.note("a copy of the tokens and of their key is in plaintext below ~/.aws/login/cache, where every program of yours can read it")
	}
}

// nextLogin says what to type next.
func (c *loginCmd) nextLogin(ctx context.Context, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) error {
	selected, err := sess.Selected(ctx)
	if err != nil || !leadsTo(selected, p.Name) {
		selected = p
	}
	out.nextAfter(selected, settings)
	return nil
}
