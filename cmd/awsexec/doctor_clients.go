package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsapi"
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
	o := d.options(awsapi.Client{})
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
	at, mend := "", hint(d.planErr, d.app)
	var setting *profile.SettingError
	var cycle *profile.CycleError
	var missing *profile.NotFoundError
	var noKey *provider.NoKeyError
	var loop *provider.LoopError
	switch {
	case errors.As(d.planErr, &setting):
		at = explain.Place{Pos: setting.Pos, Key: setting.Key}.String()
		mend = edit(at, "correct it")
	case errors.As(d.planErr, &cycle):
		at = explain.Place{Pos: cycle.Pos, Key: "source_profile"}.String()
		mend = edit(at, "change it")
	case errors.As(d.planErr, &missing) && missing.Bare != profile.Pos{}:
		at = missing.Bare.String()
		mend = edit(at, "write [profile "+missing.Name+"]")
	case errors.As(d.planErr, &missing) && missing.Name == d.report.Profile.Name && strings.HasPrefix(d.report.Profile.Why, "AWS_"):
		at = d.report.Profile.Why
		mend = unset(at)
		if len(missing.Near) > 0 {
			mend = export(at, missing.Near[0])
		}
	case errors.As(d.planErr, &noKey) && noKey.Setting != "":
		settings, _ := d.config.Lookup(noKey.Profile)
		at = explain.Place{Pos: settings[noKey.Setting].Pos, Key: noKey.Setting}.String()
		mend = edit(at, "a source_profile that has a key, or a credential_source that is there")
	case errors.As(d.planErr, &loop):
		settings, _ := d.config.Lookup(loop.Path[len(loop.Path)-2])
		at = explain.Place{Pos: settings["credential_process"].Pos, Key: "credential_process"}.String()
		mend = edit(at, "name a profile that has a key")
	case strings.HasPrefix(d.planErr.Error(), "AWS_"): // half a key in the environment
		at, _, _ = strings.Cut(d.planErr.Error(), " ")
		mend = unsetKeys
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
		if d.agrees[i] || d.toldOf(&r) {
			continue
		}
		culprit := d.culprit(d.plan, &r)
		if d.leadsNowhere(culprit) {
			culprit = &explain.Result{Kind: explain.None, Why: "it has no credential_process"}
		}
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

// toldOf tells whether another check names the cause of what a client does: keys in the environment beside AWS_PROFILE, or a section that
// is no profile.
func (d *diagnosis) toldOf(r *explain.Result) bool {
	fromEnvironment := d.plan.Kind == provider.EnvironmentKey || d.plan.Kind == provider.EnvironmentSession
	return fromEnvironment && r.Kind != explain.Fails && d.env("AWS_PROFILE") != "" || d.misplaced[d.profile.Name]
}

// leadsNowhere tells whether a client finds nothing because the profile with the key does not lead to awsexec.
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

// foundCause words a finding about what clients use instead. It is wrong only where awsexec is meant to be used, or where a client fails.
func (d *diagnosis) foundCause(r *explain.Result, clients string) {
	name := last(d.plan).Profile.Name
	check, how := "differs", notice
	if d.forAwsexec() {
		check, how = "shadowed", suspect
	}
	at := r.At.String()
	instead := func(mend string) {
		d.found(how, check, at, mend, fmt.Sprintf("%s: %s in place of what awsexec would give for profile %q: %s", clients, r.Kind, d.profile.Name, r.Why))
	}
	switch r.Kind {
	case explain.Fails:
		text := fmt.Sprintf("%s: %s: %s", clients, r.Failure, r.Why)
		if r.Failure == explain.NoMFA {
			text += fmt.Sprintf(" (or run it as awsexec -p %s -- COMMAND)", quoteWord(r.Profile))
		}
		d.found(suspect, "rejected", at, d.mendFailure(r), text)
	case explain.None, explain.Instance:
		if check == "shadowed" {
			d.found(how, "not-used", d.settings.Files.Config, d.mendConfig(name), fmt.Sprintf("%s: profile %q does not lead to awsexec: it has no credential_process", clients, name))
		}
	case explain.Environment:
		instead(unset(strings.Replace(keyVariables, "AWS_ACCESS_KEY_ID", r.At.Variable, 1)))
	case explain.Process:
		instead(d.mendConfig(name))
	case explain.CredentialsFile, explain.ConfigFile:
		if strings.HasPrefix(r.AccessKeyID, "ASIA") {
			instead(edit(at, "take the keys out, with their token"))
		} else {
			instead(d.mendClearKey(r.Profile, r.AccessKeyID, at))
		}
	case explain.SSO:
		instead(edit(at, "take all sso_ settings out"))
	default:
		instead(mendPlace(r.At))
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

// keyVariables are those that hold keys.
const keyVariables = "AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN"

// unsetKeys is the command that takes keys out of the environment.
var unsetKeys = unset(keyVariables)

// unset is the command that takes variables out of the environment, in a POSIX shell or, on Windows, in PowerShell.
func unset(names string) string {
	if runtime.GOOS == "windows" {
		return "Remove-Item Env:" + strings.ReplaceAll(names, " ", ", Env:")
	}
	return "unset " + names
}

// export is the command that puts a variable into the environment, likewise.
func export(name, value string) string {
	if runtime.GOOS == "windows" {
		return "$Env:" + name + " = '" + value + "'"
	}
	return "export " + name + "=" + quoteWord(value)
}

// mendConfig is the command that makes a profile lead to awsexec.
func (d *diagnosis) mendConfig(name string) string {
	return fmt.Sprintf("aws configure set credential_process %q --profile %s", processCommand(d.self, name), quoteWord(name))
}

// mendClearKey is the command that takes the key keyID of a profile out of an AWS file. Where the keystore has another one under that
// name, only the user knows which is right.
func (d *diagnosis) mendClearKey(name, keyID, at string) string {
	command := "awsexec import " + quoteWord(name)
	if e, ok := (indexedKeys{d.entries}).entry(name); ok && e.AccessKeyID != "" && e.AccessKeyID != keyID {
		return edit(at, fmt.Sprintf("take the key out; or, to use it in place of the stored one (%s): %s --force", mask(e.AccessKeyID), command))
	}
	if d.settings.NoPrompt {
		command += " --yes"
	}
	return command
}

func (d *diagnosis) mendFailure(r *explain.Result) string {
	switch {
	case r.Failure == explain.NoMFA:
		return d.mendMFA(r)
	case r.Failure == explain.Partial && r.At.Variable == "":
		return edit(r.At.String(), "complete it, or take it out")
	}
	return mendPlace(r.At)
}

// mendMFA moves a device from a role to the profile whose session assumes it: awsexec then asks for the code, which not all clients can.
func (d *diagnosis) mendMFA(r *explain.Result) string {
	source := last(d.plan)
	for p := d.plan; p != source; p = p.From {
		if p.Profile.Origin["mfa_serial"] == r.At.Pos && p.Profile.Name != source.Profile.Name && source.LongTerm() {
			return fmt.Sprintf("%s\naws configure set mfa_serial %s --profile %s", mendPlace(r.At), p.Profile.MFASerial, quoteWord(source.Profile.Name))
		}
	}
	return "awsexec -p " + quoteWord(r.Profile) + " -- COMMAND"
}

// mendPlace is the command that takes out what is at a place.
func mendPlace(at explain.Place) string {
	if at.Variable != "" {
		return unset(at.Variable)
	}
	return edit(at.String(), "take it out")
}

// edit is the command that shows a place, written file:line or file:line (setting), in an editor, and what is to be done there.
func edit(at, what string) string {
	place, setting, _ := strings.Cut(at, " (")
	i := strings.LastIndexByte(place, ':')
	if i < 0 {
		return ""
	}
	if setting != "" {
		what = strings.TrimSuffix(setting, ")") + ": " + what
	}
	if runtime.GOOS == "windows" {
		return fmt.Sprintf("notepad %s   # line %s: %s", quoteWord(place[:i]), place[i+1:], what)
	}
	return fmt.Sprintf("${EDITOR:-vi} +%s %s   # %s", place[i+1:], quoteWord(place[:i]), what)
}
