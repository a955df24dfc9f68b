package profile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The order is that of botocore and the Go SDK: a variable before the profile's
// setting, an endpoint before a mode.
func TestMetadata(t *testing.T) {
	const own, other = "http://127.0.0.1:1", "http://127.0.0.1:2"
	for _, tt := range []struct {
		name    string
		env     map[string]string
		profile MetadataService
		want    MetadataOptions
		err     string
	}{
		{"nothing", nil, MetadataService{}, MetadataOptions{Endpoint: metadataIPv4}, ""},
		{"endpoint of the profile", nil, MetadataService{Endpoint: own}, MetadataOptions{Endpoint: own}, ""},
		{"endpoint of both", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT": other}, MetadataService{Endpoint: own}, MetadataOptions{Endpoint: other}, ""},
		{"endpoint and mode", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, MetadataService{Endpoint: own}, MetadataOptions{Endpoint: own}, ""},
		{"mode of the profile", nil, MetadataService{Mode: "ipv6"}, MetadataOptions{Endpoint: metadataIPv6}, ""},
		{"mode of both", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"}, MetadataService{Mode: "IPv6"}, MetadataOptions{Endpoint: metadataIPv4}, ""},
		{"older setting for IPv6", nil, MetadataService{IPv6: "true"}, MetadataOptions{Endpoint: metadataIPv6}, ""},
		{"mode before the older setting", map[string]string{"AWS_IMDS_USE_IPV6": "true"}, MetadataService{Mode: "IPv4"}, MetadataOptions{Endpoint: metadataIPv4}, ""},
		{"version 1", nil, MetadataService{V1Disabled: "True"}, MetadataOptions{Endpoint: metadataIPv4, V1Disabled: true}, ""},
		{"version 1 of both", map[string]string{"AWS_EC2_METADATA_V1_DISABLED": "false"}, MetadataService{V1Disabled: "true"}, MetadataOptions{Endpoint: metadataIPv4}, ""},
		{"disabled", map[string]string{"AWS_EC2_METADATA_DISABLED": "TRUE"}, MetadataService{}, MetadataOptions{Endpoint: metadataIPv4, Disabled: true}, ""},
		{"patience", map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3"}, MetadataService{Timeout: "5", Attempts: "9"},
			MetadataOptions{Endpoint: metadataIPv4, Timeout: 5 * time.Second, Attempts: 3}, ""},
		{"odd numbers", map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": " 1_0 "}, MetadataService{Timeout: "99999999999999999999"},
			MetadataOptions{Endpoint: metadataIPv4, Timeout: 1000 * time.Second, Attempts: 10}, ""},
		{"mode that is none", nil, MetadataService{Mode: "ipv5"}, MetadataOptions{}, `ec2_metadata_service_endpoint_mode: must be IPv4 or IPv6, not "ipv5"`},
		{"variable that is none", map[string]string{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "x"}, MetadataService{}, MetadataOptions{}, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: must be"},
		{"endpoint that is none", nil, MetadataService{Endpoint: "127.0.0.1"}, MetadataOptions{}, "ec2_metadata_service_endpoint: must be a URL"},
		{"version 1 neither nor", nil, MetadataService{V1Disabled: "on"}, MetadataOptions{Endpoint: metadataIPv4}, ""},
		{"version 1 of a variable, neither nor", map[string]string{"AWS_EC2_METADATA_V1_DISABLED": "1"}, MetadataService{}, MetadataOptions{}, "AWS_EC2_METADATA_V1_DISABLED: must be true or false"},
		{"timeout that is none", nil, MetadataService{Timeout: "1s"}, MetadataOptions{}, "metadata_service_timeout: must be a number"},
		{"no attempts", map[string]string{"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "0"}, MetadataService{}, MetadataOptions{}, "AWS_METADATA_SERVICE_NUM_ATTEMPTS: must be a number"},
	} {
		got, err := Metadata(func(name string) string { return tt.env[name] }, &Profile{Name: "x", Metadata: tt.profile})
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: error %v, want one with %q", tt.name, err, tt.err)
			}
		} else if err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
	}
}

// The services that make credentials of a sign-in have endpoints of their own, too.
func TestServicesOfSignIn(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	text := "[profile x]\nservices = local\nendpoint_url = http://all\naws_account_id = 123456789012\nec2_metadata_service_endpoint = http://imds\n" +
		"[services local]\nsso =\n  endpoint_url = http://portal\nsso_oidc =\n  endpoint_url = http://oidc\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := load(Files{Config: file}, noEnv, "x")
	if err != nil {
		t.Fatal(err)
	}
	for want, got := range map[string]string{
		"http://portal": SSOEndpoint(noEnv, p), "http://oidc": SSOOIDCEndpoint(noEnv, p), "http://all": SigninEndpoint(noEnv, p),
		"http://imds": p.Metadata.Endpoint, "123456789012": p.AccountID,
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
