package profile

import (
	"cmp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/policy"
)

// Profile is one profile as the files have it, with the profiles that it gets its
// credentials from. It must not be changed. A setting without a value counts as
// absent.
//
// It has every way to get credentials that is written. Package provider decides
// which one wins.
type Profile struct {
	Name string

	Region     string        // region of this profile alone; see the function Region
	MFASerial  string        // mfa_serial
	MFAProcess string        // mfa_process, a command line
	MFATOTP    bool          // mfa_totp = keystore
	SignIn     string        // awsexec_login: SignInAuto, SignInNever or ""
	Duration   time.Duration // duration_seconds, whole seconds; 0 if absent

	Allow   []string // awsexec_allow, names of programs and patterns
	Confirm bool     // awsexec_confirm

	RoleARN               string       // role_arn
	ExternalID            string       // external_id
	RoleSessionName       string       // role_session_name
	SourceIdentity        string       // source_identity
	SessionTags           []SessionTag // session_tags = key=value,key=value
	TransitiveSessionTags []string     // transitive_session_tags = key,key
	CredentialSource      string       // credential_source: Environment, Ec2InstanceMetadata, EcsContainer
	WebIdentityTokenFile  string       // web_identity_token_file

	// Policies are the session policies for the credentials that programs get from the
	// profile: awsexec_read_only, awsexec_policy, awsexec_policy_arns. ProcessPolicies
	// are those of the flags in CredentialProcess, if that is awsexec itself. A path in
	// either is absolute, or begins with ~/.
	Policies        policy.Written
	ProcessPolicies policy.Written

	// SourceProfile is source_profile as written, and Source that profile, resolved.
	// A profile may have one without a role.
	//
	// A profile that names itself means its own keys. Source is then this profile
	// without its role (no RoleARN, no role parameters, no Source), but with its MFA
	// device, its keys and its process.
	//
	// The source of another profile that has Static keys gives these, as in botocore
	// and the SDK for JavaScript: it has neither role nor Source, whatever is
	// written. The Go SDK assumes its role as well.
	SourceProfile string
	Source        *Profile

	SSO               *SSO   // nil if the profile has none of the sso_ settings
	LoginSession      string // login_session
	CredentialProcess string // credential_process, as written; see EmptyProcess
	IsSelf            bool   // CredentialProcess is awsexec itself; see SelfProcess
	Other             string // the profile that this awsexec is called for; "" if it is this one or none; see Follow

	Static *StaticKeys // nil if the files hold no keys for the profile

	CABundle                     string                     // ca_bundle; see the function CABundle
	EndpointURL                  string                     // endpoint_url; see STSEndpoint
	STSEndpointURL               string                     // endpoint_url of sts in the [services] section that the profile names
	IAMEndpointURL               string                     // the same of iam
	SSOEndpointURL               string                     // the same of sso
	SSOOIDCEndpointURL           string                     // the same of sso_oidc
	ECREndpointURL               string                     // the same of ecr
	ECRPublicEndpointURL         string                     // the same of ecr_public
	SigninEndpointURL            string                     // the same of signin
	IgnoreConfiguredEndpointURLs bool                       // ignore_configured_endpoint_urls
	STSRegionalEndpoints         string                     // sts_regional_endpoints
	UseFIPS                      aws.FIPSEndpointState      // use_fips_endpoint; see FIPS
	UseDualStack                 aws.DualStackEndpointState // use_dualstack_endpoint; see DualStack

	AccountID string          // aws_account_id, of whatever credentials the profile has
	Metadata  MetadataService // where and how its instance metadata service is asked; see the function Metadata

	// Ignored are settings that count as absent because of their values, as in botocore
	// and the Go SDK.
	Ignored []*SettingError

	// Origin has the place of each key that the files have for the profile, also of
	// those that are unknown here, and of the settings of its sso-session section.
	// STSEndpointURL is under "services.sts.endpoint_url", IAMEndpointURL likewise.
	Origin map[string]awsini.Pos

	config *Config // that the profile was resolved in
}

// Follow resolves the profile called p.Other in the files that p is from. The names
// of stored keys are profiles as well. The errors are those of [Config.Profile].
func (p *Profile) Follow(stored []string) (*Profile, error) {
	config := p.config
	if config == nil {
		config = &Config{Config: &awsini.File{}, Credentials: &awsini.File{}}
	}
	return config.With(stored...).Profile(p.Other)
}

// Section returns the place of the section that p is from: that of the config file,
// else that of the credentials file. It is zero for a profile that no file has.
func (p *Profile) Section() awsini.Pos {
	if p.config == nil {
		return awsini.Pos{}
	}
	return cmp.Or(p.config.Config.Header(p.Name), p.config.Credentials.Header(p.Name))
}

// Files returns the files that p is from.
func (p *Profile) Files() Files {
	if p.config == nil {
		return Files{}
	}
	return Files{p.config.Config.Path, p.config.Credentials.Path}
}

// EmptyProcess reports whether p has a credential_process without a value. botocore
// fails when it comes to that.
func (p *Profile) EmptyProcess() bool {
	_, written := p.Origin["credential_process"]
	return written && p.CredentialProcess == ""
}

// Keys of the rules about who may have the credentials of a profile.
const (
	AllowKey   = "awsexec_allow"
	ConfirmKey = "awsexec_confirm"

	// RegistriesKey names the registries of ECR whose passwords are made with the
	// profile, with commas.
	RegistriesKey = "awsexec_registries"
)

// Limits of the life of a session. Source: API reference of GetSessionToken.
const (
	MinSession = 900 * time.Second
	MaxSession = 129600 * time.Second
)

// SessionTag is one of the session tags of a role.
type SessionTag struct{ Key, Value string }

// SSO is how a profile signs in through IAM Identity Center. The account and the
// role are those of the profile. The rest is that of its sso-session section or, in
// the legacy form without Session, of the profile itself. Any of it may be missing.
type SSO struct {
	Session            string   // name of the sso-session section, empty in the legacy form
	StartURL           string   // sso_start_url
	Region             string   // sso_region
	RegistrationScopes []string // sso_registration_scopes
	AccountID          string   // sso_account_id
	RoleName           string   // sso_role_name

	Conflict *SettingError // with the sso-session section; nil if there is none
}

// StaticKeys are plaintext access keys in one of the AWS files, a complete pair.
// The credentials file comes first.
type StaticKeys struct {
	Credentials aws.Credentials // Source is the file

	// FromCredentialsFile decides what wins: botocore takes keys of the credentials
	// file before a credential_process, and keys of the config file after it.
	FromCredentialsFile bool

	AccessKeyID, SecretAccessKey, SessionToken awsini.Pos // SessionToken is zero if there is none
}
