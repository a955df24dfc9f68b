package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/awsexec/awsexec/internal/near"
	"github.com/awsexec/awsexec/internal/populate"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/term"
)

// ssoCmd are the commands about what a sign-in at IAM Identity Center may use.
type ssoCmd struct {
	List     ssoListCmd     `cmd:"" help:"List the accounts and roles that you may use." heeds:"profile,keystore,no-prompt,debug"`
	Populate ssoPopulateCmd `cmd:"" help:"Write a profile for each role that you may use." heeds:"profile,region,keystore,no-prompt,debug"`
}

// ssoFlags are those of both.
type ssoFlags struct {
	Session string   `placeholder:"NAME" complete:"sso-session" help:"Use the sign-in of this sso-session."`
	Filter  []string `sep:"none" placeholder:"ACCOUNT:ROLE" help:"Only these, with * and ?; may be repeated." detail:"ACCOUNT is compared with the name and the id of an account; letter case does not count. Without :ROLE all roles of the account are meant."`
}

// filters returns the filters that the user gave.
func (f ssoFlags) filters() (populate.Filters, error) {
	var filters populate.Filters
	for _, text := range f.Filter {
		filter, err := populate.ParseFilter(text)
		if err != nil {
			return nil, usageError{"--filter: " + err.Error(), "write it as 'prod-*' or 'prod-*:Admin'"}
		}
		filters = append(filters, filter)
	}
	return filters, nil
}

// signIn returns a profile with the sign-in that the user means: that of --session, of
// the profile that is selected, the only one that there is, or the one that a person
// picks. How AWS is called is as the selected profile says.
func (f ssoFlags) signIn(ctx context.Context, settings *session.Settings, sess *session.Session) (*profile.Profile, error) {
	return f.oneOf(ctx, settings, sess, nil)
}

// oneOf is signIn where the sign-ins that logins returns may be meant too.
func (f ssoFlags) oneOf(ctx context.Context, settings *session.Settings, sess *session.Session, logins func(*profile.Config) []profile.SignIn) (*profile.Profile, error) {
	if f.Session != "" && settings.Profile != "" {
		return nil, usageError{"--session and --profile exclude each other", ""}
	}
	config, err := sess.Config()
	if err != nil {
		return nil, err
	}
	selected, err := sess.Selected(ctx)
	if err != nil && settings.Profile != "" {
		return nil, err
	}
	if err != nil { // it is not needed
		selected = &profile.Profile{Name: settings.SelectedName()}
	}
	if f.Session != "" {
		s, ok := config.SSOSession(f.Session)
		if !ok {
			return nil, &noSignInError{file: settings.Files.Config, session: f.Session, all: config.SignIns()}
		}
		return with(selected, s), nil
	}
	for p := selected; p != nil; p = p.Source {
		if p.SSO != nil {
			return p, nil
		}
	}
	if settings.Profile != "" {
		return nil, fmt.Errorf("profile %q does not sign in at IAM Identity Center: it has no sso_session", settings.Profile)
	}
	all := config.SignIns()
	if logins != nil {
		all = append(all, logins(config)...)
	}
	none := &noSignInError{file: settings.Files.Config, all: all, logins: logins != nil}
	if len(all) == 0 || len(all) > 1 && settings.NoPrompt {
		return nil, none
	}
	at := 0
	if len(all) > 1 {
		at, err = pickSignIn(ctx, all)
		switch {
		case errors.Is(err, term.ErrNoTerminal):
			return nil, none
		case err != nil:
			return nil, err
		}
	}
	if all[at].Profile != "" {
		return sess.Profile(ctx, all[at].Profile)
	}
	return with(selected, all[at].SSO), nil
}

// pickSignIn lets the person at the terminal pick one of several sign-ins, and returns
// its index.
func pickSignIn(ctx context.Context, all []profile.SignIn) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, promptLimit, session.ErrTooLong)
	defer cancel()
	items := make([]term.Item, len(all))
	for i, s := range all {
		items[i] = term.Item{Name: s.Session, About: cmp.Or(s.StartURL, s.LoginSession)}
		if s.Session == "" {
			items[i].Name = "profile " + s.Profile
		}
	}
	return term.Pick(ctx, "sign-in: ", items)
}

// with returns p with another sign-in.
func with(p *profile.Profile, s profile.SSO) *profile.Profile {
	changed := *p
	changed.SSO = &s
	return &changed
}

// noSignInError reports that it is not known which sign-in is meant.
type noSignInError struct {
	file    string
	session string // that the user named; "" if none was
	all     []profile.SignIn
	logins  bool // login sessions would do, too
}

func (e *noSignInError) Error() string {
	switch {
	case e.session != "":
		return fmt.Sprintf("there is no section [sso-session %s] in %s", quoteWord(e.session), e.file)
	case len(e.all) == 0 && e.logins:
		return fmt.Sprintf("there is no sso-session and no login_session in %s", e.file)
	case len(e.all) == 0:
		return fmt.Sprintf("there is no sso-session in %s", e.file)
	}
	return fmt.Sprintf("there are %d sign-ins in %s: say which one to use", len(e.all), e.file)
}

// ways returns the flags that name a sign-in, the likeliest first.
func (e *noSignInError) ways() [][]string {
	var ways [][]string
	var sessions []string
	for _, s := range e.all {
		if s.Session != "" {
			sessions = append(sessions, s.Session)
		}
	}
	if e.session != "" {
		if close := near.Names(e.session, sessions); len(close) > 0 {
			sessions = close
		}
	}
	for _, name := range sessions {
		ways = append(ways, []string{"--session", name})
	}
	for _, s := range e.all {
		if s.Session == "" && e.session == "" {
			ways = append(ways, []string{"--profile", s.Profile})
		}
	}
	return ways
}
