package awsfiles

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/profile"
)

func TestWithoutCredentials(t *testing.T) {
	config, err := awsini.Parse("config", []byte(`
[DEFAULT]
cli_pager =
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = S3CR3TMARKERdefault
region = us-west-1
[profile work]
region = eu-west-1
output = text
role_arn = arn:aws:iam::123456789012:role/x
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/x
sso_session = corp
web_identity_token_file = /token
credential_process = /bin/tool --password S3CR3TMARKERprocess
okta_password = S3CR3TMARKERokta
services = local
s3 =
    max_concurrent_requests = 20
    addressing_style = path
[services local]
sts =
    endpoint_url = http://127.0.0.1:1
[services other]
sts =
    endpoint_url = http://127.0.0.1:2
[profile dev]
region = eu-west-2
`), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := awsini.Parse("credentials", []byte(`
[work]
aws_access_key_id = AKIAWORK
aws_secret_access_key = S3CR3TMARKERwork
aws_session_token = S3CR3TMARKERtoken
region = eu-central-1
`), awsini.CredentialsFile)
	if err != nil {
		t.Fatal(err)
	}
	both := &profile.Config{Config: config, Credentials: credentials}
	want := `[default]
s3 =
    addressing_style = path
    max_concurrent_requests = 20

[profile work]
cli_pager =
output = text
region = eu-central-1
s3 =
    addressing_style = path
    max_concurrent_requests = 20
services = local

[services local]
cli_pager =
sts =
    endpoint_url = http://127.0.0.1:1
`
	got := string(WithoutCredentials(both, "work"))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	// What is written is read as what it was.
	again, err := awsini.Parse("again", []byte(got), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&profile.Config{Config: again, Credentials: &awsini.File{}}).Profile("work")
	if err != nil || p.Region != "eu-central-1" || p.STSEndpointURL != "http://127.0.0.1:1" || p.Static != nil || p.RoleARN != "" {
		t.Errorf("it reads as %+v, %v", p, err)
	}
	if got := string(WithoutCredentials(both, "default")); got != "" {
		t.Errorf("default, whose settings all have a variable, is\n%s", got)
	}
	if got := string(WithoutCredentials(both, "only stored")); !strings.Contains(got, "[profile \"only stored\"]") {
		t.Errorf("a profile of the keystore alone is\n%s", got)
	}
}

// TestElsewhere: a file of this machine is not named to a program that does not see it.
func TestElsewhere(t *testing.T) {
	got := string(Elsewhere([]byte("[profile work]\nca_bundle = /x\nregion = r\n ca_bundle=/y\n")))
	if want := "[profile work]\nregion = r\n"; got != want {
		t.Errorf("got %q", got)
	}
}
