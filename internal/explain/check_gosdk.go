package explain

import (
	"crypto/x509"
	"math"
	"strings"

	"github.com/awsexec/awsexec/internal/readfile"
)

const (
	booleanWords     = "true or false"
	modeWords        = "IPv4 or IPv6"
	defaultsWords    = "legacy, standard, in-region, cross-region, mobile or auto"
	supportedWords   = "when_supported or when_required"
	compressionWords = "a whole number from 0 to 10485760"
)

var (
	isBoolean   = among(true, "true", "false")
	isDefaults  = among(true, "legacy", "standard", "in-region", "cross-region", "mobile", "auto")
	isSupported = among(true, "when_supported", "when_required")
	isEndpoint  = among(false, "preferred", "required", "disabled")
	isGoRetry   = among(false, "standard", "adaptive")
)

// goVariables are what NewEnvConfig in env_config.go validates, in its order. An
// empty variable counts as unset.
var goVariables = []check{
	{"AWS_DISABLE_REQUEST_COMPRESSION", booleanWords, isBoolean},
	{"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", compressionWords, goInteger(10, 0, 10485760)},
	{"AWS_DISABLE_CLOCK_SKEW_CORRECTION", booleanWords, isBoolean},
	{"AWS_ENABLE_ENDPOINT_DISCOVERY", "true, false or auto", among(true, "true", "false", "auto")},
	{"AWS_S3_USE_ARN_REGION", booleanWords, isBoolean},
	{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", modeWords, isGoMode},
	{"AWS_EC2_METADATA_V1_DISABLED", booleanWords, isBoolean},
	{"AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", booleanWords, isBoolean},
	{"AWS_USE_DUALSTACK_ENDPOINT", booleanWords, isBoolean},
	{"AWS_USE_FIPS_ENDPOINT", booleanWords, isBoolean},
	{"AWS_DEFAULTS_MODE", defaultsWords, isDefaults},
	{"AWS_MAX_ATTEMPTS", "a whole number", goInteger(10, math.MinInt64, math.MaxInt64)},
	{"AWS_RETRY_MODE", "standard or adaptive", isGoRetry},
	{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", booleanWords, isBoolean},
	{"AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", booleanWords, isBoolean},
	{"AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred, required or disabled", isEndpoint},
	{"AWS_REQUEST_CHECKSUM_CALCULATION", supportedWords, isSupported},
	{"AWS_RESPONSE_CHECKSUM_VALIDATION", supportedWords, isSupported},
	{"AWS_RESTRICT_FILE_PERMISSIONS", "user_read_write or unrestricted", among(true, "user_read_write", "unrestricted")},
}

// goSettings are what setFromIniSection in shared_config.go validates, in its order.
// An empty setting is validated too. Other settings that want true or false, such as
// use_fips_endpoint, are false if they are anything else.
var goSettings = []check{
	{"ec2_metadata_service_endpoint_mode", modeWords, isGoMode},
	{"defaults_mode", defaultsWords, func(text string) bool { return text == "" || isDefaults(text) }},
	{"max_attempts", "a whole number", goInteger(0, math.MinInt64, math.MaxInt64)},
	{"retry_mode", "standard or adaptive", isGoRetry},
	{"disable_request_compression", booleanWords, among(false, "true", "false")},
	{"disable_clock_skew_correction", booleanWords, among(false, "true", "false")},
	{"request_min_compression_size_bytes", compressionWords, goInteger(0, 0, 10485760)},
	{"account_id_endpoint_mode", "preferred, required or disabled", isEndpoint},
	{"request_checksum_calculation", supportedWords, isSupported},
	{"response_checksum_validation", supportedWords, isSupported},
}

// isGoMode is SetFromString of the SDK's EndpointModeState, which ignores white
// space.
func isGoMode(text string) bool {
	return among(true, "", "ipv4", "ipv6")(strings.TrimSpace(text))
}

const (
	goRefuses        = "the SDK refuses to load, whatever else is configured"
	goRefusesProfile = "the SDK refuses the profile as a whole, even where keys are in the environment"
)

// badVariable returns the failure for the first variable that the SDK refuses.
func (g goSDK) badVariable() *Result {
	for _, c := range goVariables {
		if text := g.env(c.name); text != "" && !c.valid(text) {
			return c.failed(variable(c.name), goRefuses)
		}
	}
	return nil
}

// badSetting returns the failure for the first setting of a profile, or of a source,
// that the SDK refuses.
func badSetting(s section) *Result {
	for _, c := range goSettings {
		if v, ok := s[c.name]; ok && !c.valid(v.text) {
			return c.failed(s.at(c.name), goRefusesProfile)
		}
	}
	return nil
}

// badBundle returns the failure for a bundle of certificates that the SDK cannot
// use (resolveCustomCABundle). That of a source does not count.
func (g goSDK) badBundle(p *goProfile) *Result {
	path, at := g.env("AWS_CA_BUNDLE"), variable("AWS_CA_BUNDLE")
	if path == "" && p != nil {
		path, at = p.text("ca_bundle"), p.at("ca_bundle")
	}
	if path == "" {
		return nil
	}
	certificates, err := readfile.Read(path, readfile.MaxAWS)
	if err == nil && x509.NewCertPool().AppendCertsFromPEM(certificates) {
		return nil
	}
	return fails(BadValue, at, "it names no file of certificates that can be read: %s", goRefuses)
}
