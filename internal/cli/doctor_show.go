package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/awsexec/awsexec/internal/doctor"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/visible"
)

// doctorReport is what doctor --json prints. Fields may be added; existing ones
// keep their meaning.
type doctorReport struct {
	OK      bool `json:"ok"` // no finding is a warning or an error
	Profile struct {
		Name string `json:"name"`
		Why  string `json:"why"` // "--profile", a variable or "default"
	} `json:"profile"`
	Clients         []doctorClient  `json:"clients"`            // awsexec first
	Chain           []string        `json:"chain"`              // how awsexec gets the credentials, the last step first
	GetSessionToken string          `json:"get_session_token"`  // whether it applies and why
	Session         string          `json:"session"`            // what the cache has
	Policies        *narrowing      `json:"policies,omitempty"` // that narrow the credentials
	SignIns         []shownSignIn   `json:"sign_ins,omitempty"`
	Findings        []doctorFinding `json:"findings"`
}

// doctorClient is what one client would use.
type doctorClient struct {
	Client      string `json:"client"`
	Profile     string `json:"profile"`
	Credentials string `json:"credentials"`          // in words
	DecidedBy   string `json:"decided_by,omitempty"` // file:line or variable
	Why         string `json:"why,omitempty"`
	Same        bool   `json:"same"` // as awsexec
	Region      string `json:"region,omitempty"`
	RegionFrom  string `json:"region_from,omitempty"`
}

// doctorFinding is one finding, and the commands that fix it.
type doctorFinding struct {
	Severity string `json:"severity"` // error, warning or info
	Check    string `json:"check"`
	Text     string `json:"text"`
	At       string `json:"at,omitempty"` // file:line or variable
	Fix      string `json:"fix,omitempty"`
}

// severities are how severities are written.
var severities = map[doctor.Severity]string{doctor.Broken: "error", doctor.Suspect: "warning", doctor.Notice: "info"}

// doctorView puts a report into words.
type doctorView struct {
	adv *advisor
	in  doctor.Input
}

func (v doctorView) report(r *doctor.Report) doctorReport {
	shown := doctorReport{OK: r.OK(), Chain: []string{}, GetSessionToken: sessionRuleText(r), Session: v.session(r.Session), Policies: narrowingOf(r.Policies), Findings: []doctorFinding{}}
	shown.Profile.Name, shown.Profile.Why = r.Name, cmp.Or(r.NamedBy.String(), "default")
	shown.Clients = append(shown.Clients, v.own(r))
	for _, c := range r.Clients {
		row := doctorClient{
			Client: string(c.Client), Profile: c.Profile, Credentials: v.credentials(&c.Result), DecidedBy: c.At.String(), Why: c.Why,
			Same: c.Same, Region: c.Region, RegionFrom: c.RegionAt.String(),
		}
		if row.Region != "" && row.RegionFrom == "" {
			row.RegionFrom = "its default"
		}
		shown.Clients = append(shown.Clients, row)
	}
	for _, step := range r.Steps {
		shown.Chain = append(shown.Chain, stepText(step))
	}
	for _, s := range r.SignIns {
		shown.SignIns = append(shown.SignIns, showSignIn(s, v.in.Now()))
	}
	for _, f := range r.Findings {
		shown.Findings = append(shown.Findings, v.finding(f))
	}
	return shown
}

// own returns the row of awsexec itself.
func (v doctorView) own(r *doctor.Report) doctorClient {
	row := doctorClient{Client: "awsexec", Profile: r.Name, Same: true, Region: r.Region, RegionFrom: r.RegionAt.String()}
	if r.Err != nil {
		row.Credentials, row.Why = string(explain.Fails), visible.Bounded(r.Err.Error())
		return row
	}
	row.DecidedBy = r.Steps[0].At.String()
	var kinds []string
	for _, step := range r.Steps {
		kinds = append(kinds, kindText(step))
	}
	row.Credentials = strings.Join(kinds, " from ")
	return row
}

// credentials returns in words what a client would use.
func (v doctorView) credentials(r *explain.Result) string {
	text := string(r.Kind)
	_, ours := profile.SelfProcess(r.Process, v.in.Self)
	switch {
	case r.Kind == explain.Fails:
		text += ": " + string(r.Failure)
	case r.Kind == explain.Process && ours:
		text = "awsexec, by " + text
	case r.AccessKeyID != "":
		text += " " + visible.KeyID(strings.Trim(r.AccessKeyID, `"'`))
	case r.Source != nil:
		text += " from " + v.credentials(r.Source)
	}
	return text
}

// kindText returns in words what a step of awsexec is.
func kindText(s doctor.Step) string {
	text := string(s.Plan.Kind)
	if s.KeyID != "" {
		text += " " + visible.KeyID(s.KeyID)
	}
	return text
}

func stepText(s doctor.Step) string {
	text := kindText(s)
	if s.Plan.Kind == provider.Role {
		text = "role " + visible.ARN(s.Plan.Profile.RoleARN)
	}
	text = fmt.Sprintf("profile %q: %s", s.Plan.Profile.Name, text)
	if at := s.At.String(); at != "" {
		text += ", " + at
	}
	return text
}

// sessionRuleText returns in words whether the credentials go through
// GetSessionToken.
func sessionRuleText(r *doctor.Report) string {
	switch r.Rule {
	case doctor.LongTermItself:
		return "does not apply: --no-session gives the long-term key itself"
	case doctor.SessionForRoles:
		return "applies: one session of the long-term key serves all roles that it assumes, but for roles of more than an hour"
	case doctor.SessionItself:
		return "applies: the credentials are a session of the long-term key"
	case doctor.FederatedItself:
		return "does not apply: GetFederationToken makes a session of the long-term key that is narrowed; it cannot call IAM"
	case doctor.SessionIfLongTerm:
		return "applies only if the credential_process gives a long-term key"
	case doctor.AlreadyShortLived:
		kind := r.Steps[len(r.Steps)-1].Plan.Kind
		return fmt.Sprintf("does not apply: %s gives short-lived credentials, which AWS refuses GetSessionToken to", kind)
	}
	return "does not apply: there are no credentials"
}

// session returns in words what the cache has.
func (v doctorView) session(s doctor.Session) string {
	left := s.Expires.Sub(v.in.Now()).Round(time.Minute)
	switch {
	case !s.Cacheable:
		return "none: these credentials are not cached"
	case s.Err != nil:
		return "unknown: " + s.Err.Error()
	case s.Expires.IsZero():
		return "none cached"
	}
	return fmt.Sprintf("cached until %s, %s left", s.Expires.UTC().Format(time.RFC3339), strings.TrimSuffix(left.String(), "0s"))
}

// finding puts a finding into words.
func (v doctorView) finding(f doctor.Finding) doctorFinding {
	shown := doctorFinding{Severity: severities[f.Severity], Check: string(f.Check), Text: visible.Bounded(f.Text), At: f.At.String()}
	if f.Otherwise != nil {
		shown.Text += fmt.Sprintf(" (or run it as %s)", v.adv.remedy(f.Otherwise))
	}
	var lines []string
	for _, r := range f.Remedies {
		if line := v.adv.remedy(r); line != "" {
			lines = append(lines, line)
		}
	}
	shown.Fix = strings.Join(lines, "\n")
	return shown
}

// showDoctor prints a report for people: the verdict, the table, and what to fix.
func showDoctor(out *ui, r doctorReport) error {
	page := out.page(2)
	verdict, style := verdictOf(r)
	page.styled(style, "profile %q, by %s: %s", r.Profile.Name, r.Profile.Why, verdict)
	for i, step := range r.Chain {
		page.prose(layout.Plain, strings.Repeat("  ", i+1), "%s", out.tilde(step))
	}
	page.prose(layout.Plain, "", "GetSessionToken %s", r.GetSessionToken)
	if r.Policies != nil {
		page.prose(layout.Plain, "", "narrowed to %s", r.Policies)
	}
	page.prose(layout.Plain, "", "session: %s", r.Session)
	for _, s := range r.SignIns {
		page.prose(layout.Plain, "", "sign-in %s: %s", s.title(), s.words())
	}
	page.line("")

	page.head("CLIENT", "PROFILE", "CREDENTIALS", "DECIDED BY", "REGION")
	for _, c := range r.Clients {
		style := layout.Plain
		switch {
		case strings.HasPrefix(c.Credentials, string(explain.Fails)):
			style = layout.Bad
		case !c.Same:
			style = layout.Warning
		}
		page.cells(layout.Cell{Text: c.Client}, layout.Cell{Text: c.Profile}, layout.Cell{Text: c.Credentials, Style: style},
			layout.Cell{Text: cmp.Or(out.tilde(c.DecidedBy), "-")}, layout.Cell{Text: cmp.Or(c.Region, "none")})
	}
	first := true
	for _, c := range r.Clients {
		if c.Same {
			continue
		}
		if first {
			page.line("")
			page.line("why others differ from awsexec:")
			first = false
		}
		page.prose(layout.Plain, "  ", "%s: %s", c.Client, out.tilde(c.Why))
	}
	for i, f := range r.Findings {
		if i == 0 {
			page.line("")
		}
		page.prose(styles[f.Severity], "", "%s: %s", f.Severity, out.tilde(f.Text))
		if f.At != "" {
			page.prose(layout.Faint, "    ", "at: %s", out.tilde(f.At))
		}
		for line := range strings.Lines(f.Fix) { // which is to be copied: it is not folded
			page.styled(layout.Command, "    fix: %s", strings.TrimSuffix(line, "\n"))
		}
	}
	return out.print(page)
}

// styles are how findings are shown.
var styles = map[string]layout.Style{"error": layout.Bad, "warning": layout.Warning}

// verdictOf returns a report in a few words.
func verdictOf(r doctorReport) (string, layout.Style) {
	number := map[string]int{}
	for _, f := range r.Findings {
		number[f.Severity]++
	}
	var parts []string
	for _, severity := range []string{"error", "warning"} {
		if n := number[severity]; n > 0 {
			parts = append(parts, count(n, severity))
		}
	}
	switch {
	case number["error"] > 0:
		return strings.Join(parts, ", "), layout.Bad
	case len(parts) > 0:
		return parts[0], layout.Warning
	}
	return "nothing is wrong", layout.Good
}
