package cli

import (
	"context"
	"fmt"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
)

// loginSession has a person sign in for a profile with a login session.
func (c *loginCmd) loginSession(_ context.Context, p *profile.Profile, _ *session.Settings, _ *session.Session, _ *ui, _ timing) error {
	return usageError{fmt.Sprintf("profile %q has a login session, which the AWS CLI makes", p.Name), "aws login --profile " + quoteWord(p.Name)}
}
