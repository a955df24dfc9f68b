package explain

import (
	"math"
	"slices"
	"strings"
)

// setting is a value that botocore validates. The variable comes before the setting,
// even if it is empty.
type setting struct {
	variable string
	check
}

const isRefused = "boto3 and the AWS CLI refuse every client"

// botocoreMetadata are what create_credential_resolver in credentials.py validates,
// before it looks for credentials.
var botocoreMetadata = []setting{
	{"AWS_METADATA_SERVICE_TIMEOUT", check{"metadata_service_timeout", "a whole number", isPythonInteger}},
	{"AWS_METADATA_SERVICE_NUM_ATTEMPTS", check{"metadata_service_num_attempts", "a whole number", isPythonInteger}},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", check{"ec2_metadata_service_endpoint_mode", "ipv4 or ipv6", among(true, "ipv4", "ipv6")}},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT", check{"ec2_metadata_service_endpoint", "a URL", isURL}},
}

// botocoreDefaults is validated first of all when a client is made.
var botocoreDefaults = setting{"AWS_DEFAULTS_MODE", check{"defaults_mode", defaultsWords, isDefaults}}

// botocoreClient are what compute_client_args in args.py and Config in config.py
// validate when a client is made, in their order.
var botocoreClient = []setting{
	{"AWS_MAX_ATTEMPTS", check{"max_attempts", "a whole number", isPythonInteger}},
	{"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", check{"request_min_compression_size_bytes", "a whole number from 1 to 1048576", pythonInteger(1, 1048576)}},
	{"AWS_REQUEST_CHECKSUM_CALCULATION", check{"request_checksum_calculation", supportedWords, isSupported}},
	{"AWS_RESPONSE_CHECKSUM_VALIDATION", check{"response_checksum_validation", supportedWords, isSupported}},
	{"AWS_ACCOUNT_ID_ENDPOINT_MODE", check{"account_id_endpoint_mode", "preferred, required or disabled", among(true, "preferred", "required", "disabled")}},
	{"AWS_MAX_ATTEMPTS", check{"max_attempts", "1 or more", pythonInteger(1, math.MaxInt64)}},
}

// botocoreOwn is validated on top, and cliOwn by the copy in the AWS CLI v2, which
// does not know botocoreDefaults and stsEndpoints either.
var (
	botocoreOwn = []setting{
		{"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", check{"s3_disable_express_session_auth", "true or false", isBoolean}},
		{"AWS_RETRY_MODE", check{"retry_mode", "legacy, standard or adaptive", among(false, "legacy", "standard", "adaptive")}},
	}
	cliOwn = []setting{{"AWS_RETRY_MODE", check{"retry_mode", "standard or adaptive", among(false, "standard", "adaptive")}}}
)

// stsEndpoints is what clients of all services validate, unless an endpoint is
// configured, or one of another kind is asked for.
var stsEndpoints = setting{"AWS_STS_REGIONAL_ENDPOINTS", check{"sts_regional_endpoints", "legacy or regional", among(false, "", "legacy", "regional")}}

// variants ask for endpoints of another kind.
var variants = []setting{
	{"AWS_USE_FIPS_ENDPOINT", check{name: "use_fips_endpoint"}},
	{"AWS_USE_DUALSTACK_ENDPOINT", check{name: "use_dualstack_endpoint"}},
}

// get returns the value that counts; set is false if there is none.
func (b botocore) get(s setting, p section) (text string, at Place, set bool) {
	if text, set := b.Lookup(s.variable); set {
		return text, variable(s.variable), true
	}
	v, set := p[s.name]
	return v.text, p.at(s.name), set
}

// refused returns the failure for the first of settings that botocore refuses.
func (b botocore) refused(settings []setting, p section, consequence string) *Result {
	for _, s := range settings {
		if text, at, set := b.get(s, p); set && !s.valid(text) {
			return s.failed(at, consequence)
		}
	}
	return nil
}

// refusedClient returns why no client can be made, nil if one can.
func (b botocore) refusedClient(p section) *Result {
	configured, missing := b.endpoint(p)
	steps := []step{
		func() *Result { return missing },
		func() *Result { return b.refused(botocoreClient, p, isRefused) },
	}
	if b.v2 {
		steps = append(steps, func() *Result { return b.refused(cliOwn, p, "the AWS CLI refuses every client") })
		return first(steps...)
	}
	steps = append([]step{func() *Result { return b.refused([]setting{botocoreDefaults}, p, "boto3 refuses every client") }}, steps...)
	steps = append(steps, func() *Result { return b.refused(botocoreOwn, p, "boto3 refuses every client") })
	if configured == "" && !slices.ContainsFunc(variants, func(s setting) bool { return b.isTrue(s, p) }) {
		steps = append(steps, func() *Result { return b.refused([]setting{stsEndpoints}, p, "boto3 refuses every client") })
	}
	return first(steps...)
}

// isTrue reports whether a setting is true, as ensure_boolean has it.
func (b botocore) isTrue(s setting, p section) bool {
	text, _, _ := b.get(s, p)
	return strings.EqualFold(text, "true")
}

// endpoint is ConfiguredEndpointProvider for STS: the URL that is configured, or the
// failure if the services section that the profile names is missing.
func (b botocore) endpoint(p section) (string, *Result) {
	if b.isTrue(setting{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", check{name: "ignore_configured_endpoint_urls"}}, p) {
		return "", nil
	}
	for _, v := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"} {
		if text := b.env(v); text != "" {
			return text, nil
		}
	}
	if name := p["services"].text; p.has("services") && !b.reading.services[name] {
		return "", fails(Invalid, p.at("services"), "there is no such services section")
	}
	return p["endpoint_url"].text, nil
}
