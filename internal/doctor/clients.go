package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// alike are, for each kind of step in the plan of awsexec, the kinds of
// credentials by which a client uses the same.
var alike = map[provider.Kind][]explain.Kind{
	provider.EnvironmentKey:     {explain.Environment},
	provider.EnvironmentSession: {explain.Environment},
	provider.FileKey:            {explain.CredentialsFile, explain.ConfigFile},
	provider.FileSession:        {explain.CredentialsFile, explain.ConfigFile},
	provider.StoredKey:          {},
	provider.Process:            {explain.Process},
	provider.SSO:                {explain.SSO},
	provider.WebIdentity:        {explain.WebIdentity},
	provider.Login:              {explain.Login},
	provider.Container:          {explain.Container},
	provider.Instance:           {explain.Instance},
	provider.Role:               {explain.Role},
}

// same reports whether a client uses what awsexec would give at a step of its
// plan. A client whose credential_process is awsexec does so if that gives the
// same for the profile that it is asked for.
func (d *diagnosis) same(ctx context.Context, p *provider.Plan, r *explain.Result) bool {
	switch {
	case p == nil:
		return false
	case r.Kind == explain.Process && d.isSelf(r.Process):
		q := d.planOfProcess(ctx, r)
		return q != nil && q.Kind == p.Kind && q.Profile.Name == p.Profile.Name
	case !slices.Contains(alike[p.Kind], r.Kind):
		return false
	case p.Kind == provider.Role:
		return p.Profile.RoleARN == r.RoleARN && d.same(ctx, p.From, r.Source)
	}
	return true
}

func (d *diagnosis) isSelf(command string) bool {
	_, self := profile.SelfProcess(command, d.in.Self)
	return self
}

// planOfProcess returns awsexec's plan when a client runs it as the
// credential_process of a profile; nil if that fails.
func (d *diagnosis) planOfProcess(ctx context.Context, r *explain.Result) *provider.Plan {
	name, _ := profile.SelfProcess(r.Process, d.in.Self)
	p, err := d.in.resolve(cmp.Or(name, r.Profile))
	if err != nil {
		return nil
	}
	plan, err := d.in.planOf(ctx, p, true)
	if err != nil {
		return nil
	}
	return plan
}

// checkClients finds why clients do not use what awsexec gives: one finding for
// each cause.
func (d *diagnosis) checkClients() {
	if d.plan == nil {
		return
	}
	if p := last(d.plan); p.Kind == provider.Instance && p.Profile.CredentialSource == "" {
		d.found(Notice, Nothing, Place{}, fmt.Sprintf("profile %q has no credentials of its own: there are some only if this is an EC2 instance", p.Profile.Name),
			awsexec("add", p.Profile.Name))
	}
	type cause struct {
		kind    explain.Kind
		failure explain.Failure
		at      explain.Place
		why     string // of an invalid value: clients differ in what is valid
	}
	var causes []cause
	clients, results := map[cause][]string{}, map[cause]*explain.Result{}
	for _, client := range d.report.Clients {
		if client.Same || !d.counts(client.Client) || d.foundElsewhere(&client.Result) {
			continue
		}
		culprit := d.culprit(d.plan, &client.Result)
		if d.leadsNowhere(culprit) {
			culprit = &explain.Result{Kind: explain.None, Why: "it has no credential_process"}
		}
		c := cause{kind: culprit.Kind, failure: culprit.Failure, at: culprit.At}
		if culprit.Failure == explain.BadValue {
			c.why = culprit.Why
		}
		if len(clients[c]) == 0 {
			causes = append(causes, c)
			results[c] = culprit
		}
		clients[c] = append(clients[c], string(client.Client))
	}
	for _, c := range causes {
		d.foundCause(results[c], strings.Join(clients[c], "; "))
	}
}

// counts reports whether it matters what a client does. Without AWS_SDK_LOAD_CONFIG
// the SDK for JavaScript v2 reads no profile of the config file, and whoever does not
// use it need not know.
func (d *diagnosis) counts(client explain.Client) bool {
	return client != explain.JSv2 || d.isSet("AWS_SDK_LOAD_CONFIG")
}

// culprit returns the step of r that differs from awsexec's.
func (d *diagnosis) culprit(p *provider.Plan, r *explain.Result) *explain.Result {
	if p.Kind == provider.Role && r.Kind == explain.Role && p.Profile.RoleARN == r.RoleARN && !d.isSelf(r.Source.Process) {
		return d.culprit(p.From, r.Source)
	}
	return r
}

// foundElsewhere reports whether another check finds the cause of what a client
// does: keys in the environment beside AWS_PROFILE, or that have expired, or
// a section that is not a profile.
func (d *diagnosis) foundElsewhere(r *explain.Result) bool {
	fromEnvironment := d.plan.Kind == provider.EnvironmentKey || d.plan.Kind == provider.EnvironmentSession
	if r.Failure == explain.Expired {
		return true
	}
	return fromEnvironment && r.Kind != explain.Fails && d.in.env("AWS_PROFILE") != "" || d.misplaced[d.report.Profile.Name]
}

// leadsNowhere reports whether a client finds nothing because the profile with
// the key does not lead to awsexec.
func (d *diagnosis) leadsNowhere(r *explain.Result) bool {
	p := last(d.plan)
	if p.Kind != provider.StoredKey || p.Profile.CredentialProcess != "" {
		return false
	}
	switch {
	case r.Kind == explain.None, r.Kind == explain.Instance, r.Failure == explain.Empty:
		return true
	case r.Failure == explain.NoProfile:
		return d.plan == p && r.Profile == p.Profile.Name
	}
	return r.Failure == explain.Invalid && r.At.Key == "source_profile" && d.plan != p
}

// foundCause adds a finding about what clients use instead. That is a problem
// only if awsexec is meant to be used, or if a client fails.
func (d *diagnosis) foundCause(r *explain.Result, clients string) {
	name := last(d.plan).Profile.Name
	check, how := Differs, Notice
	if d.forAwsexec() {
		check, how = Shadowed, Suspect
	}
	at := Place{Place: r.At}
	instead := func(remedy Remedy) {
		d.found(how, check, at, fmt.Sprintf("%s: %s in place of what awsexec would give for profile %q: %s", clients, r.Kind, d.report.Profile.Name, r.Why), remedy)
	}
	switch r.Kind {
	case explain.Fails:
		f := Finding{Severity: Suspect, Check: Rejected, At: at, Text: fmt.Sprintf("%s: %s: %s", clients, r.Failure, r.Why), Remedies: d.afterFailure(r)}
		if r.Failure == explain.NoMFA {
			f.Otherwise = RunWith{r.Profile}
		}
		d.report.Findings = append(d.report.Findings, f)
	case explain.None, explain.Instance:
		if r.Client == explain.JSv2 { // it reads the profile, and understands less of it
			instead(RunWith{d.report.Profile.Name})
			return
		}
		if check == Shadowed {
			d.found(how, NotUsed, file(d.in.Files.Config), fmt.Sprintf("%s: profile %q does not lead to awsexec: it has no credential_process", clients, name), Lead{name})
		}
	case explain.Environment:
		instead(unset(append([]string{r.At.Variable}, keyVariables[1:]...)...))
	case explain.Process:
		instead(Lead{name})
	case explain.CredentialsFile, explain.ConfigFile:
		if strings.HasPrefix(r.AccessKeyID, "ASIA") {
			instead(Edit{r.At, "take the keys out, with their token"})
		} else {
			instead(d.afterPlaintextKey(r.Profile, r.AccessKeyID, r.At))
		}
	case explain.SSO:
		instead(Edit{r.At, "take all sso_ settings out"})
	default:
		instead(takeOut(r.At))
	}
}

// forAwsexec reports whether the profile is meant to get its credentials from
// awsexec: its key is in the keystore, or its process is ours.
func (d *diagnosis) forAwsexec() bool {
	if last(d.plan).Kind == provider.StoredKey {
		return true
	}
	for q := d.report.Profile; q != nil; q = q.Source {
		if q.CredentialProcess != "" && d.isSelf(q.CredentialProcess) {
			return true
		}
	}
	return false
}

// afterPlaintextKey returns the remedy for a key in an AWS file. If the keystore
// has another one under that name, only the user knows which is right.
func (d *diagnosis) afterPlaintextKey(name, keyID string, at explain.Place) Remedy {
	if e, ok := d.in.Keystore.entry(name); ok && e.AccessKeyID != "" && e.AccessKeyID != keyID {
		return Replace{at, name, e.AccessKeyID}
	}
	return Import{name}
}

func (d *diagnosis) afterFailure(r *explain.Result) []Remedy {
	switch {
	case r.Failure == explain.NoMFA:
		return d.afterNoMFA(r)
	case r.Failure == explain.BadValue && r.At.Variable == "":
		return []Remedy{Edit{r.At, "correct it, or take it out"}}
	case r.Failure == explain.Partial && r.At.Variable == "":
		return []Remedy{Edit{r.At, "complete it, or take it out"}}
	}
	return []Remedy{takeOut(r.At)}
}

// afterNoMFA returns the remedies that move an MFA device from a role to the
// profile whose session assumes it: then awsexec asks for the code, which not all
// clients can do.
func (d *diagnosis) afterNoMFA(r *explain.Result) []Remedy {
	source := last(d.plan)
	for p := d.plan; p != source; p = p.From {
		if p.Profile.Origin["mfa_serial"] == r.At.Pos && p.Profile.Name != source.Profile.Name && source.LongTerm() {
			return []Remedy{takeOut(r.At), Configure{source.Profile.Name, "mfa_serial", p.Profile.MFASerial}}
		}
	}
	return []Remedy{RunWith{r.Profile}}
}
