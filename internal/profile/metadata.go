package profile

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MetadataService is what a profile says of the EC2 instance metadata service, as
// written.
type MetadataService struct {
	Endpoint   string // ec2_metadata_service_endpoint
	Mode       string // ec2_metadata_service_endpoint_mode
	IPv6       string // imds_use_ipv6
	V1Disabled string // ec2_metadata_v1_disabled
	Timeout    string // metadata_service_timeout
	Attempts   string // metadata_service_num_attempts
}

// MetadataOptions are how the EC2 instance metadata service is asked.
type MetadataOptions struct {
	Endpoint   string        // the URL
	Disabled   bool          // it must not be asked
	V1Disabled bool          // only by its version 2, with a token
	Timeout    time.Duration // of one attempt; 0 leaves it to the caller
	Attempts   int           // 0 leaves it to the caller
}

// The addresses of the service. Source: botocore and the Go SDK.
const (
	metadataIPv4 = "http://169.254.169.254"
	metadataIPv6 = "http://[fd00:ec2::254]"
)

// Metadata returns how the EC2 instance metadata service is asked. A variable comes
// before the setting of p that it is like, and an endpoint before a mode, as in
// botocore and the Go SDK. The timeout and the attempts are settings of botocore. An
// invalid value is an error, as in the SDKs that know it.
func Metadata(env func(string) string, p *Profile) (MetadataOptions, error) {
	m := &metadata{env: env, p: p}
	o := MetadataOptions{
		Endpoint:   m.endpoint(),
		Disabled:   isTrue(env("AWS_EC2_METADATA_DISABLED")),
		V1Disabled: m.onOff("AWS_EC2_METADATA_V1_DISABLED", p.Metadata.V1Disabled),
		Timeout:    time.Duration(m.number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", p.Metadata.Timeout)) * time.Second,
		Attempts:   m.number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", p.Metadata.Attempts),
	}
	return o, m.err
}

// metadata reads the settings of the metadata service, and keeps the first error.
type metadata struct {
	env func(string) string
	p   *Profile
	err error
}

// fail keeps an error about what the variable or else the profile says.
func (m *metadata) fail(variable, key, reason string) {
	switch {
	case m.err != nil:
	case m.env(variable) != "":
		m.err = fmt.Errorf("%s: %s", variable, reason)
	default:
		m.err = &SettingError{m.p.Name, key, m.p.Origin[key], reason}
	}
}

func (m *metadata) endpoint() string {
	const variable, key = "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"
	if own := cmp.Or(m.env(variable), m.p.Metadata.Endpoint); own != "" {
		if u, err := url.Parse(own); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			m.fail(variable, key, "must be a URL")
		}
		return own
	}
	const modeVariable, modeKey = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode"
	mode := cmp.Or(m.env(modeVariable), m.p.Metadata.Mode)
	switch {
	case strings.EqualFold(mode, "ipv6"), mode == "" && isTrue(cmp.Or(m.env("AWS_IMDS_USE_IPV6"), m.p.Metadata.IPv6)):
		return metadataIPv6
	case mode != "" && !strings.EqualFold(mode, "ipv4"):
		m.fail(modeVariable, modeKey, fmt.Sprintf("must be IPv4 or IPv6, not %q", mode))
	}
	return metadataIPv4
}

// onOff takes any other value of a profile than true for false, as both SDKs do.
func (m *metadata) onOff(variable, own string) bool {
	on, set, err := switchOf(m.env, variable)
	if err != nil && m.err == nil {
		m.err = err
	}
	if set {
		return on
	}
	return isTrue(own)
}

// number takes what botocore takes. The limit of the whole call makes more than most
// the same as most.
func (m *metadata) number(variable, key, own string) int {
	value := cmp.Or(m.env(variable), own)
	if value == "" {
		return 0
	}
	const most = 1000
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(value), "_", ""))
	if n < 1 || err != nil && !errors.Is(err, strconv.ErrRange) {
		m.fail(variable, key, fmt.Sprintf("must be a number of 1 or more, not %q", value))
	}
	return min(n, most)
}
