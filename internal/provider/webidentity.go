package provider

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/readfile"
)

// webIdentity returns the credentials of a role for the token of an OpenID Connect
// provider. The settings are those of p, or else the environment's. The SDK's own
// chain ignores the environment if there is a profile, even one with nothing but a
// region.
func (m *maker) webIdentity(ctx context.Context, p *profile.Profile) (aws.Credentials, error) {
	defer m.Events.Waiting("for AWS STS in " + m.Client.CalledRegion())()
	i := identityOf(p, m.Env)
	began := m.Now()
	made, err := m.Client.AssumeRoleWithWebIdentity(ctx, tokenFile(i.file), func(o *stscreds.WebIdentityRoleOptions) {
		o.RoleARN, o.RoleSessionName = i.role, cmp.Or(i.session, defaultRoleSessionName)
		o.Policy, o.PolicyARNs = inline(m.policies), managed(m.policies)
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	m.reportPacked(p.Name, made)
	return m.byLocalClock(made, began, 0)
}

// tokenFile is the path of a file that holds the token. The SDK's own reader would
// wait for the writer of a named pipe.
type tokenFile string

// GetIdentityToken implements stscreds.IdentityTokenRetriever.
func (f tokenFile) GetIdentityToken() ([]byte, error) {
	return readfile.Read(string(f), readfile.MaxOwn)
}
