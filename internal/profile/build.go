package profile

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
)

// totpKey says where codes come from.
const totpKey = "mfa_totp"

// builder reads the settings of one profile. It keeps the first error, and what it
// ignores.
type builder struct {
	profile  string
	settings awsini.Settings
	err      error
	ignored  []*SettingError
}

// build returns the Profile that settings make, without its Source.
func (c *Config) build(name string, settings awsini.Settings) (*Profile, error) {
	b := &builder{profile: name, settings: settings}
	p := &Profile{
		Name:                         name,
		Region:                       b.text("region"),
		MFASerial:                    b.text("mfa_serial"),
		MFAProcess:                   b.text("mfa_process"),
		SignIn:                       b.text("awsexec_login"),
		Duration:                     b.seconds("duration_seconds"),
		Allow:                        b.programs(AllowKey),
		Confirm:                      b.yes(ConfirmKey),
		RoleARN:                      b.text("role_arn"),
		ExternalID:                   b.text("external_id"),
		RoleSessionName:              b.text("role_session_name"),
		SourceIdentity:               b.text("source_identity"),
		SessionTags:                  b.tags("session_tags"),
		TransitiveSessionTags:        b.list("transitive_session_tags"),
		CredentialSource:             b.text("credential_source"),
		WebIdentityTokenFile:         b.text("web_identity_token_file"),
		SourceProfile:                b.text("source_profile"),
		LoginSession:                 b.text("login_session"),
		CredentialProcess:            b.text("credential_process"),
		CABundle:                     b.text("ca_bundle"),
		EndpointURL:                  b.text("endpoint_url"),
		IgnoreConfiguredEndpointURLs: isTrue(b.text("ignore_configured_endpoint_urls")),
		STSRegionalEndpoints:         b.text("sts_regional_endpoints"),
		Static:                       c.static(b),
		AccountID:                    b.text("aws_account_id"),
		Metadata: MetadataService{
			Endpoint:   b.text("ec2_metadata_service_endpoint"),
			Mode:       b.text("ec2_metadata_service_endpoint_mode"),
			IPv6:       b.text("imds_use_ipv6"),
			V1Disabled: b.text("ec2_metadata_v1_disabled"),
			Timeout:    b.text("metadata_service_timeout"),
			Attempts:   b.text("metadata_service_num_attempts"),
		},
		Origin: make(map[string]awsini.Pos, len(settings)),
		config: c,
	}
	for key, value := range settings {
		p.Origin[key] = value.Pos
	}
	if fips := b.text("use_fips_endpoint"); fips != "" {
		p.UseFIPS = fipsState(isTrue(fips))
	}
	if dual := b.text("use_dualstack_endpoint"); dual != "" {
		p.UseDualStack = dualStackState(isTrue(dual))
	}
	if totp := b.text(totpKey); totp == "keystore" {
		p.MFATOTP = true
	} else if totp != "" {
		b.ignore(totpKey, "is not keystore, the only place that it can name")
	}
	if p.SignIn != "" && !IsSignIn(p.SignIn) {
		b.ignore("awsexec_login", "is neither auto nor never")
		p.SignIn = ""
	}
	if p.RoleARN == "" && p.Duration != 0 && (p.Duration < MinSession || p.Duration > MaxSession) {
		b.ignore("duration_seconds", fmt.Sprintf("is outside what AWS allows for a session, %d to %d", MinSession/time.Second, MaxSession/time.Second))
		p.Duration = 0
	}
	if p.Other, p.IsSelf = SelfProcess(p.CredentialProcess, c.self); p.Other == name {
		p.Other = ""
	}
	b.policies(p, c.self)
	c.sso(b, p)
	c.services(b, p)
	p.Ignored = b.ignored
	if b.err != nil {
		return nil, b.err
	}
	return p, nil
}

// fail keeps an error about a setting, if it is the first.
func (b *builder) fail(key string, pos awsini.Pos, reason string) {
	if b.err == nil {
		b.err = &SettingError{b.profile, key, pos, reason}
	}
}

// ignore notes that a setting counts as absent.
func (b *builder) ignore(key, reason string) {
	b.ignored = append(b.ignored, &SettingError{b.profile, key, b.settings[key].Pos, reason})
}

func (b *builder) text(key string) string {
	v := b.settings[key]
	if v.Nested != nil {
		b.fail(key, v.Pos, "has settings of its own below it, where a value is expected")
	}
	return v.Text
}

// seconds returns a number of seconds. It ignores any other value, as botocore and
// the Go SDK do.
func (b *builder) seconds(key string) time.Duration {
	text := b.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 32)
	if err != nil || n <= 0 {
		b.ignore(key, fmt.Sprintf("must be a number of seconds, not %q", text))
		return 0
	}
	return time.Duration(n) * time.Second
}

// list returns the parts of a value between its commas.
func (b *builder) list(key string) []string {
	var items []string
	for item := range strings.SplitSeq(b.text(key), ",") {
		if item = awsini.Trim(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// programs returns the names of programs, or patterns. A rule that cannot be read is an
// error: to ignore it would let every program have the credentials.
func (b *builder) programs(key string) []string {
	names := b.list(key)
	for _, name := range names {
		if _, err := path.Match(name, ""); err != nil || strings.ContainsAny(name, `/\`) {
			b.fail(key, b.settings[key].Pos, fmt.Sprintf("must be names of programs without their directories, with commas in between; %q is not", name))
		}
	}
	if _, written := b.settings[key]; written && len(names) == 0 && b.err == nil {
		b.fail(key, b.settings[key].Pos, "has no program")
	}
	return names
}

// yes returns a value that must be true or false.
func (b *builder) yes(key string) bool {
	text := b.text(key)
	_, written := b.settings[key]
	if written && !isTrue(text) && !strings.EqualFold(text, "false") {
		b.fail(key, b.settings[key].Pos, fmt.Sprintf("must be true or false, not %q", text))
	}
	return isTrue(text)
}

func (b *builder) tags(key string) []SessionTag {
	var tags []SessionTag
	for _, item := range b.list(key) {
		name, value, ok := strings.Cut(item, "=")
		tag := SessionTag{awsini.Trim(name), awsini.Trim(value)}
		if !ok || tag.Key == "" {
			b.fail(key, b.settings[key].Pos, fmt.Sprintf("must be of the form key=value,key=value; %q is not", item))
		}
		if slices.ContainsFunc(tags, func(t SessionTag) bool { return t.Key == tag.Key }) {
			b.fail(key, b.settings[key].Pos, fmt.Sprintf("has the key %q twice", tag.Key))
		}
		tags = append(tags, tag)
	}
	return tags
}

// static returns the keys of the profile. A pair must be complete within one file,
// as in botocore and the Go SDK.
func (c *Config) static(b *builder) *StaticKeys {
	for _, file := range []*awsini.File{c.Credentials, c.Config} {
		settings, _ := file.Lookup(b.profile)
		own := &builder{profile: b.profile, settings: settings}
		id, secret := own.text("aws_access_key_id"), own.text("aws_secret_access_key")
		token := "aws_security_token" // before the newer name, as in botocore
		if own.text(token) == "" {
			token = "aws_session_token"
		}
		keys := &StaticKeys{
			Credentials: aws.Credentials{
				AccessKeyID:     id,
				SecretAccessKey: secret,
				SessionToken:    own.text(token),
				AccountID:       own.text("aws_account_id"),
				Source:          file.Path,
			},
			FromCredentialsFile: file == c.Credentials,
			AccessKeyID:         settings["aws_access_key_id"].Pos,
			SecretAccessKey:     settings["aws_secret_access_key"].Pos,
		}
		if keys.Credentials.SessionToken != "" {
			keys.SessionToken = settings[token].Pos
		}
		if id != "" && secret == "" {
			own.fail("aws_access_key_id", keys.AccessKeyID, "aws_secret_access_key is missing beside it in the same file")
		}
		if id == "" && secret != "" {
			own.fail("aws_secret_access_key", keys.SecretAccessKey, "aws_access_key_id is missing beside it in the same file")
		}
		if own.err != nil && b.err == nil {
			b.err = own.err
		}
		if own.err != nil || id != "" {
			return keys
		}
	}
	return nil
}

// sso fills in p.SSO, from the sso-session section if the profile names one.
func (c *Config) sso(b *builder, p *Profile) {
	sso := SSO{
		Session:            b.text("sso_session"),
		StartURL:           b.text("sso_start_url"),
		Region:             b.text("sso_region"),
		RegistrationScopes: b.list("sso_registration_scopes"),
		AccountID:          b.text("sso_account_id"),
		RoleName:           b.text("sso_role_name"),
	}
	if sso.Session == "" && sso.StartURL == "" && sso.Region == "" && sso.AccountID == "" && sso.RoleName == "" {
		return
	}
	p.SSO = &sso
	if sso.Session == "" {
		return
	}
	at := b.settings["sso_session"].Pos
	section, ok := c.Config.SSOSessions[sso.Session]
	if !ok {
		b.fail("sso_session", at, fmt.Sprintf("there is no section [sso-session %s]", awsini.QuoteWord(sso.Session)))
		return
	}
	session := c.Config.SettingsOf(section)
	merged := maps.Clone(b.settings)
	for _, key := range slices.Sorted(maps.Keys(session)) {
		value := session[key]
		if own, ok := b.settings[key]; ok && own.Text != value.Text {
			sso.Conflict = cmp.Or(sso.Conflict, &SettingError{b.profile, key, own.Pos, fmt.Sprintf("differs from the sso-session's (%s)", value.Pos)})
		} else if !ok && strings.HasPrefix(key, "sso_") {
			p.Origin[key] = value.Pos
		}
		merged[key] = value
	}
	m := &builder{profile: b.profile, settings: merged}
	// Both SDKs demand these two in the section, whatever the profile has.
	own := &builder{profile: b.profile, settings: session}
	sso.StartURL, sso.Region = own.text("sso_start_url"), own.text("sso_region")
	sso.RegistrationScopes = m.list("sso_registration_scopes")
	if sso.AccountID != "" || sso.RoleName != "" { // else the section's do not count, as in botocore
		sso.AccountID, sso.RoleName = m.text("sso_account_id"), m.text("sso_role_name")
	}
	if b.err == nil {
		b.err = cmp.Or(own.err, m.err)
	}
}

// services fills in the endpoints of the services that awsexec calls.
func (c *Config) services(b *builder, p *Profile) {
	name := b.text("services")
	if name == "" {
		return
	}
	section, ok := c.Config.Services[name]
	if !ok { // an error in botocore when a client is made, not when credentials are looked for
		b.ignore("services", fmt.Sprintf("there is no section [services %s]", awsini.QuoteWord(name)))
		return
	}
	settings := c.Config.SettingsOf(section)
	for service, to := range map[string]*string{
		"sts": &p.STSEndpointURL, "iam": &p.IAMEndpointURL,
		"sso": &p.SSOEndpointURL, "sso_oidc": &p.SSOOIDCEndpointURL, "signin": &p.SigninEndpointURL,
		"ecr": &p.ECREndpointURL, "ecr_public": &p.ECRPublicEndpointURL,
	} {
		if url := settings[service].Nested["endpoint_url"]; url.Text != "" {
			*to = url.Text
			p.Origin["services."+service+".endpoint_url"] = url.Pos
		}
	}
}

func isTrue(s string) bool { return strings.EqualFold(s, "true") }

func fipsState(on bool) aws.FIPSEndpointState {
	if on {
		return aws.FIPSEndpointStateEnabled
	}
	return aws.FIPSEndpointStateDisabled
}

func dualStackState(on bool) aws.DualStackEndpointState {
	if on {
		return aws.DualStackEndpointStateEnabled
	}
	return aws.DualStackEndpointStateDisabled
}
