package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

const awsFiles = `
[default]
region = eu-west-1

[profile stored]
credential_process = awsexec --profile stored

[profile bare]
region = eu-west-1

[profile shared]
credential_process = /usr/local/bin/awsexec --profile stored

[profile lost]
credential_process = awsexec --profile lost

[profile to-nowhere]
credential_process = awsexec --profile nowhere

[profile to-stored]
credential_process = /opt/awsexec --profile only-stored

[profile by-another-path]
credential_process = /opt/other --profile stored

[profile ring-a]
credential_process = awsexec --profile ring-b
[profile ring-b]
credential_process = awsexec --profile ring-a

[profile plain]
aws_access_key_id = AKIAIOSFODNN7PLAIN01
aws_secret_access_key = S3CR3TMARKER

[profile plain-session]
aws_access_key_id = ASIAIOSFODNN7PLAIN01
aws_secret_access_key = S3CR3TMARKER
aws_session_token = S3CR3TMARKER

[profile tool]
credential_process = some-tool --json

[profile wrapped]
credential_process = sh -c 'awsexec --profile stored'

[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start

[profile web]
role_arn = arn:aws:iam::123456789012:role/web
web_identity_token_file = /token

[profile login]
login_session = arn:aws:iam::123456789012:user/alice

[profile role]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = stored

[profile role-of-role]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = role

[profile role-of-sso]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = sso

[profile role-of-itself]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = role-of-itself
aws_access_key_id = AKIAIOSFODNN7PLAIN02
aws_secret_access_key = S3CR3TMARKER

[profile role-stored]
role_arn = arn:aws:iam::123456789012:role/one

[profile role-of-nothing]
role_arn = arn:aws:iam::123456789012:role/one

[profile role-of-env]
role_arn = arn:aws:iam::123456789012:role/one
credential_source = Environment

[profile role-of-instance]
role_arn = arn:aws:iam::123456789012:role/one
credential_source = Ec2InstanceMetadata

[profile role-of-container]
role_arn = arn:aws:iam::123456789012:role/one
credential_source = EcsContainer

[profile role-of-bare]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = bare

[profile role-of-itself-bare]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = role-of-itself-bare

[profile role-of-role-of-bare]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = role-of-bare

[profile source-alone]
credential_source = Ec2InstanceMetadata

[profile role-of-source-alone]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = source-alone

[profile role-of-instance-role]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = role-of-instance

[profile to-bare]
credential_process = awsexec --profile bare

[profile role-of-case]
role_arn = arn:aws:iam::123456789012:role/one
credential_source = ENVIRONMENT

[profile role-of-else]
role_arn = arn:aws:iam::123456789012:role/one
credential_source = Else

[profile sso-half]
sso_account_id = 123456789012
sso_start_url = https://example.awsapps.com/start

[profile role-of-sso-half]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = sso-half

[profile sso-nowhere]
sso_session = empty
sso_account_id = 123456789012
sso_role_name = Dev
[sso-session empty]

[profile web-with-key]
role_arn = arn:aws:iam::123456789012:role/web
web_identity_token_file = /token
aws_access_key_id = AKIAIOSFODNN7PLAIN03
aws_secret_access_key = S3CR3TMARKER

[profile role-of-web-with-key]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = web-with-key

[profile web-half]
web_identity_token_file = /token

[profile role-of-web-half]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = web-half

[profile instance-mode]
ec2_metadata_service_endpoint_mode = IPv5

[profile sso-of-two-regions]
sso_session = corp
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = Dev

[profile sso-of-two-regions-with-keys]
sso_session = corp
sso_region = us-east-1
aws_access_key_id = AKIAIOSFODNN7PLAIN03
aws_secret_access_key = S3CR3TMARKER

[profile sso-session-alone]
sso_session = corp

[profile empty-process]
credential_process =

[profile empty-process-with-keys]
credential_process =
aws_access_key_id = AKIAIOSFODNN7PLAIN03
aws_secret_access_key = S3CR3TMARKER

[profile role-of-empty-process]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = empty-process
`

// ways writes a plan as the kinds on the way from the wanted credentials to their source.
func ways(p *Plan) string {
	if p == nil {
		return ""
	}
	text := fmt.Sprintf("%s of %s", p.Kind, p.Profile.Name)
	if p.From != nil {
		text += " < " + ways(p.From)
	}
	return text
}

func TestDecide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(awsFiles), 0o600); err != nil {
		t.Fatal(err)
	}
	files := profile.Files{Config: path}
	read, err := profile.ReadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	config := read.RunBy("/opt/awsexec")
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7ENVIR01", "AWS_SECRET_ACCESS_KEY": "S3CR3TMARKER"}
	session := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7ENVIR01", "AWS_SECRET_ACCESS_KEY": "S3CR3TMARKER", "AWS_SESSION_TOKEN": "S3CR3TMARKER"}
	container := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"}
	everything := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r"}
	for _, tt := range []struct {
		profile  string
		explicit bool
		env      map[string]string
		want     string // of ways, or of an error
	}{
		{"stored", false, nil, "key in the keystore of stored"},
		{"shared", false, nil, "key in the keystore of stored"},
		{"bare", true, nil, "EC2 instance of bare"},
		{"bare", true, container, "container of bare"},
		{"default", false, nil, "EC2 instance of default"},
		{"default", false, container, "container of default"},
		{"default", false, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r"}, "web identity of default"},
		{"default", false, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not"},
		{"sso-half", true, nil, `profile "sso-half": credentials of IAM Identity Center: sso_region, sso_role_name missing`},
		{"role-of-sso-half", true, nil, `profile "sso-half": credentials of IAM Identity Center: sso_region, sso_role_name missing`},
		{"sso-nowhere", true, nil, `profile "sso-nowhere": credentials of IAM Identity Center: sso_start_url, sso_region missing`},
		{"web-half", true, nil, `profile "web-half": credentials of web identity: role_arn is missing beside web_identity_token_file`},
		{"role-of-web-half", true, nil, `profile "web-half": credentials of web identity: role_arn is missing beside web_identity_token_file`},
		{"instance-mode", true, nil, `must be IPv4 or IPv6, not "IPv5"`},
		{"role-of-instance", true, map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "AWS_EC2_METADATA_DISABLED is true"},
		{"bare", true, map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}, "AWS_CONTAINER_CREDENTIALS_FULL_URI has the host"},
		{"default", false, everything, "web identity of default"},
		{"bare", false, everything, "web identity of bare"},
		{"bare", true, everything, "container of bare"},
		{"bare", true, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t", "AWS_ROLE_ARN": "r"}, "EC2 instance of bare"},
		{"default", true, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, "EC2 instance of default"},
		{"sso-of-two-regions", true, nil, "sso_region: differs from the sso-session's"},
		{"sso-session-alone", true, everything, "sso_account_id, sso_role_name missing"},
		{"sso-of-two-regions-with-keys", true, nil, "access key in the AWS files of sso-of-two-regions-with-keys"},
		{"empty-process", true, everything, "credential_process: is empty"},
		{"empty-process-with-keys", true, nil, "access key in the AWS files of empty-process-with-keys"},
		{"role-of-empty-process", true, everything, "credential_process: is empty"},
		{"default", false, map[string]string{"AWS_EC2_METADATA_DISABLED": "True"}, `profile "default": no access key in the keystore, the AWS files or the environment`},
		{"lost", true, container, `profile "lost": no access key in the keystore, the AWS files or the environment`},
		{"to-nowhere", true, nil, `profile "to-nowhere": profile "nowhere": not in the AWS files`},
		{"to-stored", true, nil, "key in the keystore of only-stored"},
		{"by-another-path", true, nil, "credential_process of by-another-path"},
		{"ring-a", true, nil, `profile "ring-a" leads back to itself: ring-a → ring-b → ring-a`},
		{"plain", true, nil, "access key in the AWS files of plain"},
		{"plain-session", true, nil, "session in the AWS files of plain-session"},
		{"tool", true, nil, "credential_process of tool"},
		{"wrapped", true, nil, "credential_process of wrapped"},
		{"sso", true, nil, "IAM Identity Center of sso"},
		{"web", true, nil, "web identity of web"},
		{"web-with-key", true, nil, "role of web-with-key < access key in the AWS files of web-with-key"},
		{"role-of-web-with-key", true, nil, "role of role-of-web-with-key < access key in the AWS files of web-with-key"},
		{"login", true, nil, "login session of login"},

		{"role", true, nil, "role of role < key in the keystore of stored"},
		{"role-of-role", true, nil, "role of role-of-role < role of role < key in the keystore of stored"},
		{"role-of-sso", true, nil, "role of role-of-sso < IAM Identity Center of sso"},
		{"role-of-itself", true, nil, "role of role-of-itself < access key in the AWS files of role-of-itself"},
		{"role-stored", true, nil, "role of role-stored < key in the keystore of role-stored"},
		{"role-of-nothing", true, nil, `profile "role-of-nothing": ` + path + ":83: role_arn without source_profile or credential_source"},
		{"role-of-env", true, keys, "role of role-of-env < access key in the environment of role-of-env"},
		{"role-of-env", true, session, "role of role-of-env < session in the environment of role-of-env"},
		{"role-of-env", true, nil, "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set"},
		{"role-of-instance", true, keys, "role of role-of-instance < EC2 instance of role-of-instance"},
		{"role-of-container", true, container, "role of role-of-container < container of role-of-container"},
		{"role-of-container", true, nil, "credential_source is EcsContainer, and no AWS_CONTAINER_CREDENTIALS_"},
		{"role-of-else", true, nil, `:129: credential_source "Else" is not`},
		{"role-of-case", true, keys, `:125: credential_source "ENVIRONMENT" is not`},

		{"role-of-bare", true, everything, "profile \"role-of-bare\": " + path + ":99: source_profile: profile \"bare\": " + path + ":8: no access key in the keystore or the AWS files"},
		{"role-of-bare", true, nil, "profile \"bare\": " + path + ":8: no access key"},
		{"role-of-itself-bare", true, everything, path + ":103: source_profile: profile \"role-of-itself-bare\": " + path + ":101: no access key"},
		{"role-of-role-of-bare", true, everything, path + ":107: source_profile: profile \"role-of-bare\": " + path + ":99: source_profile: profile \"bare\": " + path + ":8: no access key"},
		{"role-of-source-alone", true, everything, path + ":114: source_profile: profile \"source-alone\": " + path + ":109: no access key"},
		{"role-of-instance-role", true, nil, "role of role-of-instance-role < role of role-of-instance < EC2 instance of role-of-instance"},
		{"to-bare", true, everything, "profile \"bare\": " + path + ":8: no access key"},

		{"stored", false, keys, "access key in the environment of stored"},
		{"stored", true, keys, "key in the keystore of stored"},
		{"role", false, session, "session in the environment of role"},
		{"stored", false, map[string]string{"AWS_ACCESS_KEY_ID": "A"}, "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"},
		{"stored", false, map[string]string{"AWS_SECRET_ACCESS_KEY": "A"}, "key in the keystore of stored"},
		{"role-of-env", true, map[string]string{"AWS_SECRET_ACCESS_KEY": "A"}, "credential_source is Environment, and AWS_ACCESS_KEY_ID is not set"},
		{"stored", false, map[string]string{"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "A"}, "AWS_ACCESS_KEY_ID belongs to a session and AWS_SESSION_TOKEN is not set"},
		{"stored", false, map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "A", "AWS_SECURITY_TOKEN": "t"}, "session in the environment of stored"},
		{"stored", false, map[string]string{"AWS_SESSION_TOKEN": "t"}, "key in the keystore of stored"},
	} {
		t.Run(fmt.Sprint(tt.profile, " ", tt.env), func(t *testing.T) {
			p, err := config.Profile(tt.profile)
			if err != nil {
				t.Fatal(err)
			}
			keys := memory{"stored": {AccessKeyID: "AKIAIOSFODNN7STORED1"}, "role-stored": {AccessKeyID: "AKIAIOSFODNN7STORED2"}, "only-stored": {AccessKeyID: "AKIAIOSFODNN7STORED3"}}
			plan, err := Find(t.Context(), p, func(name string) string { return tt.env[name] }, keys, Flags{Explicit: tt.explicit})
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got the error %v\nwant %s", err, tt.want)
				}
				return
			}
			if got := ways(plan); got != tt.want {
				t.Errorf("got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// What a profile says of MFA and its account counts where its credential_process leads
// to another profile that says nothing of them.
func TestSettingsOfProfilesOnTheWay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, `
[profile bare]
[profile own]
mfa_serial = own
aws_account_id = 111111111111
[profile role]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = bare
[profile role-own]
role_arn = arn:aws:iam::123456789012:role/one
source_profile = own
[profile a]
credential_process = awsexec --profile bare
mfa_serial = via
mfa_process = code
aws_account_id = 222222222222
[profile b]
credential_process = awsexec --profile a
[profile c]
credential_process = awsexec --profile own
mfa_serial = via
aws_account_id = 222222222222
[profile d]
credential_process = awsexec --profile role
mfa_serial = via
[profile e]
credential_process = awsexec --profile role-own
mfa_serial = via
[profile f]
role_arn = arn:aws:iam::123456789012:role/two
source_profile = b
`)
	config, err := profile.ReadFiles(profile.Files{Config: path})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a": "via 222222222222 code", "b": "via 222222222222 code", "c": "own 111111111111 ", "d": "via  ", "e": "own 111111111111 ", "f": "via 222222222222 code", "bare": "  ",
	} {
		p, err := config.Profile(name)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Find(t.Context(), p, func(string) string { return "" }, memory{"bare": {}, "own": {}}, Flags{Explicit: true})
		if err != nil {
			t.Fatal(err)
		}
		process := ""
		for _, p := range plan.Way(p) {
			process = cmp.Or(process, p.MFAProcess)
		}
		for plan.From != nil {
			plan = plan.From
		}
		if got := plan.Profile.MFASerial + " " + plan.Profile.AccountID + " " + process; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// broken is a keystore that cannot be read.
type broken struct{ err error }

func (broken) List(context.Context) map[string]bool            { return nil }
func (b broken) KeyID(context.Context, string) (string, error) { return "", b.err }
func (b broken) Get(context.Context, string) (aws.Credentials, error) {
	return aws.Credentials{}, b.err
}

// A keystore that cannot be read matters to those who need it, and only to them.
func TestDecideWithoutKeystore(t *testing.T) {
	self := &profile.Profile{Name: "work", CredentialProcess: "awsexec --profile work", IsSelf: true}
	static := &profile.Profile{Name: "plain", Static: &profile.StaticKeys{Credentials: aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "S3CR3TMARKER"}}}
	empty := &profile.Profile{Name: "default"}
	for _, tt := range []struct {
		p    *profile.Profile
		err  error
		kind Kind
	}{
		{self, keystore.ErrUnavailable, ""},
		{self, keystore.ErrLocked, ""},
		{static, keystore.ErrUnavailable, FileKey},
		{static, keystore.ErrLocked, FileKey},
		{empty, keystore.ErrUnavailable, Instance},
		{empty, keystore.ErrLocked, ""},
	} {
		plan, err := Find(t.Context(), tt.p, func(string) string { return "" }, broken{tt.err}, Flags{Explicit: true})
		if tt.kind == "" {
			if !errors.Is(err, tt.err) {
				t.Errorf("%s with a keystore that is %v: got %v", tt.p.Name, tt.err, err)
			}
		} else if err != nil || plan.Kind != tt.kind {
			t.Errorf("%s with a keystore that is %v: got %v, %v", tt.p.Name, tt.err, plan, err)
		}
	}
}

// Whoever started us is resolving a profile already: to come back to it is a loop.
func TestDecideSeesWhoStartedUs(t *testing.T) {
	_, err := Decide(&profile.Profile{Name: "work"}, func(string) string { return "" }, nil, Flags{Explicit: true, Chain: []string{"role", "work"}})
	var loop *LoopError
	if !errors.As(err, &loop) || err.Error() != `profile "work" leads back to itself: role → work → work` {
		t.Errorf("got %v", err)
	}
}
