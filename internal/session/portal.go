package session

import (
	"context"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// portalLimit bounds the listing of all accounts and roles. Of thousands of accounts it
// takes minutes, because AWS limits how often it may be asked.
const portalLimit = 10 * time.Minute

// AccountRoles returns the roles that the sign-in of p at IAM Identity Center may use,
// in the accounts that wanted returns true for. The error is a *provider.PortalError if
// the sign-in or AWS is the cause.
func (s *Session) AccountRoles(ctx context.Context, p *profile.Profile, wanted func(awsapi.Account) bool) ([]awsapi.AccountRole, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, portalLimit, ErrTooLong)
	defer cancel()
	parts, _, err := s.parts(p)
	if err != nil {
		return nil, err
	}
	return provider.AccountRoles(ctx, p, parts, wanted)
}

// KnownSignIns returns the sign-ins that the AWS files describe. It reads no token.
func (s *Session) KnownSignIns(ctx context.Context) ([]provider.SignIn, error) {
	config, err := s.Config()
	if err != nil {
		return nil, err
	}
	sealed, err := s.Cache()
	if err != nil {
		return nil, err
	}
	return provider.SignIns(ctx, config, sealed, s.settings.Env, s.settings.SDKHome, s.settings.Now()), nil
}
