package explain

import (
	"cmp"
	"strings"

	"github.com/awsexec/awsexec/internal/profile"
)

// goSDK predicts for the AWS SDK for Go v2, and so for Terraform. Source:
// resolve_credentials.go and shared_config.go of its config package.
//
// It loads the whole profile before it chooses. That fails for an invalid profile,
// even if there are keys in the environment.
type goSDK struct {
	Input
	reading reading
	own     *goProfile // that is used: also for its sources, it says where the metadata service is
}

// goProfile is SharedConfig: a profile with the settings that count.
type goProfile struct {
	section
	name   string
	source *goProfile
	static *Result // keys of the files
}

func (g goSDK) predict() Result {
	name, from := g.profileName()
	p, failed := g.load(name, map[string]bool{})
	mustExist := g.Profile != "" || g.env("AWS_PROFILE") != ""
	if failed != nil && failed.Failure == NoProfile && !mustExist {
		p, failed = &goProfile{name: name}, nil
	}
	g.own = p
	r := first(g.badVariable, func() *Result { return failed }, func() *Result { return g.badBundle(p) })
	switch {
	case r != nil:
		if r == failed {
			failed.At = cmp.Or(failed.At, from)
		}
	case g.Profile != "":
		r = g.fromProfile(p)
	default:
		r = first(
			g.environment,
			g.webIdentityOfEnvironment,
			func() *Result { return g.fromProfile(p) },
		)
	}
	r.Client, r.Profile = GoSDK, name
	r.Region, r.RegionAt = g.region(p)
	return *r
}

func (g goSDK) profileName() (name string, from Place) {
	if g.Profile != "" {
		return g.Profile, Place{}
	}
	for _, v := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if name := g.env(v); name != "" {
			return name, variable(v)
		}
	}
	return "default", Place{}
}

func (g goSDK) region(p *goProfile) (string, Place) {
	for _, v := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := g.env(v); region != "" {
			return region, variable(v)
		}
	}
	if p == nil {
		return "", Place{}
	}
	return p.section["region"].text, p.at("region")
}

// text returns a setting. An empty one counts as absent.
func (p *goProfile) text(key string) string { return p.section[key].text }

// set reports whether any of keys has a value.
func (p *goProfile) set(keys ...string) bool {
	for _, key := range keys {
		if p.text(key) != "" {
			return true
		}
	}
	return false
}

// drop removes settings that do not count.
func (p *goProfile) drop(keys ...string) {
	for _, key := range keys {
		delete(p.section, key)
	}
}

// load is setFromIniSections: it returns the profile and its sources, or why it is
// invalid. It takes the profiles that led here.
func (g goSDK) load(name string, visited map[string]bool) (*goProfile, *Result) {
	s, found := g.reading.profile(name)
	p := &goProfile{section: s, name: name}
	if !found {
		return nil, fails(NoProfile, Place{}, "a profile that AWS_PROFILE or a program names must be there")
	}
	if at := g.partial(name); at != (Place{}) {
		return nil, fails(Partial, at, "half a pair of keys makes the whole profile unusable")
	}
	if failed := badSetting(s); failed != nil {
		return nil, failed
	}
	p.static = g.static(name, p)
	if visited[name] {
		p.drop("role_arn", "mfa_serial", "source_profile")
	} else if key := p.first("source_profile", "credential_source", "web_identity_token_file"); key != "" && !p.set("role_arn") {
		return nil, fails(Invalid, p.at(key), "%s wants a role_arn beside it", key)
	}
	if len(visited) > 0 && p.static != nil {
		p.drop("source_profile")
		return p, nil
	}
	visited[name] = true
	if keys := p.allSet("source_profile", "credential_source", "credential_process", "web_identity_token_file"); len(keys) > 1 {
		return nil, fails(Invalid, p.at(keys[1]), "only one of %s may be in a profile", strings.Join(keys, ", "))
	}
	if p.set("source_profile") {
		var failed *Result
		if p.source, failed = g.loadSource(p, visited); failed != nil {
			return nil, failed
		}
		p.static = nil
		p.drop("sso_account_id", "sso_region", "sso_role_name", "sso_start_url")
	}
	if session := p.text("sso_session"); session != "" && g.reading.sessions[strings.TrimSpace(session)] == nil {
		return nil, fails(Invalid, p.at("sso_session"), "there is no such sso-session section")
	}
	return p, nil
}

// loadSource loads the profile that source_profile names. A source must have
// credentials in a file, or a setting that leads to some.
func (g goSDK) loadSource(p *goProfile, visited map[string]bool) (*goProfile, *Result) {
	at := p.at("source_profile")
	if len(visited) >= profile.MaxChain {
		return nil, tooDeep(at)
	}
	source, failed := g.load(p.text("source_profile"), visited)
	switch {
	case failed != nil && failed.Failure == NoProfile:
		return nil, fails(Invalid, at, "there is no profile %q", p.text("source_profile"))
	case failed != nil:
		return nil, failed
	case source.static == nil && !source.set("source_profile", "credential_source", "credential_process", "web_identity_token_file",
		"sso_session", "sso_region", "sso_account_id", "sso_start_url", "sso_role_name"):
		return nil, fails(Invalid, at, "the source profile %q has no credentials in any file", source.name)
	}
	return source, nil
}

// partial returns the failure for half a pair of keys. If the credentials file has
// the profile, the SDK ignores that the pair in the config file is incomplete.
func (g goSDK) partial(name string) Place {
	own, ok := g.reading.credentials[name]
	if !ok {
		own = g.reading.config[name]
	}
	if own.has("aws_access_key_id") != own.has("aws_secret_access_key") {
		return own.at("aws_access_key_id", "aws_secret_access_key")
	}
	return Place{}
}

// static returns the keys of both files merged: a complete pair of the credentials
// file replaces that of the config file.
func (g goSDK) static(name string, p *goProfile) *Result {
	own, kind := g.reading.credentials[name], CredentialsFile
	if !own.has("aws_access_key_id", "aws_secret_access_key") {
		own, kind = g.reading.config[name], ConfigFile
	}
	if own["aws_access_key_id"].text == "" || own["aws_secret_access_key"].text == "" {
		return nil
	}
	return &Result{Kind: kind, At: own.at("aws_access_key_id"), AccessKeyID: own["aws_access_key_id"].text, Profile: p.name,
		Why: "keys in either file come before the other settings of a profile"}
}

func (p *goProfile) allSet(keys ...string) []string {
	var set []string
	for _, key := range keys {
		if p.set(key) {
			set = append(set, key)
		}
	}
	return set
}

func (p *goProfile) first(keys ...string) string {
	for _, key := range keys {
		if p.set(key) {
			return key
		}
	}
	return ""
}

// environment is EnvConfig: both keys or none.
func (g goSDK) environment() *Result {
	id, secret := "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
	if g.env(id) == "" {
		id = "AWS_ACCESS_KEY"
	}
	if g.env(secret) == "" {
		secret = "AWS_SECRET_KEY"
	}
	if g.env(id) == "" || g.env(secret) == "" {
		return nil
	}
	return &Result{Kind: Environment, At: variable(id), AccessKeyID: g.env(id), Why: "keys in the environment come before AWS_PROFILE"}
}

func (g goSDK) webIdentityOfEnvironment() *Result {
	at := variable("AWS_WEB_IDENTITY_TOKEN_FILE")
	switch {
	case g.env(at.Variable) == "":
		return nil
	case g.env("AWS_ROLE_ARN") == "":
		return fails(Invalid, at, "AWS_ROLE_ARN is not set beside it")
	}
	return &Result{Kind: WebIdentity, At: at, RoleARN: g.env("AWS_ROLE_ARN"), Why: "web identity in the environment comes before any profile"}
}

// fromProfile is resolveCredsFromProfile: one of the steps gives credentials, and
// with these, whatever the step, a role_arn is assumed. Web identity has used the
// role_arn already.
func (g goSDK) fromProfile(p *goProfile) *Result {
	r := first(
		func() *Result { return g.ofSource(p) },
		func() *Result { return p.static },
		func() *Result { return g.credentialSource(p) },
		func() *Result { return g.webIdentity(p) },
		func() *Result { return g.sso(p) },
		func() *Result {
			return p.setting(Login, "login_session", "login_session comes before credential_process")
		},
		func() *Result {
			return p.setting(Process, "credential_process", "credential_process comes after all else in a profile")
		},
		g.container,
		g.instance,
	)
	r.Profile = cmp.Or(r.Profile, p.name)
	found := r.Kind != Fails && r.Kind != None
	notYet := r.Kind == None || r.Failure == NoSource // seen only when the role is assumed
	switch {
	case !found && !notYet, r.Kind == WebIdentity && p.source == nil, !p.set("role_arn"):
		return r
	case p.set("mfa_serial"):
		return fails(NoMFA, p.at("mfa_serial"), "the program must bring a way to ask for the code; Terraform has none")
	case !found:
		return r
	}
	return &Result{Kind: Role, At: p.at("role_arn"), RoleARN: p.text("role_arn"), Profile: p.name, Source: r,
		Why: "role_arn is assumed on top of whatever else the profile has"}
}

func (p *goProfile) setting(kind Kind, key, why string) *Result {
	if !p.set(key) {
		return nil
	}
	return &Result{Kind: kind, At: p.at(key), Process: p.text("credential_process"), Why: why}
}

func (g goSDK) ofSource(p *goProfile) *Result {
	if p.source == nil {
		return nil
	}
	return g.fromProfile(p.source)
}

// credentialSource is resolveCredsFromSource.
func (g goSDK) credentialSource(p *goProfile) *Result {
	at := p.at("credential_source")
	var r *Result
	switch p.text("credential_source") {
	case "":
		return nil
	case "Environment":
		r = g.environment()
	case "EcsContainer":
		if r = g.container(); r == nil {
			return fails(Invalid, at, "no variable names a container endpoint")
		}
	case "Ec2InstanceMetadata":
		return g.instance()
	default:
		return fails(Invalid, at, "credential_source is not Environment, EcsContainer or Ec2InstanceMetadata")
	}
	if r == nil {
		return fails(NoSource, at, "the source named there has no credentials")
	}
	return r
}

func (g goSDK) instance() *Result {
	return instance(!strings.EqualFold(g.env("AWS_EC2_METADATA_DISABLED"), "true"), cmp.Or(g.env(metadataEndpointVariable), g.own.text(metadataEndpoint)))
}

func (g goSDK) webIdentity(p *goProfile) *Result {
	r := p.setting(WebIdentity, "web_identity_token_file", "web identity comes before IAM Identity Center and processes")
	switch {
	case r == nil:
		return nil
	case !p.set("role_arn"):
		return fails(Invalid, r.At, "web identity without a role")
	}
	r.RoleARN = p.text("role_arn")
	return r
}

// sso is resolveSSOCredentials. Any of the settings makes it count, and then all are
// required.
func (g goSDK) sso(p *goProfile) *Result {
	at := p.at(p.first("sso_session", "sso_account_id", "sso_role_name", "sso_start_url", "sso_region"))
	if at == (Place{}) {
		return nil
	}
	all := merge(p.section, g.reading.sessions[strings.TrimSpace(p.text("sso_session"))])
	for _, key := range []string{"sso_start_url", "sso_region", "sso_account_id", "sso_role_name"} {
		if all[key].text == "" {
			return fails(Invalid, at, "%s is missing", key)
		}
		if p.set(key) && p.text(key) != all[key].text {
			return fails(Invalid, p.at(key), "differs from the sso-session's")
		}
	}
	return &Result{Kind: SSO, At: at, Why: "IAM Identity Center comes before login sessions and processes"}
}

func (g goSDK) container() *Result {
	for _, v := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if g.env(v) != "" {
			return &Result{Kind: Container, At: variable(v), Why: "the container endpoint comes after the profile"}
		}
	}
	return nil
}
