package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/awsexec/awsexec/internal/browser"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
	"github.com/awsexec/awsexec/internal/tokens"
)

// neededSignIn has a person sign in whose command, or whose program, needs it.
type neededSignIn struct {
	settings *session.Settings
	sess     *session.Session
	out      *ui
}

// signIn implements session.SignIn.
func (n neededSignIn) signIn(ctx context.Context, r provider.SignInRequest, byProgram bool) error {
	choice := browser.Choice{Command: n.settings.Env("AWSEXEC_BROWSER"), List: n.settings.Env("BROWSER")}
	person := newSigner(choice, false, r.Profile, n.settings, n.sess, n.out)
	defer person.close()
	person.byProgram = byProgram
	if person.remote && !term.Present() {
		return fmt.Errorf("%w, and no terminal", cmp.Or(person.unfit, browser.ErrNone))
	}
	person.say("%v", r.Why)
	if r.Kind == provider.Login {
		share, err := n.shares(provider.LoginTokens(r.Profile.LoginSession))
		if err != nil {
			return err
		}
		_, _, err = n.sess.SignInLogin(ctx, r.Profile, session.LoginSignIn{Person: person, Remote: person.remote, Share: share, Accept: theSame(r.Profile)})
		return err
	}
	share, err := n.shares(provider.SSOTokens(r.Profile.SSO))
	if err != nil {
		return err
	}
	_, err = n.sess.SignInSSO(ctx, r.Profile, person, person.remote, share)
	return err
}

// theSame accepts the one whom the login session of p names.
func theSame(p *profile.Profile) func(context.Context, string) error {
	return func(_ context.Context, who string) error {
		if !session.IsLoginSession(p, who) {
			return &otherIdentityError{p.Name, p.LoginSession, who}
		}
		return nil
	}
}

// shares reports whether the user has had a copy of tokens left where SDKs look: then
// the new ones go there too.
func (n neededSignIn) shares(id tokens.ID) (bool, error) {
	all, err := n.sess.SignIns()
	return slices.ContainsFunc(all, func(k tokens.Kept) bool { return k.ID == id && k.Shared }), err
}
