package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
)

const (
	keyID  = "AKIAIOSFODNN7EXAMPLE"
	secret = "S3CR3TMARKER0000000000000000000000000000"
	pair   = "aws_access_key_id = " + keyID + "\naws_secret_access_key = " + secret + "\n"
)

func noEnv(string) string { return "" }

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for _, p := range pairs {
			if value, ok := strings.CutPrefix(p, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

// configOf parses the two files, which are called C and K.
func configOf(t testing.TB, config, credentials string) *Config {
	t.Helper()
	c, err := awsini.Parse("C", []byte(config), awsini.ConfigFile)
	if err != nil {
		t.Fatal(err)
	}
	k, err := awsini.Parse("K", []byte(credentials), awsini.CredentialsFile)
	if err != nil {
		t.Fatal(err)
	}
	return &Config{Config: c, Credentials: k}
}

func resolve(t testing.TB, config, credentials, name string) *Profile {
	t.Helper()
	p, err := configOf(t, config, credentials).Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProfileFields(t *testing.T) {
	got := resolve(t, `[profile full]
region = eu-west-1
mfa_serial = arn:aws:iam::123456789012:mfa/me
mfa_process = pass otp aws
duration_seconds = 7200
role_arn = arn:aws:iam::123456789012:role/r
external_id = ext
role_session_name = me
source_identity = id
session_tags = team=a, cost = b=c
transitive_session_tags = team,cost
credential_source = Ec2InstanceMetadata
web_identity_token_file = /token
login_session = arn:x
credential_process = other "tool"
sso_session = corp
sso_account_id = 123456789012
sso_role_name = admin
ca_bundle = ~/ca.pem
services = local
endpoint_url = http://all
ignore_configured_endpoint_urls = TRUE
sts_regional_endpoints = legacy
use_fips_endpoint = true
use_dualstack_endpoint = no
unknown = 1
[sso-session corp]
sso_start_url = https://corp
sso_region = us-east-1
sso_registration_scopes = sso:account:access, x
[services local]
sts =
  endpoint_url = http://sts
iam =
  endpoint_url = http://iam
`, "[full]\nregion = us-west-2\n", "full")
	pos := func(line int) awsini.Pos { return awsini.Pos{File: "C", Line: line} }
	origin := got.Origin
	got.Origin = nil
	want := &Profile{
		Name: "full", Region: "us-west-2", MFASerial: "arn:aws:iam::123456789012:mfa/me", MFAProcess: "pass otp aws",
		Duration: 2 * time.Hour, RoleARN: "arn:aws:iam::123456789012:role/r", ExternalID: "ext", RoleSessionName: "me",
		SourceIdentity: "id", SessionTags: []SessionTag{{"team", "a"}, {"cost", "b=c"}},
		TransitiveSessionTags: []string{"team", "cost"}, CredentialSource: "Ec2InstanceMetadata",
		WebIdentityTokenFile: "/token", LoginSession: "arn:x", CredentialProcess: `other "tool"`,
		SSO: &SSO{Session: "corp", StartURL: "https://corp", Region: "us-east-1",
			RegistrationScopes: []string{"sso:account:access", "x"}, AccountID: "123456789012", RoleName: "admin"},
		CABundle: "~/ca.pem", EndpointURL: "http://all", STSEndpointURL: "http://sts", IAMEndpointURL: "http://iam", IgnoreConfiguredEndpointURLs: true,
		STSRegionalEndpoints: "legacy", UseFIPS: aws.FIPSEndpointStateEnabled, UseDualStack: aws.DualStackEndpointStateDisabled,
	}
	want.config = got.config
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	for key, want := range map[string]awsini.Pos{
		"region": {File: "K", Line: 2}, "mfa_serial": pos(3), "sso_session": pos(16), "sso_start_url": pos(28),
		"services.sts.endpoint_url": pos(33), "services.iam.endpoint_url": pos(35), "unknown": pos(26),
	} {
		if origin[key] != want {
			t.Errorf("%s is from %v, want %v", key, origin[key], want)
		}
	}
}

func TestStaticKeys(t *testing.T) {
	other := strings.NewReplacer("EXAMPLE", "EXAMPL2", "0000", "1111").Replace(pair)
	for _, c := range []struct {
		name, config, credentials string
		want                      *StaticKeys
	}{
		{"none", "[default]\n", "", nil},
		{"empty", "[default]\naws_access_key_id =\naws_secret_access_key =\n", "", nil},
		{"config file", "[default]\n" + pair, "", &StaticKeys{
			Credentials: aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, Source: "C"},
			AccessKeyID: awsini.Pos{File: "C", Line: 2}, SecretAccessKey: awsini.Pos{File: "C", Line: 3}}},
		{"credentials file first, no token of the other file", "[default]\n" + other + "aws_session_token = x\n", "[default]\n" + pair, &StaticKeys{
			Credentials:         aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, Source: "K"},
			FromCredentialsFile: true, AccessKeyID: awsini.Pos{File: "K", Line: 2}, SecretAccessKey: awsini.Pos{File: "K", Line: 3}}},
		{"token and account", "", "[default]\n" + pair + "aws_session_token = S3CR3TMARKERt\naws_account_id = 123456789012\n", &StaticKeys{
			Credentials: aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: "S3CR3TMARKERt",
				AccountID: "123456789012", Source: "K"},
			FromCredentialsFile: true, AccessKeyID: awsini.Pos{File: "K", Line: 2}, SecretAccessKey: awsini.Pos{File: "K", Line: 3}, SessionToken: awsini.Pos{File: "K", Line: 4}}},
		{"older name of the token", "", "[default]\n" + pair + "aws_security_token = S3CR3TMARKERt\naws_session_token = x\n", &StaticKeys{
			Credentials:         aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: "S3CR3TMARKERt", Source: "K"},
			FromCredentialsFile: true, AccessKeyID: awsini.Pos{File: "K", Line: 2}, SecretAccessKey: awsini.Pos{File: "K", Line: 3}, SessionToken: awsini.Pos{File: "K", Line: 4}}},
		{"partial in the config file, complete in the other", "[default]\naws_access_key_id = x\n", "[default]\n" + pair, &StaticKeys{
			Credentials:         aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, Source: "K"},
			FromCredentialsFile: true, AccessKeyID: awsini.Pos{File: "K", Line: 2}, SecretAccessKey: awsini.Pos{File: "K", Line: 3}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := resolve(t, c.config, c.credentials, "default").Static; !reflect.DeepEqual(got, c.want) {
				t.Errorf("got other keys than wanted: at %+v", got)
			}
		})
	}
}

func TestSettingErrors(t *testing.T) {
	for _, c := range []struct{ name, config, credentials, want string }{
		{"key id alone", "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", "", `C:2: aws_access_key_id: aws_secret_access_key is missing`},
		{"secret alone", "", "[default]\naws_secret_access_key = " + secret, `K:2: aws_secret_access_key: aws_access_key_id is missing`},
		{"pair over two files", "[default]\naws_secret_access_key = " + secret, "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n", `K:2: aws_access_key_id: aws_secret_access_key is missing`},
		{"process with settings", "[default]\ncredential_process =\n  a = b\n", "", `C:2: credential_process: has settings`},
		{"two sources", "[default]\nsource_profile = a\ncredential_source = Environment\n", "", `C:2: source_profile: cannot be together with credential_source (C:3)`},
		{"tags", "[default]\nsession_tags = a=b,c\n", "", `C:2: session_tags: must be`},
		{"tag twice", "[default]\nsession_tags = a=b,a=c\n", "", `C:2: session_tags: has the key "a" twice`},
		{"no sso-session", "[default]\nsso_session = a b\n", "", `C:2: sso_session: there is no section [sso-session "a b"]`},
		{"sso-session in the credentials file", "[default]\nsso_session = a\n", "[sso-session a]\n", `C:2: sso_session: there is no section`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := configOf(t, c.config, c.credentials).Profile("default")
			var setting *SettingError
			if !errors.As(err, &setting) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, %v, want %s", p, err, c.want)
			}
			if strings.Contains(err.Error(), "S3CR3TMARKER") {
				t.Errorf("%q has a secret", err)
			}
		})
	}
}

// TestIgnoredSettings: values that botocore and the Go SDK do not fail at count as
// absent. They are reported all the same.
func TestIgnoredSettings(t *testing.T) {
	role := "[default]\nrole_arn = r\ncredential_source = Environment\n"
	for _, c := range []struct {
		config, want string
		duration     time.Duration
	}{
		{"[default]\nduration_seconds = 1h\n", `profile "default": C:2: duration_seconds: must be a number of seconds, not "1h"`, 0},
		{role + "duration_seconds = 1h\n", `C:4: duration_seconds: must be a number of seconds, not "1h"`, 0},
		{role + "duration_seconds = 3600.0\n", `not "3600.0"`, 0},
		{role + "duration_seconds = 3600s # an hour\n", `not "3600s # an hour"`, 0},
		{role + "duration_seconds = 0\n", `not "0"`, 0},
		{role + "duration_seconds = -1\n", `not "-1"`, 0},
		{role + "duration_seconds = 99999999999999999999\n", `must be a number`, 0},
		{role + "duration_seconds = +1_800\n", "", 30 * time.Minute},
		{role + "duration_seconds = 60\n", "", time.Minute}, // which botocore refuses
		{"[default]\nduration_seconds = 60\n", `C:2: duration_seconds: is outside what AWS allows for a session, 900 to 129600`, 0},
		{"[default]\nduration_seconds = 129601\n", `is outside`, 0},
		{"[default]\nduration_seconds = 129600\n", "", 36 * time.Hour},
		{"[default]\nservices = a\n", `C:2: services: there is no section [services a]`, 0},
		{"[default]\nservices = a b\n[services a]\n", `there is no section [services "a b"]`, 0},
		{"[default]\nservices = a\n[services a]\n", "", 0},
	} {
		p := resolve(t, c.config, "", "default")
		got := ""
		for _, ignored := range p.Ignored {
			got += ignored.Error()
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) || p.Duration != c.duration {
			t.Errorf("%q: got %s, %q", c.config, p.Duration, got)
		}
	}
}

// TestSSOConflict: what contradicts the sso-session makes the settings of IAM
// Identity Center unusable, not the profile.
func TestSSOConflict(t *testing.T) {
	const section = "[sso-session a]\nsso_start_url = u\nsso_region = y\n"
	for config, want := range map[string]string{
		"[default]\nsso_session = a\n" + section:                                                "",
		"[default]\nsso_session = a\nsso_region = y\n" + section:                                "",
		"[default]\nsso_session = a\nsso_region = x\n" + section:                                `profile "default": C:3: sso_region: differs from the sso-session's (C:6)`,
		"[default]\nsso_session = a\nsso_start_url = v\nsso_region = x\n" + section:             `C:4: sso_region`,
		"[default]\nsso_session = a\nregion = x\n" + section + "region = y\nsso_account_id = 1": `C:3: region: differs`,
	} {
		got := ""
		if p := resolve(t, config, "", "default"); p.SSO.Conflict != nil {
			got = p.SSO.Conflict.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", config, got, want)
		}
	}
}

// TestSSOSessionAlone: with an sso-session, the start URL and the region are those of
// its section alone, as in botocore and the Go SDK. The account and the role may be in
// either.
func TestSSOSessionAlone(t *testing.T) {
	for config, want := range map[string]SSO{
		"[default]\nsso_session = a\nsso_start_url = u\nsso_region = y\n[sso-session a]\n":            {Session: "a"},
		"[default]\nsso_session = a\nsso_start_url = u\n[sso-session a]\nsso_region = y\n":            {Session: "a", Region: "y"},
		"[default]\nsso_session = a\nsso_region = y\n[sso-session a]\nsso_start_url = u\n":            {Session: "a", StartURL: "u"},
		"[default]\nsso_session = a\nsso_role_name = r\n[sso-session a]\nsso_account_id = 1\n":        {Session: "a", AccountID: "1", RoleName: "r"},
		"[default]\nsso_session = a\n[sso-session a]\nsso_account_id = 1\nsso_role_name = r\n":        {Session: "a"},
		"[default]\nsso_start_url = u\nsso_region = y\n[sso-session a]\nsso_start_url = of another\n": {StartURL: "u", Region: "y"},
	} {
		if got := resolve(t, config, "", "default").SSO; !reflect.DeepEqual(*got, want) {
			t.Errorf("%q: got %+v, want %+v", config, *got, want)
		}
	}
}

// TestHidden: a section with credentials that another section of the same profile
// hides here, and not in the Go SDK, is an error.
func TestHidden(t *testing.T) {
	const sso = "sso_session = a\n"
	for config, want := range map[string]string{
		"[profile default]\n" + sso + "[default]\nregion = x\n":  `profile "default": C:2: sso_session: is in a section that the one in line 3 hides`,
		"[profile default]\ncredential_process = p\n[default]\n": `C:2: credential_process`,
		"[profile  default]\nrole_arn = r\n[default]\n":          `C:2: role_arn`,
		"[profile default]\n" + sso + "[profile \"default\"]\n":  `C:2: sso_session`,
		"[default]\n" + sso + "[profile default]\n":              "", // hidden from the Go SDK, too
		"[profile default]\nregion = x\n[default]\n":             "",
		"[profile default]\nsso_session =\n[default]\n":          "",
		"[profile other]\n" + sso + "[default]\n":                "",
		"[default]\nregion = x\n":                                "",
	} {
		got := ""
		if err := resolve(t, config, "", "default").Hidden(); err != nil {
			got = err.Error()
		}
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", config, got, want)
		}
	}
}

// chain writes a profile and its sources: name, then in brackets the role, then where it leads.
func chain(p *Profile) string {
	s := p.Name
	if p.RoleARN != "" {
		s += "[" + p.RoleARN + "]"
	}
	if p.Static != nil {
		s += "+keys"
	}
	if p.Source != nil {
		s += " " + chain(p.Source)
	}
	return s
}

func TestSourceProfiles(t *testing.T) {
	role := func(name, source string) string {
		return fmt.Sprintf("[profile %s]\nrole_arn = r-%s\nsource_profile = %s\nmfa_serial = mfa-%s\nduration_seconds = 900\n", name, name, source, name)
	}
	for _, c := range []struct{ name, config, credentials, want string }{
		{"one", role("a", "b") + "[profile b]\n", "", "a[r-a] b"},
		{"keys in the credentials file", role("a", "b"), "[b]\n" + pair, "a[r-a] b+keys"},
		{"chain", role("a", "b") + role("b", "c") + role("c", "default") + "[default]\n", "", "a[r-a] b[r-b] c[r-c] default"},
		{"default without settings", role("a", "default") + "[default]\n", "", "a[r-a] default"},
		{"itself, key in the keystore", role("a", "a"), "", "a[r-a] a"},
		{"itself with keys", role("a", "a"), "[a]\n" + pair, "a[r-a]+keys a+keys"},
		{"source that is its own source", role("a", "b") + role("b", "b"), "", "a[r-a] b[r-b] b"},
		{"source with keys and a role", role("a", "b") + role("b", "c") + pair, "", "a[r-a] b+keys"},
		{"keys beside a role", role("a", "b") + pair + "[profile b]\n", "", "a[r-a]+keys b"},
		{"source without a role", "[profile a]\nsource_profile = b\n[profile b]\n" + pair, "", "a b+keys"},
		{"role without a source", "[profile a]\nrole_arn = r\n", "", "a[r]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := resolve(t, c.config, c.credentials, "a")
			if got := chain(p); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			for q := p; q != nil; q = q.Source {
				if q.Origin["mfa_serial"] != (awsini.Pos{}) && q.MFASerial != "mfa-"+q.Name {
					t.Errorf("%s has the device %q", q.Name, q.MFASerial)
				}
				if q.RoleARN == "" && q.Duration != 0 {
					t.Errorf("%s keeps the duration of its role", q.Name)
				}
			}
		})
	}
}

func TestCycle(t *testing.T) {
	config := configOf(t, "[profile x]\nsource_profile=a\n[profile a]\nsource_profile=b\n[profile b]\nrole_arn=r\nsource_profile=c\n[profile c]\nsource_profile=a\n", "")
	_, err := config.Profile("x")
	var cycle *CycleError
	if !errors.As(err, &cycle) || !slices.Equal(cycle.Path, []string{"a", "b", "c", "a"}) || cycle.Pos != (awsini.Pos{File: "C", Line: 9}) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"a → b → c → a", "C:9", "C:2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %s", err, want)
		}
	}
}

func TestLongChain(t *testing.T) {
	chain := func(n int) *Config {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "[profile p%d]\nrole_arn = r\nsource_profile = p%d\n", i, i+1)
		}
		return configOf(t, b.String()+fmt.Sprintf("[profile p%d]\n", n), "")
	}
	p, err := chain(MaxChain).Profile("p0")
	if err != nil {
		t.Fatal(err)
	}
	length := 0
	for ; p != nil; p = p.Source {
		length++
	}
	if length != MaxChain+1 {
		t.Errorf("the chain has %d profiles, want %d", length, MaxChain+1)
	}
	for _, n := range []int{MaxChain + 1, 50000} {
		_, err := chain(n).Profile("p0")
		if long, ok := errors.AsType[*ChainError](err); !ok || long.Profile != "p0" || len(err.Error()) > 100 {
			t.Errorf("%d profiles: %.200v", n, err)
		}
	}
}

func TestNotFound(t *testing.T) {
	config := configOf(t, "[profile dev]\n[profile dev-eu]\n[profile prod]\n[default]\n[bare]\n[profile role]\nsource_profile=prd\n[Profile upper]\n[profile my own]\n[profile\"glued\"]\n[ profile spaced ]\n", "[Production]\n")
	for _, c := range []struct {
		name string
		near []string
		text string
	}{
		{"dve", []string{"dev"}, `profile "dve": not in the AWS files; nearest: "dev"`},
		{"de", []string{"dev", "dev-eu", "default"}, `nearest: "dev", "dev-eu", "default"`},
		{"DEV", []string{"dev", "dev-eu"}, ""},
		{"prdo", []string{"prod"}, ""},
		{"productoin", []string{"Production"}, ""},
		{"bare", nil, `C:5: a profile's section is written [profile bare]`},
		{"upper", nil, `C:8: a profile's section is written [profile upper]`},
		{"my own", nil, `C:9: a profile's section is written [profile "my own"]`},
		{"glued", nil, `C:10: a profile's section is written [profile glued]`},
		{"spaced", nil, `C:11: a profile's section is written [profile spaced]`},
		{"zzzz", nil, ""},
	} {
		_, err := config.Profile(c.name)
		var missing *NotFoundError
		if !errors.As(err, &missing) {
			t.Fatalf("%s: got %v", c.name, err)
		}
		if missing.Name != c.name || !slices.Equal(missing.Near, c.near) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %q: %v, want %q", c.name, missing.Near, err, c.near)
		}
	}
	_, err := config.Profile("role")
	var missing *NotFoundError
	if !errors.As(err, &missing) || missing.Name != "prd" || !strings.Contains(err.Error(), `profile "role": C:7: source_profile: `) {
		t.Errorf("got %v", err)
	}

	if p, err := config.With("prd").Profile("role"); err != nil || chain(p) != "role prd" {
		t.Errorf("got %v, %v with the source in the keystore", p, err)
	}
	if p, err := config.With("kept").Profile("kept"); err != nil || p.Name != "kept" {
		t.Errorf("got %v, %v for a profile in the keystore", p, err)
	}
	if slices.Contains(config.Names(), "prd") || !slices.Contains(config.With("prd").Names(), "prd") {
		t.Error("With changed its receiver")
	}
	if p, err := configOf(t, "", "").Unnamed(); err != nil || p.Name != "default" || p.Source != nil {
		t.Errorf("got %v, %v for a missing default", p, err)
	}
	for _, absent := range []string{"default", "role"} { // as itself, and as the source profile of role
		_, err := configOf(t, "[profile role]\nrole_arn=r\nsource_profile=default\n", "").Profile(absent)
		if !errors.As(err, &missing) || missing.Name != "default" {
			t.Errorf("%s: got %v for a missing default that is named", absent, err)
		}
	}
}

// load reads the files and resolves the profile called name. If name is empty, it
// is the profile that [Name] finds in env.
func load(files Files, env func(string) string, name string) (*Profile, error) {
	config, err := ReadFiles(files)
	if err != nil {
		return nil, err
	}
	if !IsNamed(name, env) {
		return config.Unnamed()
	}
	return config.Profile(Name(name, env))
}

func TestLoad(t *testing.T) {
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := DefaultFiles(noEnv, home)
	if p, err := load(files, noEnv, ""); err != nil || p.Name != "default" {
		t.Fatalf("no files: %v, %v", p, err)
	}
	if err := os.WriteFile(files.Config, []byte("[profile a]\nregion = x\n[profile b]\nregion = y\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files.Credentials, []byte("[a]\n"+pair), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := load(files, env("AWS_PROFILE=a"), "")
	if err != nil || p.Region != "x" || p.Static == nil || p.Static.AccessKeyID != (awsini.Pos{File: files.Credentials, Line: 2}) {
		t.Errorf("got %v, %v", p, err)
	}
	for _, named := range []struct{ flag, variable string }{{"default", ""}, {"", "AWS_PROFILE=default"}, {"", "AWS_DEFAULT_PROFILE=default"}} {
		var missing *NotFoundError
		if _, err := load(files, env(named.variable), named.flag); !errors.As(err, &missing) {
			t.Errorf("%v: got %v for a default that is named and missing", named, err)
		}
	}
	if p, err := load(files, env("AWS_PROFILE=a"), "b"); err != nil || p.Region != "y" {
		t.Errorf("got %v, %v", p, err)
	}
	if _, err := load(Files{Config: home}, noEnv, ""); err == nil {
		t.Error("a directory is read as a file")
	}
	if _, err := load(Files{Config: filepath.Join(files.Config, "config")}, noEnv, ""); err != nil {
		t.Errorf("path below a file: %v", err)
	}
	if got := DefaultFiles(noEnv, ""); got != (Files{}) {
		t.Errorf("no home: %v", got)
	}
}

func BenchmarkProfileOf5000(b *testing.B) {
	config := configOf(b, string(awsinitest.BigConfig(5000)), "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Profile("account-4999"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNotFoundOf5000(b *testing.B) {
	config := configOf(b, string(awsinitest.BigConfig(5000)), "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := config.Profile("acount-4999"); err == nil {
			b.Fatal("found")
		}
	}
}

// No nearest names are looked for if a name is very long.
func TestLongNameNotFound(t *testing.T) {
	long := strings.Repeat("n", 100000)
	config := configOf(t, "[profile "+long+"1]\n[profile "+long+"2]\n", "")
	_, err := config.Profile(long + "3")
	if missing, ok := errors.AsType[*NotFoundError](err); !ok || missing.Near != nil {
		t.Errorf("%.200v", err)
	}
}
