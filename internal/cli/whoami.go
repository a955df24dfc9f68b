package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// whoamiCmd prints the identity that AWS sees for a profile.
type whoamiCmd struct {
	Name     string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	JSON     bool   `name:"json" help:"Print JSON."`
	Unmasked bool   `help:"Show account, ARN and access key id in full."`
}

// identity is what whoami --json prints.
type identity struct {
	Profile     string     `json:"profile"`
	Account     string     `json:"account"`
	ARN         string     `json:"arn"`
	UserID      string     `json:"user_id"`
	AccessKeyID string     `json:"access_key_id"`
	Expires     *time.Time `json:"expires,omitempty"`
	Region      string     `json:"region,omitempty"`
}

func (c *whoamiCmd) about() (name *string, needed bool) { return &c.Name, false }

func (c *whoamiCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	p, err := sess.Selected(ctx)
	if err != nil {
		return err
	}
	credentials, err := sess.Credentials(ctx, p, execLimit)
	if err != nil {
		return err
	}
	client, err := sess.Client(p)
	if err != nil {
		return err
	}
	done := out.Waiting("for AWS STS")
	who, err := client.WhoAmI(ctx, credentials.Credentials)
	done()
	if err != nil {
		return err
	}
	id := identity{
		Profile: p.Name, Account: who.Account, ARN: who.ARN, UserID: who.UserID,
		AccessKeyID: credentials.AccessKeyID, Region: client.Region,
	}
	if credentials.CanExpire {
		expires := credentials.Expires.UTC()
		id.Expires = &expires
	}
	if !c.Unmasked {
		id = id.masked()
	}
	if c.JSON {
		return out.printJSON(id)
	}
	page := out.page(2)
	page.row("profile", id.Profile)
	page.row("account", id.Account)
	page.row("arn", id.ARN)
	page.row("user id", id.UserID)
	page.row("key", id.AccessKeyID)
	if id.Expires != nil {
		page.row("expires", fmt.Sprintf("%s (in %s)", id.Expires.Format(time.RFC3339), id.Expires.Sub(settings.Now()).Round(time.Minute)))
	}
	if id.Region != "" {
		page.row("region", id.Region)
	}
	return out.print(page)
}

// masked returns id without what identifies the account and the user, for output
// that others may see.
func (id identity) masked() identity {
	id.ARN = visible.ARN(id.ARN)
	id.Account = visible.End(id.Account)
	id.UserID = visible.End(id.UserID)
	id.AccessKeyID = visible.KeyID(id.AccessKeyID)
	return id
}
