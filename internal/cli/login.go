package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/browser"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/tokens"
)

// loginCmd has a person sign in.
type loginCmd struct {
	Name    string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	Session string `placeholder:"NAME" complete:"sso-session" help:"Sign in for this sso-session, without a profile."`
	Remote  bool   `help:"Sign in with a browser on another machine, by a code."`
	Browser string `placeholder:"CMD" help:"Run this browser: a command, with {url} for the link."`
	Force   bool   `help:"Sign in although somebody is signed in."`
	Share   bool   `help:"Leave a plain copy of the tokens where AWS SDKs look." detail:"For programs that read sso_session or login_session themselves and cannot run awsexec. Whoever can read your files can then use the sign-in, as after aws sso login or aws login. awsexec keeps the copy up to date, and awsexec logout removes it."`
	New     bool   `help:"Make a profile for who signs in at the AWS console." detail:"The lines for the AWS config file are shown, and written after you have agreed: login_session, which names the one who has signed in, and region."`
	Yes     bool   `short:"y" help:"With --new, do not ask for confirmation."`
	Adopt   bool   `help:"Seal the plain tokens of the AWS CLI, and remove them." detail:"Nobody has to sign in. Programs that read sso_session or login_session themselves find no tokens any more: give their profiles a credential_process, or use --share."`
}

func (c *loginCmd) about() (name *string, needed bool) { return &c.Name, false }

// signInPatience is how long a person may take to sign in, with a password and a second
// factor. A code is good for ten minutes.
const signInPatience = 10 * time.Minute

func (c *loginCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, timing timing) error {
	if c.Adopt && (c.Share || c.Force || c.Remote || c.Browser != "") {
		return usageError{"--adopt signs nobody in: it excludes --share, --force, --remote and --browser", ""}
	}
	if c.New {
		return c.create(ctx, settings, sess, out, timing)
	}
	p, err := signInOf(ctx, c.Session, settings, sess)
	if err != nil {
		return err
	}
	if p.SSO == nil {
		return c.loginSession(ctx, p, settings, sess, out, timing)
	}
	if c.Adopt {
		if err := readyToSeal(ctx, settings, sess, out); err != nil {
			return err
		}
		return c.adopt(ctx, p, settings, sess, out)
	}
	if !c.Force {
		state, err := sess.SignedIn(ctx, p)
		if err == nil {
			return c.still(ctx, p, state, settings, sess, out)
		}
		if !needsPerson(err) {
			return err
		}
	}
	if err := readyToSeal(ctx, settings, sess, out); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timing.signInPatience, session.ErrTooLong)
	defer cancel()
	sess.ForgetUnfinished(provider.SSOBase(p.SSO))
	person := c.person(p, settings, sess, out)
	defer person.close()
	state, err := sess.SignInSSO(ctx, p, person, person.remote, c.Share)
	if err != nil {
		return err
	}
	out.note("signed in at %s, %s", p.SSO.StartURL, lasts(state, settings.Now()))
	c.tellShared(out)
	return c.next(ctx, p, settings, sess, out)
}

// person returns who signs in for p.
func (c *loginCmd) person(p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) *signer {
	choice := browser.Choice{Command: cmp.Or(c.Browser, settings.Env("AWSEXEC_BROWSER")), List: settings.Env("BROWSER")}
	return newSigner(choice, c.Remote, p, settings, sess, out)
}

// signInOf returns the profile with the sign-in that the user means: that of an
// sso-session, or one with a sign-in at IAM Identity Center or a login session, which
// leads to the credentials of the profile that is selected.
func signInOf(ctx context.Context, ssoSession string, settings *session.Settings, sess *session.Session) (*profile.Profile, error) {
	if ssoSession == "" {
		selected, err := sess.Selected(ctx)
		for p := selected; err == nil && p != nil; p = p.Source {
			if p.SSO != nil || p.LoginSession != "" {
				return p, nil
			}
		}
	}
	return ssoFlags{Session: ssoSession}.oneOf(ctx, settings, sess, (*profile.Config).LoginSessions)
}

// still says that nobody has to sign in.
func (c *loginCmd) still(ctx context.Context, p *profile.Profile, state tokens.State, settings *session.Settings, sess *session.Session, out *ui) error {
	out.note("you are still signed in at %s, %s", p.SSO.StartURL, lasts(state, settings.Now()))
	if !c.Share {
		return nil
	}
	shared, err := sess.ShareSSO(ctx, p)
	if err == nil && shared {
		c.tellShared(out)
	}
	return err
}

// lasts returns in words how long a sign-in lasts.
func lasts(s tokens.State, now time.Time) string {
	text := fmt.Sprintf("until %s (in %s)", s.Expires.UTC().Format(time.RFC3339), roundly(s.Expires.Sub(now)))
	if s.CannotRenew(now) == nil {
		text += "; awsexec then renews it by itself, for as long as your organisation allows"
	}
	return text
}

// roundly returns a time span as people say it.
func roundly(d time.Duration) string {
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// tellShared says what --share means.
func (c *loginCmd) tellShared(out *ui) {
	if c.Share {
		out.note("a copy of the tokens is in plaintext below ~/.aws/sso/cache, where every program of yours can read it")
	}
}

// next says who the user of p is, and what to type next.
func (c *loginCmd) next(ctx context.Context, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) error {
	if p.SSO.AccountID == "" || p.SSO.RoleName == "" { // of an sso-session
		var words []string
		if p.SSO.Session != "" {
			words = []string{"--session", p.SSO.Session}
		}
		out.note("next: %s", out.adv.command("sso list", words...))
		return nil
	}
	selected, err := sess.Selected(ctx)
	if err != nil || !leadsTo(selected, p.Name) {
		selected = p
	}
	if credentials, err := sess.Credentials(ctx, selected, execLimit); err != nil {
		out.Warn(err) // the sign-in is good all the same
	} else if client, err := sess.Client(selected); err == nil {
		done := out.Waiting("for AWS STS")
		who, err := client.WhoAmI(ctx, credentials.Credentials)
		done()
		if err == nil {
			out.note("identity %s", who.ARN)
		} else {
			out.Warn(err)
		}
	}
	out.nextAfter(selected, settings)
	return nil
}

// nextAfter says what to type next, after a sign-in for the profile selected.
func (u *ui) nextAfter(selected *profile.Profile, settings *session.Settings) {
	name := ""
	if settings.Profile != "" || selected.Name != settings.SelectedName() {
		name = selected.Name
	}
	u.note("next: %s", u.adv.next(name))
}

// leadsTo reports whether p is the profile called name, or builds on it.
func leadsTo(p *profile.Profile, name string) bool {
	for ; p != nil; p = p.Source {
		if p.Name == name {
			return true
		}
	}
	return false
}

// adopt seals the tokens that the AWS CLI has left for p.
func (c *loginCmd) adopt(ctx context.Context, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) error {
	removed, err := sess.AdoptSSO(ctx, p)
	for _, file := range removed {
		out.note("removed %s", file)
	}
	if err != nil {
		return err
	}
	out.note("the tokens are sealed now; programs get credentials from awsexec, and no longer from sso_session alone")
	return c.tellEnded(provider.SSOTokens(p.SSO), p, settings, sess, out)
}

// tellEnded says that tokens which were sealed are of no use any more, if that is so.
func (c *loginCmd) tellEnded(id tokens.ID, p *profile.Profile, settings *session.Settings, sess *session.Session, out *ui) error {
	all, err := sess.SignIns()
	for _, kept := range all {
		if why := kept.Ended(settings.Now()); kept.ID == id && why != nil {
			out.note("%v", why)
			next := out.adv.command("login", p.Name)
			if c.Session != "" {
				next = out.adv.command("login", "--session", c.Session)
			}
			out.note("next: %s", next)
		}
	}
	return err
}
