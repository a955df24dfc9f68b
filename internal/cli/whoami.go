package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// whoamiCmd prints the identity that AWS sees for a profile.
type whoamiCmd struct {
	Name     string `arg:"" complete:"profile" optional:"" help:"Name of the profile, as with -p."`
	JSON     bool   `name:"json" help:"Print JSON."`
	Masked   bool   `help:"Hide most of account, ARN and access key id, for a screenshot."`
	Unmasked bool   `hidden:"" help:"Do not hide anything, which is the default."`
}

// identity is what whoami --json prints.
type identity struct {
	Profile     string     `json:"profile"` // "" for credentials that somebody put into the environment
	Source      string     `json:"source"`  // where the credentials come from, in words
	Account     string     `json:"account"`
	ARN         string     `json:"arn"`
	UserID      string     `json:"user_id"`
	AccessKeyID string     `json:"access_key_id"`
	Expires     *time.Time `json:"expires,omitempty"`
	Region      string     `json:"region,omitempty"`
	Policies    *narrowing `json:"policies,omitempty"` // that narrow the credentials
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
	plan, err := sess.Plan(ctx, p, false)
	if err != nil {
		return err
	}
	id := identity{
		Profile: sess.Giver(plan), Source: sourceText(plan, sess), Account: who.Account, ARN: who.ARN, UserID: who.UserID,
		AccessKeyID: credentials.AccessKeyID, Region: client.Region, Policies: narrowingOf(credentials.Policies),
	}
	if credentials.CanExpire {
		expires := credentials.Expires.UTC()
		id.Expires = &expires
	}
	if c.Masked && !c.Unmasked {
		id = id.masked()
		credentials.Policies = maskedPolicies(credentials.Policies)
		id.Policies = narrowingOf(credentials.Policies)
	}
	if c.JSON {
		return out.printJSON(id)
	}
	page := out.page(2)
	page.row("profile", cmp.Or(id.Profile, "none"))
	page.row("source", out.tilde(id.Source))
	page.row("account", id.Account)
	page.row("arn", id.ARN)
	page.row("user id", id.UserID)
	page.row("key", id.AccessKeyID)
	if id.Expires != nil {
		page.row("expires", fmt.Sprintf("%s (in %s)", id.Expires.Format(time.RFC3339), strings.TrimSuffix(id.Expires.Sub(settings.Now()).Round(time.Minute).String(), "0s")))
	}
	if id.Region != "" {
		page.row("region", id.Region)
	}
	if id.Policies != nil {
		page.row("narrowed to", credentials.Policies.String())
	}
	return out.print(page)
}

// sourceText returns in words where credentials come from, the last step first.
func sourceText(plan *provider.Plan, sess *session.Session) string {
	text, p := string(plan.Kind), plan.Profile
	switch plan.Kind {
	case provider.StoredKey:
		text = fmt.Sprintf("key %q in %s", p.Name, sess.Opened())
	case provider.FileKey, provider.FileSession:
		text = fmt.Sprintf("%s, %s", text, p.Static.AccessKeyID)
	case provider.Process:
		text = fmt.Sprintf("%s, %s", text, p.Origin["credential_process"])
	case provider.EnvironmentKey, provider.EnvironmentSession, provider.Container:
		if of := sess.Giver(plan); of != "" && of != p.Name {
			text += fmt.Sprintf(", from awsexec for profile %q", of)
		}
	}
	if plan.From != nil {
		text += " from " + sourceText(plan.From, sess)
	}
	return text
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
