package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/tokens"
)

// logoutCmd ends sign-ins.
type logoutCmd struct {
	Name    string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	Session string `placeholder:"NAME" complete:"sso-session" help:"Sign out of this sso-session, without a profile."`
	All     bool   `help:"Sign out everywhere."`
}

func (c *logoutCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *logoutCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	all, err := sess.SignIns()
	if err != nil {
		return err
	}
	if c.All {
		if c.Session != "" || settings.Profile != "" {
			return usageError{"--all excludes a profile and --session", ""}
		}
		return c.everywhere(ctx, all, settings, sess, out)
	}
	p, err := signInOf(ctx, c.Session, settings, sess)
	if err != nil {
		return err
	}
	id := provider.LoginTokens(p.LoginSession)
	if p.SSO != nil {
		id = provider.SSOTokens(p.SSO)
	}
	var errs []error
	signedOut := false
	for _, kept := range all {
		registration := kept.Kind == tokens.KindRegistration && p.SSO != nil && kept.StartURL == p.SSO.StartURL && kept.Region == p.SSO.Region
		if kept.ID == id || registration {
			errs = append(errs, c.end(ctx, p, kept, sess, out))
			signedOut = signedOut || kept.ID == id
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if signedOut {
		out.note("signed out of %s", describeSignIn(tokens.Kept{ID: id}))
	}
	left := provider.PlainTokens(ctx, &tokens.Kept{ID: id}, settings.Env, settings.SDKHome)
	if !signedOut && len(left) == 0 {
		out.note("nobody is signed in to %s", describeSignIn(tokens.Kept{ID: id}))
	}
	return tellPlain(out, left)
}

// everywhere ends all sign-ins.
func (c *logoutCmd) everywhere(ctx context.Context, all []tokens.Kept, settings *session.Settings, sess *session.Session, out *ui) error {
	var errs []error
	n := 0
	for _, kept := range all {
		err := c.end(ctx, &profile.Profile{Name: settings.SelectedName()}, kept, sess, out)
		if errs = append(errs, err); err == nil && kept.Kind != tokens.KindRegistration {
			out.note("signed out of %s", describeSignIn(kept))
			n++
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	left := provider.PlainTokens(ctx, nil, settings.Env, settings.SDKHome)
	if n == 0 && len(left) == 0 {
		out.note("nobody is signed in")
	}
	return tellPlain(out, left)
}

// end ends one sign-in. AWS need not be reached for that.
func (c *logoutCmd) end(ctx context.Context, p *profile.Profile, kept tokens.Kept, sess *session.Session, out *ui) error {
	left, err := sess.SignOut(ctx, p, kept)
	if err != nil {
		return fmt.Errorf("sign out of %s: %w", describeSignIn(kept), err)
	}
	switch {
	case left == nil:
	case kept.Kind == tokens.KindLogin && awsapi.RevocationForbidden(left):
		out.note("AWS still takes a copy of these tokens, if there is one, until they expire: policies do not allow signin:RevokeOAuth2TokenWithIAM to the one who has signed in")
	default:
		out.Warn(&unendedError{kept, left})
	}
	return nil
}

// unendedError warns that a session lives on at AWS.
type unendedError struct {
	kept tokens.Kept
	err  error
}

func (e *unendedError) Unwrap() error { return e.err }

func (e *unendedError) Error() string {
	return fmt.Sprintf("the tokens of %s are removed here, but AWS could not be told, where the session ends by itself: %v", describeSignIn(e.kept), e.err)
}

// describeSignIn returns in words what tokens are for.
func describeSignIn(kept tokens.Kept) string {
	switch {
	case kept.Kind == tokens.KindLogin:
		return "login session " + kept.Session
	case kept.Session != "":
		return "sso-session " + quoteWord(kept.Session)
	}
	return kept.StartURL
}

// plainLeftError warns of tokens of the AWS CLI, which a sign-out leaves.
type plainLeftError struct{ files []string }

func (e *plainLeftError) Error() string {
	if len(e.files) == 1 {
		return "the AWS CLI has a sign-in of its own, which is still good, in " + e.files[0]
	}
	return fmt.Sprintf("the AWS CLI has %d sign-ins of its own, which are left, such as that in %s", len(e.files), e.files[0])
}

func tellPlain(out *ui, files []string) error {
	if len(files) > 0 {
		out.Warn(&plainLeftError{files})
	}
	return nil
}
