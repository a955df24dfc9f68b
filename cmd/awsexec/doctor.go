package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// exitFindings is the exit code of a doctor that has found something wrong.
const exitFindings = 1

// doctorCmd tells which credentials each client would use here, and what is wrong.
//
// It reads the AWS files, the environment and the index of the keystore, and looks whether the keystore is there. It reads no key, asks
// nobody, and makes no request unless it is told to.
type doctorCmd struct {
	JSON   bool `name:"json" help:"Print JSON."`
	Online bool `help:"Also ask AWS for the time and for whom it takes you, with the cached session if there is one."`
}

// severity says how much a finding matters.
type severity string

const (
	broken  severity = "error"   // something does not work
	suspect severity = "warning" // something works otherwise than it looks
	notice  severity = "info"
)

// finding is one thing that is to be known, and the command that mends it.
type finding struct {
	Severity severity `json:"severity"`
	Check    string   `json:"check"` // which check found it: a stable word
	Text     string   `json:"text"`
	At       string   `json:"at,omitempty"` // file:line or variable
	Mend     string   `json:"mend,omitempty"`
}

// clientRow is what one client would use.
type clientRow struct {
	Client      string `json:"client"`
	Profile     string `json:"profile"`
	Credentials string `json:"credentials"`          // in words
	DecidedBy   string `json:"decided_by,omitempty"` // file:line or variable
	Why         string `json:"why,omitempty"`
	Same        bool   `json:"same"` // as awsexec
	Region      string `json:"region,omitempty"`
	RegionFrom  string `json:"region_from,omitempty"`
}

// report is what doctor --json prints. Fields may be added to it; those that are there keep their meaning.
type report struct {
	OK      bool `json:"ok"` // no finding is a warning or an error
	Profile struct {
		Name string `json:"name"`
		Why  string `json:"why"` // "--profile", a variable or "default"
	} `json:"profile"`
	Clients         []clientRow `json:"clients"`           // awsexec first
	Chain           []string    `json:"chain"`             // how awsexec gets the credentials, the last step first
	GetSessionToken string      `json:"get_session_token"` // whether it applies and why
	Session         string      `json:"session"`           // what the cache has
	Findings        []finding   `json:"findings"`
}

// diagnosis is a report in the making, and what the checks look at.
type diagnosis struct {
	*app
	report report

	explicit  bool
	config    *profile.Config // nil if the AWS files cannot be read
	profile   *profile.Profile
	plan      *provider.Plan // nil if awsexec cannot get credentials
	planErr   error          // why
	results   []explain.Result
	agrees    []bool // whether each of results is what awsexec would give
	condition keystore.Condition
	unlocked  time.Time // until when "awsexec unlock" has effect; zero if it has none
	entries   []keystore.Entry
	misplaced map[string]bool // the profiles whose section not all clients find
}

func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	d := &diagnosis{app: a, explicit: a.Profile != "", misplaced: map[string]bool{}}
	d.report.Profile.Name, d.report.Profile.Why = a.whichProfile()
	d.lookAtStore(ctx)
	d.decide(ctx)
	d.results = explain.All(d.input())
	for _, r := range d.results {
		d.agrees = append(d.agrees, d.same(ctx, d.plan, &r))
	}
	d.describe()
	for _, check := range []func(){
		d.checkDirs, d.checkFiles, d.checkPlan, d.checkClients, d.checkProcesses, d.checkKeysInClear, d.checkEnvironment, d.checkRegion, d.checkStore, d.checkPermissions,
	} {
		check()
	}
	if c.Online {
		d.checkOnline(ctx)
	}
	rank := []severity{broken, suspect, notice}
	slices.SortStableFunc(d.report.Findings, func(a, b finding) int {
		return slices.Index(rank, a.Severity) - slices.Index(rank, b.Severity)
	})
	d.report.OK = len(d.report.Findings) == 0 || d.report.Findings[0].Severity == notice
	if err := d.write(c.JSON); err != nil {
		return err
	}
	if !d.report.OK {
		return childExit(exitFindings)
	}
	return nil
}

// found adds a finding.
func (d *diagnosis) found(s severity, check, at, mend, text string) {
	d.report.Findings = append(d.report.Findings, finding{s, check, text, at, mend})
}

// whichProfile is the profile that is selected and by what.
func (a *app) whichProfile() (name, why string) {
	name = profile.Name(a.Profile, a.env)
	switch name {
	case a.Profile:
		return name, "--profile"
	case a.env("AWS_PROFILE"):
		return name, "AWS_PROFILE"
	case a.env("AWS_DEFAULT_PROFILE"):
		return name, "AWS_DEFAULT_PROFILE"
	}
	return name, "default"
}

func (d *diagnosis) input() explain.Input {
	return explain.Input{
		Files:   d.settings.SDKFiles,
		Lookup:  d.settings.LookupEnv,
		Profile: d.Profile,
	}
}

// lookAtStore sees what the keystore's index and its condition tell.
func (d *diagnosis) lookAtStore(ctx context.Context) {
	keys, err := d.session.Keys()
	if err != nil {
		d.condition = keystore.ConditionAbsent
		return
	}
	d.condition = keys.Condition(ctx)
	d.unlocked, _ = keys.UnlockedUntil(ctx)
	d.entries, _ = keys.List(ctx)
}

// decide finds out what awsexec itself would do.
func (d *diagnosis) decide(ctx context.Context) {
	if d.config, d.planErr = d.session.Config(); d.planErr != nil {
		return
	}
	if d.profile, d.planErr = d.resolve(ctx, d.report.Profile.Name); d.planErr != nil {
		return
	}
	if plan, err := provider.Decide(ctx, d.profile, d.options(awsapi.Client{})); err != nil {
		d.planErr = err
	} else {
		d.plan = plan
	}
}

// resolve is the app's profile for those who may not read the keystore: its index alone says which keys there are.
func (d *diagnosis) resolve(_ context.Context, name string) (*profile.Profile, error) {
	names := make([]string, len(d.entries))
	for i, e := range d.entries {
		names[i] = e.Name
	}
	return d.config.With(names...).Profile(name)
}

// options are the provider's, with nobody to ask and no key to read.
func (d *diagnosis) options(client awsapi.Client) provider.Options {
	return provider.Options{
		Files: d.settings.Files, Env: d.env, Keys: indexedKeys{d.entries}, Client: client, Now: d.now, Events: d.ui,
		Self:     func(command string) (string, bool) { return profile.SelfProcess(command, d.self) },
		Resolve:  d.resolve,
		Explicit: d.explicit, NoSession: d.NoSession, Duration: d.settings.Duration, Chain: d.settings.Chain(),
	}
}

// indexedKeys are the keys that the keystore's index knows of.
type indexedKeys struct{ entries []keystore.Entry }

func (k indexedKeys) entry(name string) (keystore.Entry, bool) {
	for _, e := range k.entries {
		if e.Name == name {
			return e, true
		}
	}
	return keystore.Entry{}, false
}

func (k indexedKeys) Listed(_ context.Context, name string) bool {
	_, ok := k.entry(name)
	return ok
}

func (k indexedKeys) KeyID(_ context.Context, name string) (string, error) {
	e, ok := k.entry(name)
	if !ok {
		return "", keystore.ErrNotFound
	}
	return cmp.Or(e.AccessKeyID, "AKIA????????????????"), nil
}

func (k indexedKeys) Get(context.Context, string) (aws.Credentials, error) {
	return aws.Credentials{}, errNotRead
}

// errNotRead says why a key is not there to be used.
var errNotRead = errors.New("doctor reads no keys")
