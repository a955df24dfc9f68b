package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/awsexec/awsexec/internal/layout"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// listCmd lists the stored keys and the sign-ins. It reads neither the keyring nor the
// encrypted file, and no token.
type listCmd struct {
	JSON   bool   `name:"json" help:"Print JSON."`
	Tree   bool   `help:"Show the profiles that use each key below it."`
	MaxAge string `placeholder:"DAYS" default:"90" help:"Warn of keys that are older than this, 0 for never (default: 90)."`
}

// listed is one stored key, as list --json prints it; docs/json.md describes it.
// Fields may be added; existing ones keep their meaning.
type listed struct {
	Name           string       `json:"name"`
	AccessKeyID    string       `json:"access_key_id"`
	Account        string       `json:"account,omitempty"` // this and the next two as AWS said when the key was stored
	ARN            string       `json:"arn,omitempty"`
	Created        *time.Time   `json:"created,omitempty"`
	Added          time.Time    `json:"added"` // to the keystore, in place of another key too
	Store          string       `json:"store"` // keyring, file or helper:NAME
	InConfig       bool         `json:"in_config"`
	MFASerial      string       `json:"mfa_serial,omitempty"` // of the profile with this name
	MFATOTP        bool         `json:"mfa_totp,omitempty"`   // the codes come from the keystore
	SessionExpires *time.Time   `json:"session_expires,omitempty"`
	Rotating       bool         `json:"rotating,omitempty"` // its rotation is not finished
	Policies       *narrowing   `json:"policies,omitempty"` // that narrow what the profile with this name gives
	Profiles       []listedUser `json:"profiles,omitempty"` // with --tree
}

// listedUser is a profile that uses a key.
type listedUser struct {
	Name           string     `json:"name"`
	RoleARN        string     `json:"role_arn,omitempty"`
	Region         string     `json:"region,omitempty"`
	SessionExpires *time.Time `json:"session_expires,omitempty"`
	Policies       *narrowing `json:"policies,omitempty"`
}

func (c *listCmd) Run(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui) error {
	days, err := strconv.Atoi(strings.TrimSuffix(c.MaxAge, "d"))
	if err != nil || days < 0 {
		return usageError{fmt.Sprintf("--max-age: invalid number of days %q", c.MaxAge), ""}
	}
	keys, err := sess.Keys()
	if err != nil {
		return err
	}
	entries, err := keys.List(ctx)
	if err != nil {
		return err
	}
	rows, err := c.listKeys(ctx, settings, sess, out, entries)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.printJSON(rows)
	}
	if until, ok := keys.UnlockedUntil(ctx); ok {
		out.note("%s is unlocked until %s", keys, visible.Until(until, settings.Now()))
	}
	signIns, err := sess.KnownSignIns(ctx)
	if err != nil {
		out.Debug("sign-ins: %v", err)
	}
	page := out.page(2)
	if len(rows) > 0 {
		page = tableOfKeys(out, rows, settings.Now(), days)
	} else {
		out.note("no keys are stored in %s", keys)
	}
	if len(rows) > 0 && len(signIns) > 0 {
		page.line("")
	}
	addSignIns(page, signIns, settings.Now())
	if err := out.print(page); err != nil {
		return err
	}
	if len(rows) == 0 && len(signIns) == 0 {
		out.advise(hintOfNoKeys(out.adv))
	}
	for _, r := range rows {
		if r.Rotating {
			out.note("the rotation of %q is not finished", r.Name)
			out.advise(hintOfUnfinished(r.Name, out.adv))
		}
		if age := r.age(settings.Now()); days > 0 && age >= days && !r.Rotating {
			out.Warn(&oldKeyError{name: r.Name, days: age})
		}
	}
	return nil
}

// age returns how many days old the key is, at least: a key whose age AWS has not
// told is as old as it was when it was stored, and more.
func (l listed) age(now time.Time) int {
	since := l.Added
	if l.Created != nil {
		since = *l.Created
	}
	return int(now.Sub(since) / (24 * time.Hour))
}

// oldKeyError warns of a key that should be replaced.
type oldKeyError struct {
	name string
	days int
}

func (e *oldKeyError) Error() string { return fmt.Sprintf("key %q is %d days old", e.name, e.days) }

// tableOfKeys returns the table that people read.
func tableOfKeys(out *ui, rows []listed, now time.Time, days int) *page {
	page := out.page(2)
	head := []string{"NAME", "ACCOUNT", "USER", "KEY", "AGE", "STORE", "MFA", "SESSION"}
	narrowed := slices.ContainsFunc(rows, func(r listed) bool {
		return r.Policies != nil || slices.ContainsFunc(r.Profiles, func(u listedUser) bool { return u.Policies != nil })
	})
	if narrowed {
		head = append(head, "NARROWED TO")
	}
	page.head(head...)
	cell := func(text string, style layout.Style) layout.Cell {
		if text == "" {
			return layout.Cell{Text: "-", Style: layout.Faint}
		}
		return layout.Cell{Text: text, Style: style}
	}
	left := func(until *time.Time) layout.Cell {
		if until == nil {
			return cell("", layout.Plain)
		}
		return cell(strings.TrimSuffix(until.Sub(now).Truncate(time.Minute).String(), "0s")+" left", layout.Good)
	}
	row := func(n *narrowing, cells ...layout.Cell) {
		if narrowed {
			cells = append(cells, cell(n.String(), layout.Plain))
		}
		page.cells(cells...)
	}
	for _, r := range rows {
		mfa, age, old := "", strconv.Itoa(r.age(now))+"d", layout.Plain
		switch {
		case r.MFATOTP:
			mfa = "keystore"
		case r.MFASerial != "":
			mfa = "yes"
		}
		if r.Created == nil {
			age += "+"
		}
		if days > 0 && r.age(now) >= days {
			old = layout.Warning
		}
		row(r.Policies, cell(r.Name, layout.Plain), cell(r.Account, layout.Plain), cell(userIn(r.ARN), layout.Plain), cell(visible.KeyID(r.AccessKeyID), layout.Plain),
			cell(age, old), cell(r.Store, layout.Plain), cell(mfa, layout.Plain), left(r.SessionExpires))
		for _, u := range r.Profiles {
			what := ""
			if i := strings.LastIndexByte(u.RoleARN, '/'); i >= 0 {
				what = "role " + u.RoleARN[i+1:]
			}
			row(u.Policies, cell("  "+u.Name, layout.Plain), cell(accountIn(u.RoleARN), layout.Plain), cell(what, layout.Plain),
				layout.Cell{}, layout.Cell{}, layout.Cell{}, layout.Cell{}, left(u.SessionExpires))
		}
	}
	return page
}

// userIn returns the name of the user whose ARN this is.
func userIn(s string) string {
	a, err := arn.Parse(s)
	if err != nil {
		return ""
	}
	return a.Resource[strings.LastIndexByte(a.Resource, '/')+1:]
}

// listKeys returns what is known about each key.
func (c *listCmd) listKeys(ctx context.Context, settings *session.Settings, sess *session.Session, out *ui, entries []keystore.Entry) ([]listed, error) {
	if _, err := sess.Cache(); err != nil {
		return nil, err
	}
	config, err := sess.Config()
	if err != nil {
		out.Warn(err)
	}
	known := facts{sess, settings, out}.of()
	rows := make([]listed, len(entries))
	names := make([]string, len(entries))
	for i, e := range entries {
		rows[i] = listed{Name: e.Name, AccessKeyID: e.AccessKeyID, Added: e.Added.UTC(), Rotating: e.Rotating, Store: string(sess.Opened().Kind())}
		names[i] = e.Name
		if fact, ok := known[e.AccessKeyID]; ok {
			rows[i].ARN, rows[i].Account = fact.ARN, accountIn(fact.ARN)
			if !fact.Created.IsZero() {
				rows[i].Created = &fact.Created
			}
		}
	}
	if config == nil {
		return rows, nil
	}
	for i := range rows {
		_, rows[i].InConfig = config.Lookup(rows[i].Name)
	}
	config = config.With(names...)
	for i := range rows {
		p, err := config.Profile(rows[i].Name)
		if err != nil {
			continue // a call for it says what is wrong
		}
		rows[i].MFASerial, rows[i].MFATOTP = p.MFASerial, p.MFATOTP
		rows[i].SessionExpires = atHand(ctx, sess, p)
		if plan, err := sess.Plan(ctx, p, true); err == nil {
			rows[i].Policies = profileNarrowing(sess, plan, p)
		}
	}
	if c.Tree {
		addUsers(ctx, sess, config, rows)
	}
	return rows, nil
}

// atHand returns until when p has a session; nil if it has none.
func atHand(ctx context.Context, sess *session.Session, p *profile.Profile) *time.Time {
	until, err := sess.AtHand(ctx, p, provider.Flags{Explicit: true})
	if err != nil || until.IsZero() {
		return nil
	}
	until = until.UTC()
	return &until
}

// profileNarrowing returns what narrows the credentials that p gives, nil for nothing.
// A call for p says what is wrong with it.
func profileNarrowing(sess *session.Session, plan *provider.Plan, p *profile.Profile) *narrowing {
	set, err := sess.ProfileNarrowing(plan, p)
	if err != nil {
		return nil
	}
	return narrowingOf(set)
}

// addUsers adds to each key the profiles that use it, apart from the one that has
// its name.
func addUsers(ctx context.Context, sess *session.Session, config *profile.Config, rows []listed) {
	of := map[string]int{}
	for i, r := range rows {
		of[r.Name] = i
	}
	for _, name := range config.Names() {
		p, err := config.Profile(name)
		if err != nil {
			continue
		}
		plan, err := sess.Plan(ctx, p, true)
		if err != nil {
			continue
		}
		whole := plan
		for plan.From != nil {
			plan = plan.From
		}
		policies := profileNarrowing(sess, whole, p)
		i, ok := of[plan.Profile.Name]
		if !ok || plan.Kind != provider.StoredKey || plan.Profile.Name == name {
			continue
		}
		region := cmp.Or(p.Region, plan.Profile.Region)
		rows[i].Profiles = append(rows[i].Profiles, listedUser{Name: name, RoleARN: p.RoleARN, Region: region, SessionExpires: atHand(ctx, sess, p), Policies: policies})
	}
}
