package doctor

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// decide finds out what awsexec itself would do.
func (d *diagnosis) decide(ctx context.Context) {
	r := &d.report
	if d.in.Config == nil {
		r.Err = d.in.ConfigErr
		return
	}
	if r.Profile, r.Err = d.in.selected(); r.Err != nil {
		return
	}
	r.Region, r.RegionAt = profile.Region(d.in.Region, d.in.env, r.Profile), d.in.regionAt(r.Profile)
	if d.plan, r.Err = d.in.planOf(ctx, r.Profile, d.in.Profile != ""); r.Err != nil {
		d.plan = nil
		return
	}
	if r.Policies, r.Err = provider.Narrowing(d.plan, r.Region, d.in.Home, d.in.flags(d.in.Profile != "")); r.Err != nil {
		d.plan = nil
		return
	}
	for p := d.plan; p != nil; p = p.From {
		r.Steps = append(r.Steps, Step{p, d.in.keyID(p), d.in.placeOf(p)})
	}
	isRole := d.plan.Kind == provider.Role
	if d.in.CheckCall != nil && (isRole || d.plan.LongTerm() && !d.in.NoSession) {
		hasSession := !isRole && !d.session(ctx).Expires.IsZero() // a role may have that of its source
		r.Err = d.in.CheckCall(r.Profile, hasSession)
	}
}

// selected resolves the profile that is selected.
func (in Input) selected() (*profile.Profile, error) {
	if !profile.IsNamed(in.Profile, in.env) {
		return in.profiles().Unnamed()
	}
	return in.resolve(profile.Name(in.Profile, in.env))
}

// resolve resolves a profile that is named.
func (in Input) resolve(name string) (*profile.Profile, error) { return in.profiles().Profile(name) }

// profiles returns the profiles of the files and of the keystore. Its index alone
// says which keys there are.
func (in Input) profiles() *profile.Config {
	names := make([]string, len(in.Keystore.Entries))
	for i, e := range in.Keystore.Entries {
		names[i] = e.Name
	}
	return in.Config.RunBy(in.Self).With(names...)
}

// planOf returns awsexec's plan for a profile, which was named if explicit.
func (in Input) planOf(ctx context.Context, p *profile.Profile, explicit bool) (*provider.Plan, error) {
	return provider.Find(ctx, p, in.env, indexed{in.Keystore}, in.flags(explicit))
}

func (in Input) flags(explicit bool) provider.Flags {
	return provider.Flags{Explicit: explicit, NoSession: in.NoSession, Duration: in.Duration, Chain: in.Chain, At: in.Now(), Policies: in.Policies, Given: in.Given}
}

// indexed are the keys that the keystore's index knows of. It implements
// provider.Keys and reads none.
type indexed struct{ Keystore }

func (k indexed) List(context.Context) map[string]bool {
	names := make(map[string]bool, len(k.Entries))
	for _, e := range k.Entries {
		names[e.Name] = true
	}
	return names
}

func (k indexed) KeyID(_ context.Context, name string) (string, error) {
	e, ok := k.entry(name)
	if !ok {
		return "", keystore.ErrNotFound
	}
	return cmp.Or(e.AccessKeyID, "AKIA????????????????"), nil
}

func (k indexed) Get(context.Context, string) (aws.Credentials, error) {
	return aws.Credentials{}, errNotRead
}

// errNotRead says why a key cannot be used.
var errNotRead = errors.New("doctor reads no keys")

func (in Input) regionAt(p *profile.Profile) Place {
	switch {
	case in.Region != "":
		return Place{Flag: "--region"}
	case in.env("AWS_REGION") != "":
		return variable("AWS_REGION")
	case in.env("AWS_DEFAULT_REGION") != "":
		return variable("AWS_DEFAULT_REGION")
	case p.Region != "":
		return setting(p.Origin["region"], "region")
	}
	return Place{}
}

// keyID returns the access key id of a step, if it is known before the step is
// taken; else "".
func (in Input) keyID(p *provider.Plan) string {
	switch p.Kind {
	case provider.StoredKey:
		e, _ := in.Keystore.entry(p.Profile.Name)
		return e.AccessKeyID
	case provider.FileKey, provider.FileSession:
		return p.Profile.Static.Credentials.AccessKeyID
	case provider.EnvironmentKey, provider.EnvironmentSession:
		return in.env("AWS_ACCESS_KEY_ID")
	}
	return ""
}

// placeOf returns what decides about a step.
func (in Input) placeOf(p *provider.Plan) Place {
	first := func(otherwise Place, keys ...string) Place {
		for _, key := range keys {
			if pos, ok := p.Profile.Origin[key]; ok {
				return setting(pos, key)
			}
		}
		return otherwise
	}
	switch p.Kind {
	case provider.StoredKey:
		return Place{Key: p.Profile.Name, Keystore: in.Keystore.Name}
	case provider.FileKey, provider.FileSession:
		return setting(p.Profile.Static.AccessKeyID, "aws_access_key_id")
	case provider.EnvironmentKey, provider.EnvironmentSession:
		return variable("AWS_ACCESS_KEY_ID")
	case provider.Process:
		return first(Place{}, "credential_process")
	case provider.SSO:
		return first(Place{}, "sso_account_id", "sso_role_name")
	case provider.WebIdentity:
		return first(variable("AWS_WEB_IDENTITY_TOKEN_FILE"), "web_identity_token_file")
	case provider.Login:
		return first(Place{}, "login_session")
	case provider.Role:
		return first(Place{}, "role_arn")
	case provider.Container:
		return first(variable("AWS_CONTAINER_CREDENTIALS_…"), "credential_source")
	}
	return first(Place{}, "credential_source")
}

// last returns the step of a plan that needs no other.
func last(p *provider.Plan) *provider.Plan {
	for p != nil && p.From != nil {
		p = p.From
	}
	return p
}

// SessionRule says whether credentials go through GetSessionToken.
type SessionRule int

// The rules.
const (
	NoCredentials     SessionRule = iota // there are none
	LongTermItself                       // --no-session gives the long-term key
	SessionForRoles                      // one session of the long-term key serves all roles that it assumes
	SessionItself                        // the credentials are a session of the long-term key
	FederatedItself                      // they are one of GetFederationToken, which can be narrowed
	SessionIfLongTerm                    // a credential_process may give a long-term key
	AlreadyShortLived                    // AWS refuses GetSessionToken to such credentials
)

func (d *diagnosis) rule() SessionRule {
	p := last(d.plan)
	switch {
	case p == nil:
		return NoCredentials
	case p.LongTerm() && d.in.NoSession:
		return LongTermItself
	case p.LongTerm() && d.plan != p:
		return SessionForRoles
	case p.LongTerm() && !d.report.Policies.IsZero():
		return FederatedItself
	case p.LongTerm():
		return SessionItself
	case p.Kind == provider.Process:
		return SessionIfLongTerm
	}
	return AlreadyShortLived
}

// Session is what the cache has for the next call.
type Session struct {
	Cacheable bool      // they are kept in the cache
	Err       error     // why the cache is not known
	Expires   time.Time // zero if there is no session
}

func (d *diagnosis) session(ctx context.Context) Session {
	p := last(d.plan)
	switch {
	case p == nil || !p.LongTerm() && p.Kind != provider.SSO && (p.Kind != provider.Login || p == d.plan): // whose access token is credentials
		return Session{}
	case d.in.Sessions == nil:
		return Session{Cacheable: true, Err: d.in.SessionsErr}
	}
	until, err := d.in.Sessions.AtHand(ctx, d.report.Profile, d.in.flags(d.in.Profile != ""))
	return Session{Cacheable: true, Err: err, Expires: until}
}

// checkPlan finds why awsexec itself has no credentials.
func (d *diagnosis) checkPlan() {
	err := d.report.Err
	_, expired := errors.AsType[*provider.ExpiredError](err)
	if err == nil || expired || d.in.Config == nil { // checkEnvironment finds what has expired, checkFiles an unreadable file
		return
	}
	at, remedy := Place{}, Remedy(AfterError{err})
	edit := func(where Place, what string) { at, remedy = where, Edit{where.Place, what} }
	var wrong *profile.SettingError
	var cycle *profile.CycleError
	var missing *profile.NotFoundError
	var noKey *provider.NoKeyError
	var foreign *provider.ForeignError
	var source *provider.SourceError
	var loop *provider.LoopError
	var partial *provider.EnvironmentError
	var given *provider.GivenError
	var policies *provider.PolicyError
	switch {
	case errors.As(err, &policies) && policies.Profile != "":
		edit(setting(policies.At, policies.By), "correct it")
	case errors.As(err, &wrong):
		edit(setting(wrong.Pos, wrong.Key), "correct it")
	case errors.As(err, &cycle):
		edit(setting(cycle.Pos, "source_profile"), "change it")
	case errors.As(err, &missing) && missing.Bare != awsini.Pos{}:
		edit(line(missing.Bare), "write [profile "+missing.Name+"]")
	case errors.As(err, &missing) && missing.Name == d.report.Name && d.report.NamedBy.Variable != "":
		at = d.report.NamedBy
		remedy = unset(at.Variable)
		if len(missing.Near) > 0 {
			remedy = Export{at.Variable, missing.Near[0]}
		}
	case errors.As(err, &noKey) && noKey.Setting != "":
		settings, _ := d.in.Config.Lookup(noKey.Profile)
		edit(setting(settings[noKey.Setting].Pos, noKey.Setting), "a source_profile that has a key, or a credential_source that is there")
	case errors.As(err, &foreign):
		at = setting(foreign.Pos, foreign.Key)
	case errors.As(err, &source):
		at = setting(source.Pos, "source_profile")
	case errors.As(err, &loop):
		settings, _ := d.in.Config.Lookup(loop.Path[len(loop.Path)-2])
		edit(setting(settings["credential_process"].Pos, "credential_process"), "name a profile that has a key")
	case errors.As(err, &given):
		at = d.in.placeOf(&provider.Plan{Kind: given.Kind, Profile: given.Profile})
	case errors.As(err, &partial):
		at, remedy = variable(partial.Set), unset(keyVariables...)
	}
	d.found(Broken, NoProfile, at, err.Error(), remedy)
}
