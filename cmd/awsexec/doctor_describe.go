package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// describe fills in the report's tables.
func (d *diagnosis) describe() {
	d.report.Clients = append(d.report.Clients, d.ownRow())
	for i, r := range d.results {
		row := clientRow{
			Client: string(r.Client), Profile: r.Profile, Credentials: d.credentialsOf(&r), DecidedBy: r.At.String(), Why: r.Why,
			Same: d.agrees[i], Region: r.Region, RegionFrom: r.RegionAt.String(),
		}
		if row.Region != "" && row.RegionFrom == "" {
			row.RegionFrom = "its default"
		}
		d.report.Clients = append(d.report.Clients, row)
	}
	d.report.Chain = []string{}
	for p := d.plan; p != nil; p = p.From {
		d.report.Chain = append(d.report.Chain, d.stepOf(p))
	}
	d.report.GetSessionToken = d.sessionTokenRule()
	d.report.Session = d.sessionState()
	d.report.Findings = []finding{}
}

// ownRow is awsexec's.
func (d *diagnosis) ownRow() clientRow {
	row := clientRow{Client: "awsexec", Profile: d.report.Profile.Name, Same: true}
	if d.profile != nil {
		row.Region = profile.Region(d.Region, d.env, d.profile)
		row.RegionFrom = d.regionFrom()
	}
	if d.plan == nil {
		row.Credentials, row.Why = string(explain.Fails), d.planErr.Error()
		return row
	}
	row.Credentials, row.DecidedBy = d.kindOf(d.plan), d.placeOf(d.plan)
	for p := d.plan.From; p != nil; p = p.From {
		row.Credentials += " from " + d.kindOf(p)
	}
	return row
}

func (d *diagnosis) regionFrom() string {
	switch {
	case d.Region != "":
		return "--region"
	case d.env("AWS_REGION") != "":
		return "AWS_REGION"
	case d.env("AWS_DEFAULT_REGION") != "":
		return "AWS_DEFAULT_REGION"
	case d.profile.Region != "":
		return explain.Place{Pos: d.profile.Origin["region"], Key: "region"}.String()
	}
	return ""
}

// credentialsOf says in words what a client would use.
func (d *diagnosis) credentialsOf(r *explain.Result) string {
	text := string(r.Kind)
	switch {
	case r.Kind == explain.Fails:
		text += ": " + string(r.Failure)
	case r.Kind == explain.Process && d.isSelf(r.Process):
		text = "awsexec, by " + text
	case r.AccessKeyID != "":
		text += " " + mask(strings.Trim(r.AccessKeyID, `"'`))
	case r.Source != nil:
		text += " from " + d.credentialsOf(r.Source)
	}
	return text
}

func (d *diagnosis) isSelf(command string) bool {
	_, self := profile.SelfProcess(command, d.self)
	return self
}

// kindOf says in words what a step of awsexec's plan is.
func (d *diagnosis) kindOf(p *provider.Plan) string {
	switch id := d.keyIDOf(p); {
	case id != "":
		return string(p.Kind) + " " + mask(id)
	default:
		return string(p.Kind)
	}
}

// keyIDOf is the access key id of a plan that has one before it is gone through, "" if it has none.
func (d *diagnosis) keyIDOf(p *provider.Plan) string {
	switch p.Kind {
	case provider.StoredKey:
		e, _ := indexedKeys{d.entries}.entry(p.Profile.Name)
		return e.AccessKeyID
	case provider.FileKey, provider.FileSession:
		return p.Profile.Static.Credentials.AccessKeyID
	case provider.EnvironmentKey, provider.EnvironmentSession:
		return d.env("AWS_ACCESS_KEY_ID")
	}
	return ""
}

// placeOf is what decides for a step of awsexec's plan.
func (d *diagnosis) placeOf(p *provider.Plan) string {
	setting := func(keys ...string) string {
		for _, key := range keys {
			if pos, ok := p.Profile.Origin[key]; ok {
				return explain.Place{Pos: pos, Key: key}.String()
			}
		}
		return ""
	}
	switch p.Kind {
	case provider.StoredKey:
		return fmt.Sprintf("%q in %s", p.Profile.Name, d.session.Opened())
	case provider.FileKey, provider.FileSession:
		return explain.Place{Pos: p.Profile.Static.AccessKeyID, Key: "aws_access_key_id"}.String()
	case provider.EnvironmentKey, provider.EnvironmentSession:
		return "AWS_ACCESS_KEY_ID"
	case provider.Process:
		return setting("credential_process")
	case provider.SSO:
		return setting("sso_account_id", "sso_role_name")
	case provider.WebIdentity:
		return cmp.Or(setting("web_identity_token_file"), "AWS_WEB_IDENTITY_TOKEN_FILE")
	case provider.Login:
		return setting("login_session")
	case provider.Role:
		return setting("role_arn")
	case provider.Container:
		return cmp.Or(setting("credential_source"), "AWS_CONTAINER_CREDENTIALS_…")
	}
	return setting("credential_source")
}

func (d *diagnosis) stepOf(p *provider.Plan) string {
	text := d.kindOf(p)
	if p.Kind == provider.Role {
		text = "role " + maskARN(p.Profile.RoleARN)
	}
	text = fmt.Sprintf("profile %q: %s", p.Profile.Name, text)
	if at := d.placeOf(p); at != "" {
		text += ", " + at
	}
	return text
}

// last is the step of a plan that needs no other.
func last(p *provider.Plan) *provider.Plan {
	for p != nil && p.From != nil {
		p = p.From
	}
	return p
}

// sessionTokenRule says whether the credentials go through GetSessionToken.
func (d *diagnosis) sessionTokenRule() string {
	p := last(d.plan)
	switch {
	case p == nil:
		return "does not apply: there are no credentials"
	case p.LongTerm() && d.NoSession:
		return "does not apply: --no-session gives the long-term key itself"
	case p.LongTerm() && d.plan != p:
		return "applies: one session of the long-term key serves all roles that it assumes, but for roles of more than an hour"
	case p.LongTerm():
		return "applies: the credentials are a session of the long-term key"
	case p.Kind == provider.Process:
		return "applies only if the credential_process gives a long-term key"
	default:
		return fmt.Sprintf("does not apply: %s gives short-lived credentials, which AWS refuses GetSessionToken to", p.Kind)
	}
}

// sessionState says what the cache has for the key that the plan ends in.
func (d *diagnosis) sessionState() string {
	p := last(d.plan)
	if p == nil || !p.LongTerm() {
		return "none: only sessions of long-term keys are cached"
	}
	sessions, err := d.session.Cache()
	if err != nil {
		return "unknown: " + err.Error()
	}
	until := sessions.Expiry(d.keyIDOf(p))
	switch left := until.Sub(d.now()).Round(time.Minute); {
	case until.IsZero():
		return "none cached"
	case left <= 0:
		return "expired at " + until.UTC().Format(time.RFC3339)
	default:
		return fmt.Sprintf("cached until %s, %s left", until.UTC().Format(time.RFC3339), strings.TrimSuffix(left.String(), "0s"))
	}
}

// write writes the report.
func (d *diagnosis) write(asJSON bool) error {
	if !asJSON {
		return d.writeText()
	}
	return d.ui.printJSON(d.report)
}

// writeText is write for people.
func (d *diagnosis) writeText() error {
	page := d.ui.page(3)
	page.line("profile %q, by %s", d.report.Profile.Name, d.report.Profile.Why)
	for i, step := range d.report.Chain {
		page.line("%s%s", strings.Repeat("  ", i+1), step)
	}
	page.line("GetSessionToken %s", d.report.GetSessionToken)
	page.line("session: %s", d.report.Session)
	page.line("")

	page.row("CLIENT", "PROFILE", "CREDENTIALS", "DECIDED BY", "REGION")
	for _, c := range d.report.Clients {
		page.row(c.Client, c.Profile, c.Credentials, cmp.Or(c.DecidedBy, "-"), cmp.Or(c.Region, "none"))
	}
	first := true
	for _, c := range d.report.Clients {
		if c.Same {
			continue
		}
		if first {
			page.line("")
			page.line("why others differ from awsexec:")
			first = false
		}
		page.line("  %s: %s", c.Client, c.Why)
	}
	page.line("")
	if len(d.report.Findings) == 0 {
		page.line("nothing is wrong")
	}
	for _, f := range d.report.Findings {
		page.line("%s: %s", f.Severity, f.Text)
		if f.At != "" {
			page.line("    at: %s", f.At)
		}
		for line := range strings.Lines(f.Mend) {
			page.line("    mend: %s", strings.TrimSuffix(line, "\n"))
		}
	}
	return d.ui.print(page)
}
