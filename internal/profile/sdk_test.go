package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/awsini"
	"github.com/awsexec/awsexec/internal/awsinitest"
)

// sdkDiffers lists where the Go SDK reads the files otherwise than botocore, whose side we are on. A case is left out of the
// comparison if its pattern is in one of the files.
var sdkDiffers = []struct {
	pattern *regexp.Regexp
	reason  string
}{
	{regexp.MustCompile(`(?m)[=:].*[ \t][#;]`), "the SDK takes what follows \" #\" and \" ;\" for a comment, botocore for a part of the value"},
	{regexp.MustCompile(`(?m)[=:][ \t]*["']`), "the SDK strips quotes around a value, botocore keeps them"},
	{regexp.MustCompile(`(?m)^\[.*["'\\]`), "the SDK takes quotes and backslashes in a header for letters, botocore splits it as a shell does"},
	{regexp.MustCompile(`(?m)^\[[ \t]|^\[.*[ \t]\]|^\[[^\]]*[#;]|^\[.*\][ \t]*[^#; \t\r\n]`), "spaces and comments within brackets, text behind them"},
	{regexp.MustCompile(`(?m)^\[\w+[ \t]+[^ \t\]]+[ \t]`), "the SDK takes [profile a b] for the profile \"a b\", botocore for none"},
	{regexp.MustCompile(`(?m)^\[(profile|sso-session|services)[^ \]]`), "botocore asks only that the header starts with the word, the SDK for the word and a space"},
	{regexp.MustCompile(`(?m)^[ \t]`), "the SDK takes indented keys for nested settings or keys where botocore sees a longer value"},
	{regexp.MustCompile(`(?m)^\[DEFAULT\]`), "[DEFAULT] gives its settings to all sections in botocore, and is a section like others to the SDK"},
	{regexp.MustCompile(`(?s)\[profile default\].*\[default\]`), "[profile default] wins in the SDK, the later one of the two in botocore"},
	{regexp.MustCompile(`\r([^\n]|$)`), "a lone CR ends a line for botocore only"},
	{regexp.MustCompile(awsini.BOM), "botocore and the SDK both fail at a byte order mark"},
	{regexp.MustCompile(`[\x00\x0b\x0c\x1c-\x1f\x{85}\x{a0}\x{2000}-\x{200a}\x{2028}\x{2029}\x{3000}]|(?m)^[^\S\n\r]`), "the SDK knows fewer sorts of white space and lets NUL and invalid UTF-8 pass"},
}

func sdkReadsDifferently(c awsinitest.Files) bool {
	for _, d := range sdkDiffers {
		if d.pattern.Match(c.Config) || d.pattern.Match(c.Credentials) {
			return true
		}
	}
	return false
}

// sdkRejects lists profiles that the SDK has an error for and we do not.
var sdkRejects = []struct {
	text   string // of the SDK's error
	reason string
}{
	{"failed to load assume role", "the source has no credentials in a file: they may be in the keystore"},
	{"requires role_arn", "source_profile alone names the profile whose key is used; the others are for the caller to judge"},
	{"only one credential type", "a profile of ours has a credential_process beside its role"},
	{"failed to get shared config profile, default", "default may be absent"},
}

// weReject returns which of our errors for the profile the SDK does not have.
func weReject(files Files, profile string, err error) (reason string) {
	var setting *SettingError
	var parse *awsini.ParseError
	var cycle *CycleError
	switch {
	case errors.As(err, &cycle):
		return "the SDK takes the keys of a profile that comes a second time"
	case errors.As(err, &parse):
		return "the SDK skips what it does not understand; duplicates are merged"
	case errors.As(err, &setting) && (setting.Key == "duration_seconds" || setting.Key == "services" || setting.Key == "credential_process"):
		return "the SDK takes a bad value for none"
	case errors.As(err, &setting) && (setting.Key == "sso_region" || setting.Key == "sso_start_url"):
		return "the SDK finds out when it asks for credentials"
	case errors.As(err, &setting) && strings.HasPrefix(setting.Key, "aws_") && setting.Pos.File == files.Config:
		return "a section of the same name in the credentials file makes the SDK forget that the pair is not complete"
	case errors.As(err, &setting) && setting.Key == "sso_session" && setting.Profile != profile:
		return "the SDK looks no further in a source profile that has keys"
	}
	return ""
}

func TestAgreesWithGoSDK(t *testing.T) {
	directory := t.TempDir()
	files := Files{filepath.Join(directory, "config"), filepath.Join(directory, "credentials")}
	compared, failed := 0, 0
	compare := func(c awsinitest.Files) {
		t.Helper()
		for path, data := range map[string][]byte{files.Config: c.Config, files.Credentials: c.Credentials} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ours, err := ReadFiles(files)
		if err != nil {
			if weReject(files, "", err) == "" {
				t.Fatalf("%q: %v", c, err)
			}
			return
		}
		for _, name := range append(ours.Names(), "default", "missing") {
			got, err := ours.Profile(name)
			want, sdkErr := config.LoadSharedConfigProfile(context.Background(), name, func(o *config.LoadSharedConfigOptions) {
				o.ConfigFiles, o.CredentialsFiles = []string{files.Config}, []string{files.Credentials}
			})
			switch {
			case err != nil && sdkErr != nil:
				failed++
			case err != nil:
				if weReject(files, name, err) == "" {
					t.Fatalf("%s\n%s\n-- profile %s: we have %v, the SDK has no error", c.Config, c.Credentials, name, err)
				}
			case sdkErr != nil:
				if !slices.ContainsFunc(sdkRejects, func(r struct{ text, reason string }) bool { return strings.Contains(sdkErr.Error(), r.text) }) {
					t.Fatalf("%s\n%s\n-- profile %s: the SDK has %v, we have no error", c.Config, c.Credentials, name, sdkErr)
				}
			default:
				compared++
				if diff := sdkDiff(got, &want); diff != "" {
					t.Fatalf("%s\n%s\n-- profile %s: %s", c.Config, c.Credentials, name, diff)
				}
			}
		}
	}

	for _, data := range awsinitest.Corpus(t) {
		for _, c := range []awsinitest.Files{{Config: data}, {Credentials: data}} {
			// In the credentials file [profile x] is a profile of that whole name to botocore, and none to the SDK.
			if !sdkReadsDifferently(c) && !bytes.Contains(c.Credentials, []byte("[profile")) {
				compare(c)
			}
		}
	}
	random := rand.New(rand.NewPCG(7, 8))
	for range 800 {
		compare(randomProfiles(random))
	}
	t.Logf("%d profiles compared, %d are an error to both", compared, failed)
	if compared < 1000 || failed < 1000 {
		t.Errorf("only %d profiles compared, %d are an error to both", compared, failed)
	}
}

// TestEndpointsAsGoSDK asks a real client of the SDK for combinations of what decides region and endpoint.
func TestEndpointsAsGoSDK(t *testing.T) {
	switches := []struct {
		variable, value string // or
		line            string // of the profile
	}{
		{"AWS_ENDPOINT_URL_STS", "http://env-sts", ""},
		{"AWS_ENDPOINT_URL", "http://env", ""},
		{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", ""},
		{"AWS_REGION", "eu-west-1", ""},
		{"AWS_DEFAULT_REGION", "eu-west-2", ""},
		{"AWS_USE_FIPS_ENDPOINT", "False", ""},
		{"", "", "services = v\n"},
		{"", "", "endpoint_url = http://profile\n"},
		{"", "", "ignore_configured_endpoint_urls = true\n"},
		{"", "", "region = eu-west-3\nuse_fips_endpoint = true\n"},
	}
	path := filepath.Join(t.TempDir(), "config")
	t.Setenv("AWS_PROFILE", "default")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	random := rand.New(rand.NewPCG(9, 10))
	for range 150 {
		set := random.IntN(1 << len(switches))
		text := "[services v]\nsts =\n  endpoint_url = http://services\n[default]\n"
		for i, s := range switches {
			on := set>>i&1 == 1
			switch {
			case on && s.variable != "":
				t.Setenv(s.variable, s.value)
			case s.variable != "":
				// Setenv restores the variable when the test ends.
				t.Setenv(s.variable, "")
				os.Unsetenv(s.variable)
			case on:
				text += s.line
			}
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := config.LoadDefaultConfig(context.Background(), config.WithSharedConfigFiles([]string{path}), config.WithSharedCredentialsFiles([]string{}))
		if err != nil {
			t.Fatal(err)
		}
		client := sts.NewFromConfig(cfg).Options()
		p, err := load(Files{Config: path}, os.Getenv, "")
		if err != nil {
			t.Fatal(err)
		}
		fips, err := FIPS(os.Getenv, p)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(STSEndpoint(os.Getenv, p), Region("", os.Getenv, p), fips)
		want := fmt.Sprint(aws.ToString(client.BaseEndpoint), client.Region, client.EndpointOptions.UseFIPSEndpoint)
		if got != want {
			t.Fatalf("%s%v: got %s, the SDK has %s", text, os.Environ(), got, want)
		}
	}
}

// sdkDiff compares what both know.
func sdkDiff(p *Profile, s *config.SharedConfig) string {
	var diff []string
	check := func(what, got, want string) {
		if got != want {
			diff = append(diff, fmt.Sprintf("%s: %q, the SDK has %q", what, got, want))
		}
	}
	check("name", p.Name, s.Profile)
	check("region", p.Region, s.Region)
	check("ca_bundle", p.CABundle, s.CustomCABundle)
	check("endpoint_url", p.EndpointURL, s.BaseEndpoint)
	check("fips", fmt.Sprint(p.UseFIPS), fmt.Sprint(s.UseFIPSEndpoint))
	check("dual stack", fmt.Sprint(p.UseDualStack), fmt.Sprint(s.UseDualStackEndpoint))
	check("ignore_configured_endpoint_urls", fmt.Sprint(p.IgnoreConfiguredEndpointURLs), fmt.Sprint(aws.ToBool(s.IgnoreConfiguredEndpoints)))
	if s.Services.ServiceValues != nil { // the SDK does not resolve those of a source that has keys
		check("sts endpoint", p.STSEndpointURL, s.Services.ServiceValues["sts"]["endpoint_url"])
		check("iam endpoint", p.IAMEndpointURL, s.Services.ServiceValues["iam"]["endpoint_url"])
	}
	check("login_session", p.LoginSession, s.LoginSession)
	// The SDK keeps the role of a source that has keys, and clears whatever it does not use.
	if p.RoleARN != "" {
		check("role_arn", p.RoleARN, s.RoleARN)
		check("external_id", p.ExternalID, s.ExternalID)
		check("role_session_name", p.RoleSessionName, s.RoleSessionName)
		check("mfa_serial", p.MFASerial, s.MFASerial)
		check("duration", p.Duration.String(), aws.ToDuration(s.RoleDurationSeconds).Round(time.Second).String())
		check("source_profile", p.SourceProfile, s.SourceProfileName)
		check("credential_source", p.CredentialSource, s.CredentialSource)
	}
	if p.Source == nil {
		check("credential_process", p.CredentialProcess, s.CredentialProcess)
		check("web_identity_token_file", p.WebIdentityTokenFile, s.WebIdentityTokenFile)
		keys := aws.Credentials{}
		if p.Static != nil {
			keys = p.Static.Credentials
		}
		check("access key id", keys.AccessKeyID, s.Credentials.AccessKeyID)
		if keys.SecretAccessKey != s.Credentials.SecretAccessKey || keys.SessionToken != s.Credentials.SessionToken {
			diff = append(diff, "other secrets")
		}
		if s.SSOSession != nil {
			check("sso_session", p.SSO.Session, s.SSOSession.Name)
			check("sso_start_url", p.SSO.StartURL, s.SSOSession.SSOStartURL)
			check("sso_region", p.SSO.Region, s.SSOSession.SSORegion)
		} else if p.SSO != nil && p.SSO.Session == "" {
			check("sso_start_url", p.SSO.StartURL, s.SSOStartURL)
			check("sso_account_id", p.SSO.AccountID, s.SSOAccountID)
		}
	}
	switch {
	case p.Source != nil && s.Source != nil:
		if d := sdkDiff(p.Source, s.Source); d != "" {
			diff = append(diff, "source: "+d)
		}
	case p.Source != nil || s.Source != nil:
		diff = append(diff, fmt.Sprintf("source %t, the SDK has %t", p.Source != nil, s.Source != nil))
	}
	return strings.Join(diff, "; ")
}

// randomProfiles makes files that are written plainly, with settings of every kind.
func randomProfiles(r *rand.Rand) awsinitest.Files {
	var b, k strings.Builder
	names := []string{"default", "a", "b", "c", "d"}
	for _, name := range names {
		if r.IntN(5) == 0 {
			continue
		}
		if name == "default" {
			b.WriteString("[default]\n")
		} else {
			fmt.Fprintf(&b, "[profile %s]\n", name)
		}
		maybe := func(one, in int, line string) {
			if r.IntN(in) < one {
				b.WriteString(line + "\n")
			}
		}
		role := r.IntN(2) == 0
		if role {
			maybe(9, 10, "role_arn = arn:aws:iam::123456789012:role/"+name)
		}
		maybe(1, 2, "region = "+awsinitest.Pick(r, "eu-west-1", "us-east-1", ""))
		maybe(1, 3, "mfa_serial : arn:aws:iam::123456789012:mfa/"+name)
		maybe(1, 4, "duration_seconds="+awsinitest.Pick(r, "900", "7200", "x"))
		maybe(1, 6, "external_id = e=1:2")
		if role {
			maybe(3, 4, "source_profile = "+awsinitest.Pick(r, names...))
			maybe(1, 9, "credential_source = Environment")
		}
		maybe(1, 6, "credential_process = "+awsinitest.Pick(r, "awsexec -p "+name, "other", ""))
		maybe(1, 12, "web_identity_token_file = /t")
		maybe(1, 8, "sso_session = "+awsinitest.Pick(r, "s", "t", "missing"))
		maybe(1, 9, "sso_start_url = "+awsinitest.Pick(r, "https://s", "https://t"))
		maybe(1, 8, "services = "+awsinitest.Pick(r, "v", "missing"))
		maybe(1, 5, "endpoint_url = http://e")
		maybe(1, 5, "use_fips_endpoint = "+awsinitest.Pick(r, "true", "false", "yes", "TRUE"))
		maybe(1, 5, "use_dualstack_endpoint = "+awsinitest.Pick(r, "true", "False"))
		maybe(1, 8, "ignore_configured_endpoint_urls = true")
		maybe(1, 4, strings.TrimSpace(pair))
		maybe(1, 30, "aws_access_key_id = "+keyID)
		maybe(1, 3, "s3 =\n  a = b")
		b.WriteString(awsinitest.Pick(r, "", "\n", "# a comment\n"))
		if r.IntN(4) == 0 {
			fmt.Fprintf(&k, "[%s]\n%s", name, awsinitest.Pick(r, pair, pair+"aws_session_token = S3CR3TMARKERt\n", "region = k\n", "aws_secret_access_key = "+secret+"\n", ""))
		}
	}
	b.WriteString("[sso-session s]\nsso_start_url = https://s\nsso_region = us-east-1\n[sso-session t]\nsso_start_url = https://t\nsso_region = us-east-1\n[services v]\nsts =\n  endpoint_url = http://sts\niam =\n  endpoint_url = http://iam\n")
	return awsinitest.Files{Config: []byte(b.String()), Credentials: []byte(k.String())}
}
