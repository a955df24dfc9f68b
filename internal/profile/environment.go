package profile

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// DefaultName is the name of the profile that is used if nobody names one.
const DefaultName = "default"

// Name returns the name of the profile to use: the first of flag, AWS_PROFILE,
// AWS_DEFAULT_PROFILE and "default" that is not empty.
func Name(flag string, env func(string) string) string {
	return cmp.Or(flag, env("AWS_PROFILE"), env("AWS_DEFAULT_PROFILE"), DefaultName)
}

// IsNamed reports whether flag or one of the variables names the profile to use.
// Only a profile that nobody named may be absent: see [Config.Unnamed].
func IsNamed(flag string, env func(string) string) bool {
	return cmp.Or(flag, env("AWS_PROFILE"), env("AWS_DEFAULT_PROFILE")) != ""
}

// Region returns the first of flag, AWS_REGION, AWS_DEFAULT_REGION and the region of
// p that is not empty, or "".
func Region(flag string, env func(string) string, p *Profile) string {
	return cmp.Or(flag, env("AWS_REGION"), env("AWS_DEFAULT_REGION"), p.Region)
}

// STSEndpoint returns the configured URL of STS: the first of AWS_ENDPOINT_URL_STS,
// AWS_ENDPOINT_URL, that of the profile's [services] section, and that of the
// profile. It returns "" if there is none, or if AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
// or, if that is unset, ignore_configured_endpoint_urls is true. This is the order
// of botocore and the Go SDK. An empty variable counts as unset, as in botocore.
func STSEndpoint(env func(string) string, p *Profile) string {
	return endpoint(env, p, "STS", p.STSEndpointURL)
}

// IAMEndpoint is [STSEndpoint] for IAM, with AWS_ENDPOINT_URL_IAM.
func IAMEndpoint(env func(string) string, p *Profile) string {
	return endpoint(env, p, "IAM", p.IAMEndpointURL)
}

// SSOEndpoint is [STSEndpoint] for the portal of IAM Identity Center, with
// AWS_ENDPOINT_URL_SSO.
func SSOEndpoint(env func(string) string, p *Profile) string {
	return endpoint(env, p, "SSO", p.SSOEndpointURL)
}

// SSOOIDCEndpoint is [STSEndpoint] for the tokens of IAM Identity Center, with
// AWS_ENDPOINT_URL_SSO_OIDC.
func SSOOIDCEndpoint(env func(string) string, p *Profile) string {
	return endpoint(env, p, "SSO_OIDC", p.SSOOIDCEndpointURL)
}

// SigninEndpoint is [STSEndpoint] for the sign-in service, with
// AWS_ENDPOINT_URL_SIGNIN.
func SigninEndpoint(env func(string) string, p *Profile) string {
	return endpoint(env, p, "SIGNIN", p.SigninEndpointURL)
}

// ECREndpoint is [STSEndpoint] for ECR, with AWS_ENDPOINT_URL_ECR, or for ECR Public,
// with AWS_ENDPOINT_URL_ECR_PUBLIC.
func ECREndpoint(env func(string) string, p *Profile, public bool) string {
	if public {
		return endpoint(env, p, "ECR_PUBLIC", p.ECRPublicEndpointURL)
	}
	return endpoint(env, p, "ECR", p.ECREndpointURL)
}

// endpoint returns the configured URL of a service. It takes the name that the
// service has in its variable, and its URL in the [services] section.
func endpoint(env func(string) string, p *Profile, service, own string) string {
	if ignoresEndpoints(env, p.IgnoreConfiguredEndpointURLs) {
		return ""
	}
	return cmp.Or(env("AWS_ENDPOINT_URL_"+service), env("AWS_ENDPOINT_URL"), own, p.EndpointURL)
}

// ignoresEndpoints reports whether configured endpoints are switched off, by a
// variable or else by the profile.
func ignoresEndpoints(env func(string) string, profile bool) bool {
	if v := env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); v != "" {
		return isTrue(v)
	}
	return profile
}

// CABundle returns the path that AWS_CA_BUNDLE or else the profile names, as written, or "".
func CABundle(env func(string) string, p *Profile) string {
	return cmp.Or(env("AWS_CA_BUNDLE"), p.CABundle)
}

// FIPS returns AWS_USE_FIPS_ENDPOINT or else the profile's setting. A value of the
// variable other than true or false is an error, as in the Go SDK; botocore would
// take it for false.
func FIPS(env func(string) string, p *Profile) (aws.FIPSEndpointState, error) {
	on, set, err := switchOf(env, "AWS_USE_FIPS_ENDPOINT")
	if err != nil || !set {
		return p.UseFIPS, err
	}
	return fipsState(on), nil
}

// DualStack returns AWS_USE_DUALSTACK_ENDPOINT or else the profile's setting, by the
// rules of [FIPS].
func DualStack(env func(string) string, p *Profile) (aws.DualStackEndpointState, error) {
	on, set, err := switchOf(env, "AWS_USE_DUALSTACK_ENDPOINT")
	if err != nil || !set {
		return p.UseDualStack, err
	}
	return dualStackState(on), nil
}

func switchOf(env func(string) string, variable string) (on, set bool, err error) {
	value := env(variable)
	if value != "" && !isTrue(value) && !strings.EqualFold(value, "false") {
		return false, false, fmt.Errorf("%s: must be true or false, not %q", variable, value)
	}
	return isTrue(value), value != "", nil
}
