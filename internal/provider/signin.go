package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/tokens"
)

// Tokens are renewed this long before they expire. The access token of a login
// session is credentials that a program will use for a while: botocore renews it five
// minutes before. That of IAM Identity Center is used at once.
const (
	earlySSO   = time.Minute
	earlyLogin = 5 * time.Minute
)

// tokenPatience is how long the AWS CLI may take to write down a token that it has
// just renewed.
const tokenPatience = time.Second

// identityCenter returns the credentials of a role of IAM Identity Center, for the
// token that a sign-in left.
func (m *maker) identityCenter(ctx context.Context, p *profile.Profile) (c aws.Credentials, err error) {
	err = m.useSSO(ctx, p.SSO, func(ctx context.Context, accessToken string) (err error) {
		began := m.Now()
		made, err := m.Client.RoleCredentials(ctx, p.SSO.Region, accessToken, p.SSO.AccountID, p.SSO.RoleName)
		if c = made.Credentials; err != nil || made.Date.IsZero() || began.Sub(made.Date).Abs() < toleratedSkew {
			return err
		}
		c, err = m.byLocalClock(made, began, 0)
		return err
	})
	return c, err
}

// useSSO calls use with the access token of a sign-in at IAM Identity Center, which it
// renews if need be. If AWS does not accept the token any more and another one has come
// meanwhile, it calls use once more. The error is a *tokens.SignInError if a new sign-in
// would help.
func (m *maker) useSSO(ctx context.Context, s *profile.SSO, use func(ctx context.Context, accessToken string) error) error {
	return useFirst(ctx, ssoPlaces(ctx, m.Cache, m.Home, s, m.Now()), func(from place[tokens.SSO]) error {
		return m.useSSOFrom(ctx, s, from, use)
	})
}

// useSSOFrom is useSSO for the tokens of one place.
func (m *maker) useSSOFrom(ctx context.Context, s *profile.SSO, from place[tokens.SSO], use func(ctx context.Context, accessToken string) error) error {
	token, err := (&tokens.Renewer[tokens.SSO]{
		Store: from, Lock: m.tokenLock(from.ID()), Now: m.Now, Report: m.reportToken, Early: earlySSO, Patience: from.patience(),
		Renew: func(ctx context.Context, old tokens.SSO) (tokens.SSO, error) {
			defer m.Events.Waiting("for IAM Identity Center in " + s.Region)()
			began := m.Now()
			grant, err := m.Client.RenewSSO(ctx, s.Region, old.ClientID, old.ClientSecret, old.RefreshToken)
			if err != nil {
				return tokens.SSO{}, signInError(err)
			}
			old.AccessToken, old.ExpiresAt = grant.AccessToken, began.Add(grant.Life).UTC().Truncate(time.Second)
			if grant.RefreshToken != "" {
				old.RefreshToken = grant.RefreshToken
			}
			m.Events.Debug("renewed the sign-in until %s", old.ExpiresAt.Format(time.RFC3339))
			return old, nil
		},
		Refused: func(ctx context.Context, old tokens.SSO) {
			old.RefreshToken = ""
			m.noteRefused(from.own, func() error { return from.Save(ctx, old) })
		},
	}).Get(ctx)
	if err != nil {
		return err
	}
	defer m.Events.Waiting("for IAM Identity Center in " + s.Region)()
	err = use(ctx, token.AccessToken)
	if !awsapi.SignInRefused(err) {
		return err
	}
	// Another program may have renewed the token since, or somebody has signed in.
	if now, loadErr := from.Load(ctx); loadErr == nil && now.AccessToken != token.AccessToken {
		err = use(ctx, now.AccessToken)
	}
	return signInError(err)
}

// login returns the credentials of a login session.
func (m *maker) login(ctx context.Context, p *profile.Profile) (c aws.Credentials, err error) {
	places := loginPlaces(ctx, m.Cache, m.Env, m.Home, p.LoginSession, m.Now())
	err = useFirst(ctx, places, func(from place[tokens.Login]) error {
		token, err := m.loginFrom(ctx, from)
		c = token.Credentials()
		return err
	})
	return c, err
}

// loginFrom returns the tokens of one place, which it renews if need be.
func (m *maker) loginFrom(ctx context.Context, from place[tokens.Login]) (tokens.Login, error) {
	return (&tokens.Renewer[tokens.Login]{
		Store: from, Lock: m.tokenLock(from.ID()), Now: m.Now, Report: m.reportToken, Early: earlyLogin, Patience: from.patience(),
		Renew: func(ctx context.Context, old tokens.Login) (tokens.Login, error) {
			client := m.loginClient(old)
			defer m.Events.Waiting("for the sign-in service in " + client.CalledRegion())()
			t, err := m.renewLogin(ctx, client, old)
			if err != nil {
				return tokens.Login{}, signInError(err)
			}
			m.Events.Debug("renewed the login session until %s", t.ExpiresAt.Format(time.RFC3339))
			return t, nil
		},
		Refused: func(ctx context.Context, old tokens.Login) {
			old.RefreshToken = ""
			m.noteRefused(from.own, func() error { return from.Save(ctx, old) })
		},
	}).Get(ctx)
}

// loginClient returns the client of the sign-in service where somebody has signed in.
func (m *maker) loginClient(t tokens.Login) awsapi.Client {
	client := m.Client
	if t.Region != "" {
		client.Region = t.Region
	}
	return client
}

// renewLogin returns new tokens for old ones.
func (m *maker) renewLogin(ctx context.Context, client awsapi.Client, t tokens.Login) (tokens.Login, error) {
	key, _ := t.Key()
	began := m.Now()
	grant, err := client.RenewLogin(ctx, t.ClientID, t.RefreshToken, key, m.Now)
	if err != nil {
		return t, err
	}
	c := grant.Credentials
	t.AccessKeyID, t.SecretAccessKey, t.SessionToken = c.AccessKeyID, c.SecretAccessKey, c.SessionToken
	t.RefreshToken, t.ExpiresAt = grant.RefreshToken, began.Add(grant.Life).UTC().Truncate(time.Second)
	return t, nil
}

// noteRefused saves tokens without the refresh token that AWS has refused, so that
// it shows without a call that somebody has to sign in. It leaves the files of other
// programs alone.
func (m *maker) noteRefused(own bool, save func() error) {
	if !own {
		return
	}
	if err := save(); err != nil {
		m.Events.Debug("refused sign-in: %v", err)
	}
}

// tokenLock returns the lock of the tokens in a file.
func (m *maker) tokenLock(file string) func(ctx context.Context) (func(), error) {
	return func(ctx context.Context) (func(), error) {
		defer m.Events.Waiting("for another awsexec to finish renewing the sign-in")()
		return m.Cache.Lock(ctx, "tokens of "+file)
	}
}

func (m *maker) reportToken(err error) { m.Events.Warn(err) }

// signInError returns err as the error that a person has to sign in, if that is what
// a service means.
func signInError(err error) error {
	if awsapi.SignInRefused(err) {
		return &tokens.SignInError{Reason: tokens.Refused, Why: err}
	}
	return err
}

var errNoHome = errors.New("the user's home directory, where the tokens of a sign-in are, is not known")

// SSOSettingsError reports that settings of a profile for IAM Identity Center are
// missing.
type SSOSettingsError struct {
	Session string   // the sso-session section, "" in the legacy form
	Missing []string // of the profile or its sso-session
}

func (e *SSOSettingsError) Error() string {
	return strings.Join(e.Missing, ", ") + " missing"
}

// checkSSO returns an error unless s has all that both SDKs demand.
func checkSSO(s *profile.SSO) error {
	if s.Conflict != nil {
		return s.Conflict
	}
	e := &SSOSettingsError{Session: s.Session}
	for _, required := range []struct{ key, value string }{
		{"sso_start_url", s.StartURL}, {"sso_region", s.Region}, {"sso_account_id", s.AccountID}, {"sso_role_name", s.RoleName},
	} {
		if required.value == "" {
			e.Missing = append(e.Missing, required.key)
		}
	}
	if len(e.Missing) > 0 {
		return e
	}
	return nil
}

// words returns the text of an error about a sign-in, which names more than the answer
// of a service; "" for any other error.
func words(err error) string {
	if not, ok := errors.AsType[*NotSignedInError](err); ok {
		return words(not.Needed) + "; " + not.Err.Error()
	}
	var signIn *tokens.SignInError
	if !errors.As(err, &signIn) {
		return ""
	}
	if signIn.Reason == tokens.Refused {
		return fmt.Sprintf("the sign-in is no longer accepted: %s", awsapi.Words(signIn.Why))
	}
	return signIn.Error()
}
