package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
)

// same tells whether a client uses what awsexec would give at a step of its plan. A client whose credential_process is awsexec does if
// awsexec gives that for the profile that it is asked for.
func (d *diagnosis) same(ctx context.Context, p *provider.Plan, r *explain.Result) bool {
	if p == nil {
		return false
	}
	kinds := map[provider.Kind][]explain.Kind{
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
	}[p.Kind]
	switch {
	case r.Kind == explain.Process && d.isSelf(r.Process):
		q := d.planOfProcess(ctx, r)
		return q != nil && q.Kind == p.Kind && q.Profile.Name == p.Profile.Name
	case !slices.Contains(kinds, r.Kind):
		return false
	case p.Kind == provider.Role:
		return p.Profile.RoleARN == r.RoleARN && d.same(ctx, p.From, r.Source)
	}
	return true
}

// planOfProcess is awsexec's plan when a client runs it as the credential_process of a profile, nil if that fails.
func (d *diagnosis) planOfProcess(ctx context.Context, r *explain.Result) *provider.Plan {
	name, _ := profile.SelfProcess(r.Process, d.self)
	name = cmp.Or(name, r.Profile)
	p, err := d.resolve(ctx, name)
	if err != nil {
		return nil
	}
	o := d.options(provider.Client{})
	o.Explicit = true
	plan, err := provider.Decide(ctx, p, o)
	if err != nil {
		return nil
	}
	return plan
}

// checkPlan tells why awsexec itself has no credentials.
func (d *diagnosis) checkPlan() {
	if d.planErr == nil || d.config == nil { // an unreadable file is the business of checkFiles
		return
	}
	at := ""
	var setting *profile.SettingError
	var cycle *profile.CycleError
	var missing *profile.NotFoundError
	switch {
	case errors.As(d.planErr, &setting):
		at = setting.Pos.String()
	case errors.As(d.planErr, &cycle):
		at = cycle.Pos.String()
	case errors.As(d.planErr, &missing) && missing.Bare != profile.Pos{}:
		at = missing.Bare.String()
	}
	mend := hint(d.planErr, d.app)
	if mend == "" && at != "" {
		mend = edit(at)
	}
	d.found(broken, "profile", at, mend, d.planErr.Error())
}

// checkClients names what keeps clients from what awsexec gives: one finding for each cause.
func (d *diagnosis) checkClients() {
	if d.plan == nil {
		return
	}
	if p := last(d.plan); p.Kind == provider.Instance && p.Profile.CredentialSource == "" {
		d.found(notice, "nothing", "", "awsexec add "+quoteWord(p.Profile.Name),
			fmt.Sprintf("profile %q has no credentials of its own: there are some only if this is an EC2 instance", p.Profile.Name))
	}
	type cause struct {
		kind    explain.Kind
		failure explain.Failure
		at      string
	}
	var causes []cause
	clients, results := map[cause][]string{}, map[cause]*explain.Result{}
	for i, r := range d.results {
		if d.agrees[i] {
			continue
		}
		culprit := d.culprit(d.plan, &r)
		c := cause{culprit.Kind, culprit.Failure, culprit.At.String()}
		if len(clients[c]) == 0 {
			causes = append(causes, c)
			results[c] = culprit
		}
		clients[c] = append(clients[c], string(r.Client))
	}
	for _, c := range causes {
		d.foundCause(results[c], strings.Join(clients[c], "; "))
	}
}

// culprit is the step of r that differs from awsexec's.
func (d *diagnosis) culprit(p *provider.Plan, r *explain.Result) *explain.Result {
	if p.Kind == provider.Role && r.Kind == explain.Role && p.Profile.RoleARN == r.RoleARN && !d.isSelf(r.Source.Process) {
		return d.culprit(p.From, r.Source)
	}
	return r
}

// foundCause words a finding about what clients use instead. It is wrong only where awsexec is meant to be used, or where a client fails.
func (d *diagnosis) foundCause(r *explain.Result, clients string) {
	name := last(d.plan).Profile.Name
	check, how := "differs", notice
	if d.forAwsexec() {
		check, how = "shadowed", suspect
	}
	at := r.At.String()
	switch r.Kind {
	case explain.Fails:
		d.found(suspect, "rejected", at, mendFailure(r), fmt.Sprintf("%s: %s: %s", clients, r.Failure, r.Why))
	case explain.None, explain.Instance:
		if check == "shadowed" {
			d.found(how, "not-used", "", d.mendConfig(name), fmt.Sprintf("%s: profile %q does not lead to awsexec: it has no credential_process", clients, name))
		}
	case explain.Environment:
		d.found(how, check, at, unsetKeys, fmt.Sprintf("%s: keys in the environment shadow profile %q: %s", clients, d.profile.Name, r.Why))
	default:
		mend := edit(at)
		if r.At.Variable != "" {
			mend = "unset " + r.At.Variable
		}
		d.found(how, check, at, mend, fmt.Sprintf("%s: %s shadows what awsexec would give for profile %q: %s", clients, r.Kind, name, r.Why))
	}
}

// forAwsexec tells whether the profile is meant to get its credentials from awsexec: its key is in the keystore, or its process is ours.
func (d *diagnosis) forAwsexec() bool {
	p := last(d.plan)
	if p.Kind == provider.StoredKey {
		return true
	}
	for q := d.profile; q != nil; q = q.Source {
		if q.CredentialProcess != "" && d.isSelf(q.CredentialProcess) {
			return true
		}
	}
	return false
}

const unsetKeys = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"

// mendConfig is the command that makes a profile lead to awsexec.
func (d *diagnosis) mendConfig(name string) string {
	return fmt.Sprintf("aws configure set credential_process %q --profile %s", processCommand(d.self, name), quoteWord(name))
}

func mendFailure(r *explain.Result) string {
	switch {
	case r.Failure == explain.NoMFA:
		return "give that client credentials: awsexec -p " + quoteWord(r.Profile) + " -- COMMAND"
	case r.At.Variable != "":
		return "unset " + r.At.Variable
	default:
		return edit(r.At.String())
	}
}

// edit is the command that shows a place, written file:line or file:line (setting), in an editor.
func edit(at string) string {
	place, setting, _ := strings.Cut(at, " (")
	i := strings.LastIndexByte(place, ':')
	if i < 0 {
		return ""
	}
	command := fmt.Sprintf("${EDITOR:-vi} +%s %s", place[i+1:], quoteWord(place[:i]))
	if setting = strings.TrimSuffix(setting, ")"); setting != "" {
		command += "   # " + setting
	}
	return command
}
