package explain

import (
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

// botocore predicts for boto3 and both AWS CLIs, which are built on it. Source:
// create_credential_resolver, AssumeRoleProvider and the other providers in
// botocore/credentials.py, session.py and configprovider.py.
type botocore struct {
	Input
	reading reading
	own     section // of the profile that is used: also for its sources, it says where the metadata service is
	v2      bool    // the copy in the AWS CLI v2, which reads some variables in another order
}

// predict follows botocore's chain. First of all, even before keys in the
// environment, the files must be readable, and a profile that is named must exist.
func (b botocore) predict() Result {
	name, from := b.profileName()
	p, found := b.reading.profile(name)
	b.own = p
	r := first(
		func() *Result { return b.unusable(name, from, found) },
		func() *Result {
			return b.refused(botocoreMetadata, p, "boto3 and the AWS CLI refuse to look for credentials")
		},
		func() *Result { return b.chain(name, p) },
	)
	if r.Kind != Fails || r.Failure == Expired { // which is seen later
		r = first(
			func() *Result { return b.tokenProvider(p) },
			func() *Result { return b.refusedClient(p) },
			func() *Result { return r },
		)
	}
	r.Client, r.Profile = Boto3, name
	if b.v2 {
		r.Client = CLIv2
	}
	r.Region, r.RegionAt = b.region(p)
	return *r
}

// unusable returns why no profile can be read.
func (b botocore) unusable(name string, from Place, found bool) *Result {
	switch {
	case b.Contents.parsedErr != nil:
		return b.unreadable(b.Contents.parsedErr)
	case !found && from.Variable != "" && name == "":
		return fails(NoProfile, from, "the variable is set and empty: that names a profile called \"\"")
	case !found && (from.Variable != "" || b.Profile != ""):
		return fails(NoProfile, from, "a profile that is named must be there, default included")
	}
	return nil
}

// chain is what create_credential_resolver makes.
func (b botocore) chain(name string, p section) *Result {
	steps := append([]step{b.environment, func() *Result { return b.assumeRole(name, p, []string{name}) }},
		b.profileSteps(name, p, b.Profile != "")...)
	return first(append(steps, b.container, b.instance)...)
}

// profileName returns the profile and the variable that names it. A variable that is empty counts.
func (b botocore) profileName() (name string, from Place) {
	variables := []string{"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}
	if b.v2 {
		slices.Reverse(variables)
	}
	if b.Profile != "" {
		return b.Profile, Place{}
	}
	for _, v := range variables {
		if name, set := b.Lookup(v); set {
			return name, variable(v)
		}
	}
	return "default", Place{}
}

func (b botocore) region(p section) (string, Place) {
	variables := []string{"AWS_DEFAULT_REGION"}
	if b.v2 {
		variables = []string{"AWS_REGION", "AWS_DEFAULT_REGION"}
	}
	for _, v := range variables {
		if region, set := b.Lookup(v); set {
			return region, variable(v)
		}
	}
	return p["region"].text, p.at("region")
}

func (b botocore) unreadable(err error) *Result {
	at := Place{}
	if parse, ok := err.(*awsini.ParseError); ok {
		at.Pos = parse.Pos
		return fails(Unreadable, at, "the file must be right as a whole: %s", parse.Reason)
	}
	return fails(Unreadable, at, "%v", err)
}

// environment is EnvProvider, which an explicitly named profile disables. The key id
// alone makes it count.
func (b botocore) environment() *Result {
	id := b.env("AWS_ACCESS_KEY_ID")
	switch {
	case b.Profile != "" || id == "":
		return nil
	case b.env("AWS_SECRET_ACCESS_KEY") == "":
		return fails(Partial, variable("AWS_ACCESS_KEY_ID"), "AWS_SECRET_ACCESS_KEY is not set beside it")
	}
	if failed := b.expiration(); failed != nil {
		return failed
	}
	return &Result{Kind: Environment, At: variable("AWS_ACCESS_KEY_ID"), AccessKeyID: id, Why: "keys in the environment come before any profile"}
}

// expiration returns the failure for keys in the environment that have expired.
// botocore reads the variables again and finds the same.
func (b botocore) expiration() *Result {
	at := variable("AWS_CREDENTIAL_EXPIRATION")
	if b.env(at.Variable) == "" {
		return nil
	}
	expires, ok := profile.Expiration(b.env(at.Variable))
	switch {
	case !ok:
		return fails(BadValue, at, "it must be a time such as 2026-01-02T03:04:05Z")
	case !expires.After(b.Now()):
		return fails(Expired, at, "the keys in the environment have expired; other SDKs use them all the same")
	}
	return nil
}

// assumeRole is AssumeRoleProvider for the profiles visited, of which name is the last.
func (b botocore) assumeRole(name string, p section, visited []string) *Result {
	source := p["source_profile"].text
	role := &Result{Kind: Role, At: p.at("role_arn"), RoleARN: p["role_arn"].text, Profile: name, Why: "a role_arn comes before any other setting of a profile"}
	switch {
	case !p.has("role_arn") || p.has("web_identity_token_file"):
		return nil
	case p.has("source_profile") && p.has("credential_source"):
		return fails(Invalid, p.at("credential_source"), "source_profile and credential_source exclude each other")
	case p.has("credential_source"):
		role.Source = b.credentialSource(p)
	case !p.has("source_profile"):
		return fails(Partial, p.at("role_arn"), "role_arn wants a source_profile or credential_source beside it, whatever else is there")
	default:
		role.Source = b.sourceProfile(source, p, name, visited)
	}
	if role.Source.Kind == Fails {
		return role.Source
	}
	return role
}

// credentialSource is CanonicalNameCredentialSourcer.
func (b botocore) credentialSource(p section) *Result {
	at := p.at("credential_source")
	env := b
	env.Profile = "" // the variables count, however the profile was named
	source := map[string]step{
		"Environment":         env.environment,
		"EcsContainer":        b.container,
		"Ec2InstanceMetadata": b.instance,
	}[p["credential_source"].text]
	if source == nil {
		return fails(Invalid, at, "credential_source is not Environment, EcsContainer or Ec2InstanceMetadata")
	}
	r := source()
	if r == nil || r.Kind == None {
		return fails(NoSource, at, "the source named there has no credentials")
	}
	return r
}

// sourceProfile is _validate_source_profile and _resolve_credentials_from_profile.
func (b botocore) sourceProfile(source string, of section, name string, visited []string) *Result {
	at := of.at("source_profile")
	p, found := b.reading.profile(source)
	static := p.has("aws_access_key_id", "aws_secret_access_key")
	switch {
	case !found:
		return fails(Invalid, at, "there is no profile %q", source)
	case slices.Contains(visited, source) && (source != name || !static):
		return fails(Loop, at, "source_profile leads back to %q, which has no keys of its own", source)
	case len(visited) >= profile.MaxChain:
		return tooDeep(at)
	case !static && p.has("role_arn") && !p.has("web_identity_token_file"):
		return b.assumeRole(source, p, append(slices.Clone(visited), source))
	}
	r := first(b.profileSteps(source, p, true)...)
	if r == nil {
		return fails(Invalid, at, "the source profile %q has no credentials in any file", source)
	}
	r.Profile = source
	return r
}

// profileSteps is ProfileProviderBuilder: what one profile has, apart from roles. If
// explicit is true, the variables do not count.
func (b botocore) profileSteps(name string, p section, explicit bool) []step {
	setting := func(kind Kind, key, why string) step {
		return func() *Result {
			if !p.has(key) {
				return nil
			}
			return &Result{Kind: kind, At: p.at(key), Process: p["credential_process"].text, Why: why}
		}
	}
	return []step{
		func() *Result { return b.webIdentity(p, explicit) },
		func() *Result { return b.sso(p) },
		func() *Result {
			return static(b.reading.credentials[name], CredentialsFile, "keys in the credentials file come before credential_process")
		},
		setting(Login, "login_session", "login_session comes before credential_process"),
		setting(Process, "credential_process", "credential_process comes before keys in the config file, and after all else in a profile"),
		func() *Result {
			return static(b.reading.config[name], ConfigFile, "keys in the config file come last in a profile")
		},
	}
}

// static is SharedCredentialProvider or ConfigProvider: keys as one file alone has them.
func static(own section, kind Kind, why string) *Result {
	switch {
	case !own.has("aws_access_key_id"):
		return nil
	case !own.has("aws_secret_access_key"):
		return fails(Partial, own.at("aws_access_key_id"), "aws_secret_access_key is not beside it in the same file")
	}
	return &Result{Kind: kind, At: own.at("aws_access_key_id"), AccessKeyID: own["aws_access_key_id"].text, Why: why}
}

// webIdentity is AssumeRoleWithWebIdentityProvider. A variable, even an empty one,
// replaces the setting.
func (b botocore) webIdentity(p section, explicit bool) *Result {
	get := func(v, key string) (string, Place) {
		if text, set := b.Lookup(v); set && !explicit {
			return text, variable(v)
		}
		return p[key].text, p.at(key)
	}
	token, at := get("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file")
	role, _ := get("AWS_ROLE_ARN", "role_arn")
	switch {
	case token == "":
		return nil
	case role == "":
		return fails(Invalid, at, "web identity without a role")
	}
	return &Result{Kind: WebIdentity, At: at, RoleARN: role, Why: "web identity comes before the other settings of a profile"}
}

// tokenProvider is SSOTokenProvider, which every client needs: the sso-session that
// the profile names must be valid, whatever the credentials are.
func (b botocore) tokenProvider(p section) *Result {
	session := b.reading.sessions[p["sso_session"].text]
	if !p.has("sso_session") || session.has("sso_start_url") && session.has("sso_region") {
		return nil
	}
	return fails(Invalid, p.at("sso_session"), "the sso-session section that is named there is missing or incomplete")
}

// sso is SSOProvider. Only the account and the role make it count.
func (b botocore) sso(p section) *Result {
	if !p.has("sso_account_id", "sso_role_name") {
		return nil
	}
	merged := p
	if p.has("sso_session") {
		session, found := b.reading.sessions[p["sso_session"].text]
		if !found {
			return fails(Invalid, p.at("sso_session"), "there is no such sso-session section")
		}
		merged = merge(p, session)
		for key, v := range session {
			if p.has(key) && p[key].text != v.text {
				return fails(Invalid, p.at(key), "differs from the sso-session's")
			}
		}
	}
	for _, key := range []string{"sso_role_name", "sso_account_id", "sso_start_url", "sso_region"} {
		if !merged.has(key) {
			return fails(Invalid, p.at("sso_account_id", "sso_role_name"), "%s is missing", key)
		}
	}
	return &Result{Kind: SSO, At: p.at("sso_account_id", "sso_role_name"), Why: "IAM Identity Center comes before keys and processes"}
}

// container is ContainerProvider.
func (b botocore) container() *Result {
	for _, v := range []string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if _, set := b.Lookup(v); set {
			return &Result{Kind: Container, At: variable(v), Why: "the container endpoint comes after the profile"}
		}
	}
	return nil
}

// instance is InstanceMetadataProvider, the end of the chain.
func (b botocore) instance() *Result {
	endpoint, set := b.Lookup(metadataEndpointVariable)
	if !set {
		endpoint = b.own[metadataEndpoint].text
	}
	return instance(!strings.EqualFold(b.env("AWS_EC2_METADATA_DISABLED"), "true"), endpoint)
}
