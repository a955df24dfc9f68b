package explain

import (
	"cmp"
	"maps"

	"github.com/awsexec/awsexec/internal/lazyregexp"
	"github.com/awsexec/awsexec/internal/profile"
)

// jsSDK predicts for the AWS SDK for JavaScript v3. Source:
// @aws-sdk/credential-provider-node (defaultProvider, remoteProvider) and
// @aws-sdk/credential-provider-ini (resolveProfileData,
// resolveAssumeRoleCredentials).
//
// After most of its errors the next link of the chain tries: what was wrong with a
// profile is lost, and a later link wins.
type jsSDK struct {
	Input
	reading reading
	asksMFA bool // the program gave the SDK a way to ask for codes
}

// passed is the error of a link after which the next one tries.
func passed(r *Result) bool {
	return r.Kind == Fails && r.Failure != NoMFA && !r.final
}

func (j jsSDK) predict() Result {
	r := j.chain(j.Profile)
	if failed := j.badDefaultsMode(); failed != nil && r.Kind != Fails && r.Kind != None {
		r = failed
	}
	r.Client, r.Profile = JSSDK, j.profileName()
	r.Region, r.RegionAt = j.region(r.Profile)
	return *r
}

// chain is defaultProvider for a client with the option profile, "" for none.
func (j jsSDK) chain(explicit string) *Result {
	j.Profile = explicit
	name := j.profileName()
	r := first(
		j.environmentOrProfile,
		j.orNext(func() *Result { return j.fromProfile(name) }),
		j.orNext(func() *Result { return j.process(name) }),
		j.webIdentityOfEnvironment,
		j.container,
	)
	if r != nil {
		return r
	}
	disabled := j.env("AWS_EC2_METADATA_DISABLED")
	return instance(disabled == "" || disabled == "false", j.endpoint())
}

// ofEnvironment returns a setting of the SDK itself, which is that of AWS_PROFILE or
// default, whatever profile a program names, and of the config file before the
// credentials file. The variable comes before it, even if it is empty.
func (j jsSDK) ofEnvironment(v, key string) (text string, at Place, set bool) {
	if text, set := j.Lookup(v); set {
		return text, variable(v), true
	}
	name := cmp.Or(j.env("AWS_PROFILE"), "default")
	p := merge(j.reading.credentials[name], j.reading.config[name])
	return p[key].text, p.at(key), p.has(key)
}

// endpoint returns where the metadata service is.
func (j jsSDK) endpoint() string {
	text, _, _ := j.ofEnvironment(metadataEndpointVariable, metadataEndpoint)
	return text
}

// badDefaultsMode returns the failure of every request if the defaults mode is
// invalid (resolveDefaultsModeConfig). No other setting or variable that the other
// SDKs validate makes this one fail: it falls back to its default.
func (j jsSDK) badDefaultsMode() *Result {
	c := check{"defaults_mode", defaultsWords, isDefaults}
	text, at, set := j.ofEnvironment("AWS_DEFAULTS_MODE", c.name)
	if !set || c.valid(text) {
		return nil
	}
	return c.failed(at, "the SDK refuses to make a request")
}

func (j jsSDK) orNext(try step) step {
	return func() *Result {
		r := try()
		if r == nil || passed(r) {
			return nil
		}
		return r
	}
}

// profileName reads AWS_PROFILE alone.
func (j jsSDK) profileName() string {
	for _, name := range []string{j.Profile, j.env("AWS_PROFILE")} {
		if name != "" {
			return name
		}
	}
	return "default"
}

// region reads AWS_REGION alone.
func (j jsSDK) region(name string) (string, Place) {
	if region, set := j.Lookup("AWS_REGION"); set {
		return region, variable("AWS_REGION")
	}
	p, _ := j.reading.profile(name)
	return p["region"].text, p.at("region")
}

// environmentOrProfile is the first link: AWS_PROFILE disables keys in the
// environment.
func (j jsSDK) environmentOrProfile() *Result {
	if j.Profile != "" || j.env("AWS_PROFILE") != "" {
		return nil
	}
	return j.environment()
}

// environment is fromEnv: both keys or none.
func (j jsSDK) environment() *Result {
	id := j.env("AWS_ACCESS_KEY_ID")
	if id == "" || j.env("AWS_SECRET_ACCESS_KEY") == "" {
		return nil
	}
	return &Result{Kind: Environment, At: variable("AWS_ACCESS_KEY_ID"), AccessKeyID: id, Why: "keys in the environment come first where no profile is named"}
}

// fromProfile is fromIni.
func (j jsSDK) fromProfile(name string) *Result {
	return j.resolve(name, nil)
}

// resolve is resolveProfileData. It takes the source profiles that led here.
func (j jsSDK) resolve(name string, visited map[string]bool) *Result {
	p, found := j.reading.profile(name)
	if !found {
		return fails(NoProfile, Place{}, "there is no profile %q", name)
	}
	source := len(visited) > 0
	r := first(
		func() *Result {
			if !source {
				return nil
			}
			return j.static(name, p)
		},
		func() *Result { return j.assumeRole(name, p, visited) },
		func() *Result { return j.static(name, p) },
		func() *Result { return j.webIdentity(p) },
		func() *Result { return j.process(name) },
		func() *Result { return j.sso(p) },
		func() *Result {
			if !p.has("login_session") {
				return nil
			}
			return &Result{Kind: Login, At: p.at("login_session"), Why: "login_session comes last in a profile"}
		},
	)
	if r == nil {
		return fails(Empty, Place{}, "profile %q has nothing that leads to credentials", name)
	}
	if r.Profile == "" {
		r.Profile = name
	}
	return r
}

// assumeRole is resolveAssumeRoleCredentials. A role_arn counts only with one of
// source_profile and credential_source. A credential_source without a role counts in
// the profile of a source.
func (j jsSDK) assumeRole(name string, p section, visited map[string]bool) *Result {
	bare := len(visited) > 0 && !p.has("role_arn") && p.has("credential_source")
	if !bare && (!p.has("role_arn") || p.has("source_profile") == p.has("credential_source")) {
		return nil
	}
	source := p["source_profile"].text
	if visited[source] {
		return fails(Loop, p.at("source_profile"), "source_profile leads back to %q", source)
	}
	if len(visited) >= profile.MaxChain {
		return tooDeep(p.at("source_profile"))
	}
	kinds := map[string]bool{"Environment": true, "EcsContainer": true, "Ec2InstanceMetadata": true}
	if !p.has("source_profile") && !kinds[p["credential_source"].text] {
		return fails(Invalid, p.at("credential_source"), "credential_source is not Environment, EcsContainer or Ec2InstanceMetadata")
	}
	if !bare && p.has("mfa_serial") && !j.asksMFA {
		return fails(NoMFA, p.at("mfa_serial"), "the program must bring a way to ask for the code")
	}
	var from *Result
	if p.has("source_profile") {
		seen := map[string]bool{source: true}
		maps.Copy(seen, visited)
		from = j.resolve(source, seen)
		from.At = cmp.Or(from.At, p.at("source_profile"))
	} else {
		from = j.credentialSource(p)
	}
	if bare || from.Kind == Fails {
		return from
	}
	if region := p["region"].text; region != "" && !hostLabel().MatchString(region) {
		return final(fails(BadValue, p.at("region"), "it is not a valid region name, with which the SDK would ask STS"))
	}
	return &Result{Kind: Role, At: p.at("role_arn"), RoleARN: p["role_arn"].text, Profile: name, Source: from,
		Why: "a role_arn with its source comes first in a profile"}
}

// credentialSource is resolveCredentialSource. It asks the metadata service even if
// that is disabled.
func (j jsSDK) credentialSource(p section) *Result {
	r := &Result{Kind: Instance, At: p.at("credential_source"), Endpoint: j.endpoint(), Why: "credential_source says so, even where the metadata service is switched off"}
	switch p["credential_source"].text {
	case "Environment":
		r = j.environment()
	case "EcsContainer":
		r = j.container()
	}
	if r == nil {
		return fails(NoSource, p.at("credential_source"), "the source named there has no credentials")
	}
	return r
}

// static returns keys of either file. The credentials file overrides the config file
// key by key.
func (j jsSDK) static(name string, p section) *Result {
	if !p.has("aws_access_key_id") || !p.has("aws_secret_access_key") {
		return nil
	}
	kind := ConfigFile
	if j.reading.credentials[name].has("aws_access_key_id") {
		kind = CredentialsFile
	}
	return &Result{Kind: kind, At: p.at("aws_access_key_id"), AccessKeyID: p["aws_access_key_id"].text,
		Why: "keys in either file come before all but a role"}
}

func (j jsSDK) webIdentity(p section) *Result {
	if !p.has("web_identity_token_file") || !p.has("role_arn") {
		return nil
	}
	return &Result{Kind: WebIdentity, At: p.at("web_identity_token_file"), RoleARN: p["role_arn"].text,
		Why: "web identity comes before processes"}
}

// process is fromProcess, which is tried again if the profile failed in another way.
func (j jsSDK) process(name string) *Result {
	p, _ := j.reading.profile(name)
	if !p.has("credential_process") {
		return nil
	}
	return &Result{Kind: Process, At: p.at("credential_process"), Process: p["credential_process"].text, Profile: name,
		Why: "credential_process comes before IAM Identity Center, and where a role_arn is of no use"}
}

// sso is fromSSO. Any of the settings makes it count. If another is then missing,
// that is final.
func (j jsSDK) sso(p section) *Result {
	keys := []string{"sso_session", "sso_start_url", "sso_account_id", "sso_region", "sso_role_name"}
	if !p.has(keys...) {
		return nil
	}
	at, all := p.at(keys...), p
	if p.has("sso_session") {
		session, found := j.reading.sessions[p["sso_session"].text]
		if !found {
			return final(fails(Invalid, at, "there is no such sso-session section"))
		}
		all = merge(p, session)
		for _, key := range []string{"sso_start_url", "sso_region"} {
			if !session.has(key) {
				delete(all, key)
			}
		}
	}
	for _, key := range keys[1:] {
		if !all.has(key) {
			return final(fails(Invalid, at, "%s is missing", key))
		}
	}
	if !hostLabel().MatchString(all["sso_region"].text) {
		return final(fails(BadValue, all.at("sso_region"), "it is not a valid region name"))
	}
	return &Result{Kind: SSO, At: at, Why: "IAM Identity Center comes after credential_process"}
}

// hostLabel is what the SDK accepts as a region.
var hostLabel = lazyregexp.New(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$`)

// final marks an error that ends the chain.
func final(r *Result) *Result {
	r.final = true
	return r
}

// webIdentityOfEnvironment is fromTokenFile, which comes after the profile, even
// after default.
func (j jsSDK) webIdentityOfEnvironment() *Result {
	at := variable("AWS_WEB_IDENTITY_TOKEN_FILE")
	if j.env(at.Variable) == "" || j.env("AWS_ROLE_ARN") == "" {
		return nil
	}
	return &Result{Kind: WebIdentity, At: at, RoleARN: j.env("AWS_ROLE_ARN"), Why: "web identity in the environment comes after the profile"}
}

func (j jsSDK) container() *Result {
	for _, v := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if j.env(v) != "" {
			return &Result{Kind: Container, At: variable(v), Why: "the container endpoint comes after the profile"}
		}
	}
	return nil
}
