// Package doctor finds out which credentials each AWS client would use here,
// what awsexec would give, and what to fix.
//
// It looks at the AWS files, the environment, the index of the keystore and its
// condition. It reads no key and asks nobody. Only Online makes requests.
package doctor

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/cache"
	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/lastcall"
	"github.com/awsexec/awsexec/internal/policy"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// Input is all that doctor looks at.
type Input struct {
	// What the command line says.
	Profile   string // "" if none is named
	Region    string
	Duration  time.Duration
	NoSession bool
	NoPrompt  bool // by a flag or a variable

	Policies []policy.Request // that flags and variables ask for
	Given    *policy.Set      // of the credentials that an awsexec around this one has given

	HasDialog bool   // the desktop can ask for a code
	Home      string // of the user

	// The environment: Lookup returns a variable, and whether it is set.
	Lookup func(variable string) (value string, set bool)
	Chain  []string // profiles that whoever started awsexec is resolving
	Self   string   // absolute path of awsexec
	Now    func() time.Time

	// The AWS files: the user's own, what is in them or why they cannot be
	// read, and those that SDKs read here.
	Files     profile.Files
	Config    *profile.Config
	ConfigErr error
	SDKFiles  profile.Files

	DirErr   error // why awsexec's own directories are refused
	Keystore Keystore
	CanHold  bool // an encrypted keystore can be unlocked for some time

	Sessions    Sessions // nil if there can be none
	SessionsErr error    // why

	SignIns *cache.Cache // with the sealed tokens of sign-ins; nil if there can be none

	CacheErr error // why nothing can be written to the session cache

	// CheckCall returns why AWS cannot be called for a profile, without calling it.
	// HasSession means that it need not be called now.
	CheckCall func(p *profile.Profile, hasSession bool) error

	WhenSignIn string // as AWSEXEC_LOGIN says; "" leaves it to the profile

	Calls []lastcall.Record // how the last calls for each profile ended
}

// Keystore is what can be seen of the keystore without opening it.
type Keystore struct {
	Err       error  // why there is none
	Name      string // in words, with its path if it has one
	Kind      keystore.Kind
	Condition keystore.Condition
	Identity  bool      // an identity opens the file, not a passphrase
	Unlocked  time.Time // until when "awsexec unlock" has effect; zero if it has none
	Entries   []keystore.Entry
	ListErr   error            // why Entries are not known
	Sights    []keystore.Sight // where the keys of a keyring are

	// TOTP reports whether there is a TOTP secret beside the key called name. It is
	// nil where that cannot be seen without a person.
	TOTP func(ctx context.Context, name string) (bool, error)
}

// entry returns what the index has under name.
func (k Keystore) entry(name string) (keystore.Entry, bool) {
	i := slices.IndexFunc(k.Entries, func(e keystore.Entry) bool { return e.Name == name })
	if i < 0 {
		return keystore.Entry{}, false
	}
	return k.Entries[i], true
}

// Sessions are those of the cache.
type Sessions interface {
	// AtHand returns until when there is the session with which a call for p would
	// get its credentials; the zero time if there is none. It reads no secret.
	AtHand(ctx context.Context, p *profile.Profile, f provider.Flags) (time.Time, error)
}

// Report is what doctor found out.
type Report struct {
	Name    string // of the profile that is selected
	NamedBy Place  // a flag or a variable; zero for the default profile

	Profile  *profile.Profile // nil if there is no such profile
	Region   string
	RegionAt Place

	Policies policy.Set // that narrow the credentials

	Steps   []Step // how awsexec gets the credentials, the last step first; none if it cannot
	Err     error  // why it cannot
	Rule    SessionRule
	Session Session
	SignIns []provider.SignIn // that the AWS files describe

	Clients  []Client
	Findings []Finding // the worst first
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Findings) == 0 || r.Findings[0].Severity == Notice }

// Step is one of those by which awsexec gets credentials.
type Step struct {
	Plan  *provider.Plan
	KeyID string // of the key, if it is known before the step is taken
	At    Place  // what decides about it
}

// Client is what one client would use.
type Client struct {
	explain.Result
	Same bool // as awsexec would give
}

// Examine looks at everything and makes no request.
func Examine(ctx context.Context, in Input) *Report {
	d := &diagnosis{in: in, misplaced: map[string]bool{}}
	d.read()
	d.choose()
	d.decide(ctx)
	d.lookAtClients(ctx)
	d.report.Rule, d.report.Session = d.rule(), d.session(ctx)
	if d.in.Config != nil {
		d.report.SignIns = provider.SignIns(ctx, d.in.Config, d.in.SignIns, d.in.env, d.in.Home, d.in.Now())
	}
	for _, check := range []func(){
		d.checkIgnored, d.checkDevices,
		d.checkDirs, d.checkFiles, d.checkPlan, d.checkClients, d.checkProcesses, d.checkPlaintextKeys, d.checkPlaintextTokens, d.checkSealedTokens, d.checkEnvironment, d.checkRegion, d.checkKeystore, d.checkPlaces, d.checkPermissions, d.checkLifetime, d.checkRules, d.checkFileSession, func() { d.checkNextCall(ctx) },
		d.checkLastCalls,
	} {
		check()
	}
	d.report.sort()
	return &d.report
}

// sort puts the worst findings first, and keeps the order of equal ones.
func (r *Report) sort() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(a.Severity, b.Severity) })
}

// diagnosis is a report in the making.
type diagnosis struct {
	in        Input
	report    Report
	own, sdks *explain.Contents // of the user's own files, and of those that SDKs read here
	plan      *provider.Plan    // nil if awsexec cannot get credentials
	misplaced map[string]bool   // the profiles whose section not all clients find
}

// found adds a finding.
func (d *diagnosis) found(s Severity, check Check, at Place, text string, remedies ...Remedy) {
	d.report.Findings = append(d.report.Findings, Finding{Severity: s, Check: check, At: at, Text: text, Remedies: remedies})
}

// read reads the AWS files for the clients, once if all read the same.
func (d *diagnosis) read() {
	d.own = explain.Read(d.in.Files, d.in.Config)
	d.sdks = d.own
	if d.in.SDKFiles != d.in.Files {
		d.sdks = explain.Read(d.in.SDKFiles, nil)
	}
}

// env returns a variable; "" if it is not set.
func (in Input) env(variable string) string {
	value, _ := in.Lookup(variable)
	return value
}

// choose finds out which profile is selected, and by what.
func (d *diagnosis) choose() {
	d.report.Name = profile.Name(d.in.Profile, d.in.env)
	switch d.report.Name {
	case d.in.Profile:
		d.report.NamedBy = Place{Flag: "--profile"}
	case d.in.env("AWS_PROFILE"):
		d.report.NamedBy = variable("AWS_PROFILE")
	case d.in.env("AWS_DEFAULT_PROFILE"):
		d.report.NamedBy = variable("AWS_DEFAULT_PROFILE")
	}
}

// lookAtClients finds out what each client would use.
func (d *diagnosis) lookAtClients(ctx context.Context) {
	for _, result := range explain.All(explain.Input{Contents: d.sdks, Lookup: d.in.Lookup, Now: d.in.Now, Profile: d.in.Profile}) {
		d.report.Clients = append(d.report.Clients, Client{result, d.same(ctx, d.plan, &result)})
	}
}
