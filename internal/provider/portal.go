package provider

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
)

// PortalError reports that it is not known which accounts and roles a sign-in may use.
type PortalError struct {
	Profile *profile.Profile // with the sign-in
	err     error
}

func (e *PortalError) Unwrap() error { return e.err }

func (e *PortalError) Error() string {
	of := fmt.Sprintf("profile %q", e.Profile.Name)
	if s := e.Profile.SSO.Session; s != "" {
		of = fmt.Sprintf("sso-session %q", s)
	}
	if text := words(e.err); text != "" {
		return of + ": " + text
	}
	return fmt.Sprintf("%s: %v", of, e.err)
}

// AccountRoles returns the roles that the sign-in of p at IAM Identity Center may use,
// in the accounts that wanted returns true for. The error is a *PortalError.
func AccountRoles(ctx context.Context, p *profile.Profile, parts Parts, wanted func(awsapi.Account) bool) (roles []awsapi.AccountRole, err error) {
	if err = checkSignIn(p.SSO); err == nil {
		m := newMaker(parts, Flags{})
		m.way = []*profile.Profile{p}
		err = m.signedIn(ctx, SSO, p, func(ctx context.Context) error {
			return m.useSSO(ctx, p.SSO, func(ctx context.Context, accessToken string) (err error) {
				roles, err = parts.Client.AccountRoles(ctx, p.SSO.Region, accessToken, wanted)
				return err
			})
		})
	}
	if err != nil {
		return nil, &PortalError{p, err}
	}
	return roles, nil
}

// checkSignIn returns an error unless s has all that a sign-in needs.
func checkSignIn(s *profile.SSO) error {
	e := &SSOSettingsError{Session: s.Session}
	if s.StartURL == "" {
		e.Missing = append(e.Missing, "sso_start_url")
	}
	if s.Region == "" {
		e.Missing = append(e.Missing, "sso_region")
	}
	if len(e.Missing) > 0 {
		return e
	}
	return nil
}
