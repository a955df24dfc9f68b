package cli

import (
	"context"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/populate"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
)

// ssoListCmd lists what a sign-in at IAM Identity Center may use.
type ssoListCmd struct {
	ssoFlags
	JSON bool `name:"json" help:"Print JSON."`
}

// listedRole is one role, as sso list --json prints it; docs/json.md describes it.
// Fields may be added; existing ones keep their meaning.
type listedRole struct {
	AccountID   string   `json:"account_id"`
	AccountName string   `json:"account_name,omitempty"`
	Email       string   `json:"email,omitempty"`
	Role        string   `json:"role"`
	Profiles    []string `json:"profiles"`
}

func (c *ssoListCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	filters, err := c.filters()
	if err != nil {
		return err
	}
	p, err := c.signIn(ctx, settings, sess)
	if err != nil {
		return err
	}
	all, err := sess.AccountRoles(ctx, p, filters.In)
	if err != nil {
		return err
	}
	config, err := sess.Config()
	if err != nil {
		return err
	}
	of := profilesOf(config, *p.SSO)
	rows := make([]listedRole, 0, len(all))
	for _, r := range all {
		if filters.Selects(r) {
			profiles := append([]string{}, of[[2]string{r.ID, r.Role}]...)
			rows = append(rows, listedRole{r.ID, r.Name, r.Email, r.Role, profiles})
		}
	}
	warnOfIdle(out, filters, all)
	if c.JSON {
		return out.printJSON(rows)
	}
	if len(rows) == 0 && len(filters) == 0 {
		out.note("nobody has assigned an account to you at %s", p.SSO.StartURL)
	}
	if len(rows) == 0 {
		return nil
	}
	page := out.page(2)
	page.head("ACCOUNT", "NAME", "ROLE", "PROFILE")
	for _, r := range rows {
		name, profiles := layout.Cell{Text: r.AccountName}, layout.Cell{Text: strings.Join(r.Profiles, ", ")}
		for _, cell := range []*layout.Cell{&name, &profiles} {
			if cell.Text == "" {
				*cell = layout.Cell{Text: "-", Style: layout.Faint}
			}
		}
		page.cells(layout.Cell{Text: r.AccountID}, name, layout.Cell{Text: r.Role}, profiles)
	}
	return out.print(page)
}

// profilesOf returns the profiles of each role, by account and role.
func profilesOf(config *profile.Config, signIn profile.SSO) map[[2]string][]string {
	of := map[[2]string][]string{}
	for _, name := range config.Names() {
		if s, _ := config.Lookup(name); populate.IsOf(s, signIn) {
			key := [2]string{s["sso_account_id"].Text, s["sso_role_name"].Text}
			of[key] = append(of[key], name)
		}
	}
	return of
}

// idleFilterError warns of a filter that selects nothing.
type idleFilterError struct{ filter populate.Filter }

func (e *idleFilterError) Error() string {
	return "--filter " + quoteWord(e.filter.String()) + " selects no account or role that you may use"
}

func warnOfIdle(out *ui, filters populate.Filters, roles []awsapi.AccountRole) {
	for _, f := range filters.Idle(roles) {
		out.Warn(&idleFilterError{f})
	}
}
