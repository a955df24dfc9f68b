package explain

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/profile"
)

// The clients in the order of All, for the tables.
var clients = []Client{Boto3, CLIv2, GoSDK, JSSDK, CDK}

func write(t *testing.T, config, credentials string) profile.Files {
	t.Helper()
	dir := t.TempDir()
	files := profile.Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
	for path, text := range map[string]string{files.Config: config, files.Credentials: credentials} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

const (
	process = "[profile dev]\ncredential_process = p\n"
	keys    = "aws_access_key_id = AKIAIOSFODNN7EXAMPL\naws_secret_access_key = S3CR3TMARKER\n"
	role    = "role_arn = arn:aws:iam::123456789012:role/x\n"
)

// env returns an environment in which AWS_PROFILE is dev, unless it is among the
// given variables.
func env(kv ...string) map[string]string {
	m := map[string]string{"AWS_PROFILE": "dev"}
	for i := 0; i < len(kv); i += 2 {
		m[kv[i]] = kv[i+1]
	}
	return m
}

var environment = env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPL", "AWS_SECRET_ACCESS_KEY", "S3CR3TMARKER")

// situation is a combination of files, environment and profile, and what each client does with it.
type situation struct {
	name, config, credentials string
	env                       map[string]string
	profile                   string
	// A result is written as its kind, or the class of its failure, and what decides: a line of config (c2) or credentials (k2), or a variable.
	want [5]string
}

// situations are the table of credential_process beside other settings, and what the generated combinations leave out.
var situations = []situation{
	{"`credential_process` alone", process, "", env(), "", all("credential_process c2")},
	{"… and keys in the credentials file", process, "[dev]\n" + keys, env(), "", all("keys in the credentials file k2")},
	{"… and keys in the config file", process + keys, "", env(), "",
		[5]string{"credential_process c2", "credential_process c2", "keys in the config file c3", "keys in the config file c3", "keys in the config file c3"}},
	{"… and `role_arn`", process + role, "", env(), "",
		[5]string{"incomplete credentials c3", "incomplete credentials c3", "role c3 from credential_process c2", "credential_process c2", "credential_process c2"}},
	{"… and `role_arn`, `source_profile` = itself", process + role + "source_profile = dev\n", "", env(), "",
		[5]string{"profiles in a circle c4", "profiles in a circle c4", "invalid configuration c2", "credential_process c2", "credential_process c2"}},
	{"… and `source_profile`, no role", process + "source_profile = dev\n", "", env(), "",
		[5]string{"credential_process c2", "credential_process c2", "invalid configuration c3", "credential_process c2", "credential_process c2"}},
	{"… and `mfa_serial`", process + "mfa_serial = x\n", "", env(), "", all("credential_process c2")},
	{"… and `sso_…` settings", process + "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = g\n", "", env(), "",
		[5]string{"IAM Identity Center c3", "IAM Identity Center c3", "IAM Identity Center c3", "credential_process c2", "credential_process c2"}},
	{"… and `role_arn`, `web_identity_token_file`", process + role + "web_identity_token_file = f\n", "", env(), "",
		[5]string{"web identity c4", "web identity c4", "invalid configuration c4", "web identity c4", "web identity c4"}},
	{"… and `login_session`", process + "login_session = x\n", "", env(), "",
		[5]string{"login session c3", "login session c3", "login session c3", "credential_process c2", "credential_process c2"}},
	{"`role_arn` and `source_profile`, whose profile has `credential_process`", process + "[profile r]\n" + role + "source_profile = dev\n", "", env("AWS_PROFILE", "r"), "", all("role c4 from credential_process c2")},
	{"the same, with `mfa_serial` beside `role_arn`", process + "[profile r]\nmfa_serial = x\n" + role + "source_profile = dev\n", "", env("AWS_PROFILE", "r"), "",
		[5]string{"role c5 from credential_process c2", "role c5 from credential_process c2", "no way to ask for an MFA code c4", "no way to ask for an MFA code c4",
			"role c5 from credential_process c2"}},
	{"keys in the environment, and `AWS_PROFILE`", process, "", environment, "",
		[5]string{"environment keys AWS_ACCESS_KEY_ID", "environment keys AWS_ACCESS_KEY_ID", "environment keys AWS_ACCESS_KEY_ID", "credential_process c2",
			"environment keys AWS_ACCESS_KEY_ID"}},
	{"keys in the environment, and `--profile`", process, "", environment, "dev", all("credential_process c2")},
	{"web identity in the environment, and `AWS_PROFILE`", process, "", env("AWS_WEB_IDENTITY_TOKEN_FILE", "f", "AWS_ROLE_ARN", "r"), "",
		[5]string{"web identity AWS_WEB_IDENTITY_TOKEN_FILE", "web identity AWS_WEB_IDENTITY_TOKEN_FILE", "web identity AWS_WEB_IDENTITY_TOKEN_FILE",
			"credential_process c2", "credential_process c2"}},
	{"a container endpoint, and `AWS_PROFILE`", process, "", env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"), "", all("credential_process c2")},
	{"`AWS_ACCESS_KEY_ID` without its secret, and `AWS_PROFILE`", process, "", env("AWS_ACCESS_KEY_ID", "x"), "",
		[5]string{"incomplete credentials AWS_ACCESS_KEY_ID", "incomplete credentials AWS_ACCESS_KEY_ID", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`AWS_PROFILE` empty, and a default profile", "[default]\ncredential_process = p\n", "", env("AWS_PROFILE", ""), "",
		[5]string{"no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`AWS_DEFAULT_PROFILE` beside `AWS_PROFILE`", process + "[profile b]\ncredential_process = q\n", "", env("AWS_DEFAULT_PROFILE", "b"), "",
		[5]string{"credential_process c4", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`[dev]` in the config file for `[profile dev]`", "[dev]\ncredential_process = p\n", "", env(), "",
		[5]string{"no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "EC2 instance", "EC2 instance"}},
	{"the section twice in the file", process + "[profile dev]\nregion = x\n", "", env(), "",
		[5]string{"unreadable file c3", "unreadable file c3", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"a container endpoint, and no profile", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, "",
		all("container AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")},
	{"nothing at all", "", "", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "", all("none AWS_EC2_METADATA_DISABLED")},
}

// predict returns what each client does in the situation.
func (s *situation) predict(files profile.Files) []Result {
	return All(Input{Files: files, Profile: s.profile, Lookup: func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }})
}

// All predicts the situations.
func TestAll(t *testing.T) {
	for _, test := range situations {
		t.Run(test.name, func(t *testing.T) {
			files := write(t, test.config, test.credentials)
			for i, r := range test.predict(files) {
				if r.Client != clients[i] || brief(files, &r) != test.want[i] {
					t.Errorf("%s: got %q, want %q (%s)", r.Client, brief(files, &r), test.want[i], r.Why)
				}
				if r.Why == "" {
					t.Errorf("%s: no reason", r.Client)
				}
			}
		})
	}
}

// The table in the docs is the one that the situations make.
func TestPageOfPrecedence(t *testing.T) {
	table := "| what is there |"
	for _, c := range clients {
		table += " " + string(c) + " |"
	}
	table += "\n|---|" + strings.Repeat("---|", len(clients)) + "\n"
	for _, s := range situations {
		table += "| " + s.name + " |"
		for _, r := range s.predict(write(t, s.config, s.credentials)) {
			table += " " + inWords(&r) + " |"
		}
		table += "\n"
	}
	page, err := os.ReadFile("../../docs/precedence.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), "\n\n"+table+"\n") {
		t.Errorf("docs/precedence.md lacks this table:\n%s", table)
	}
	_, layout, _ := strings.Cut(string(page), "```ini\n")
	layout, _, _ = strings.Cut(layout, "```")
	advised := situation{config: layout, env: env("AWS_PROFILE", "prod")}
	for _, r := range advised.predict(write(t, layout, "")) {
		if r.Kind != Role || r.Source.Kind != Process {
			t.Errorf("%s does not understand the layout that the page advises: %s", r.Client, inWords(&r))
		}
	}
}

func inWords(r *Result) string {
	switch {
	case r.Kind == Fails:
		return "error: " + string(r.Failure)
	case r.Source != nil:
		return "the role, by " + inWords(r.Source)
	case r.Process == "q": // of the profile that only one of two variables names
		return "the other profile's process"
	case r.Kind == Process:
		return "the process"
	}
	return string(r.Kind)
}

func all(s string) [5]string { return [5]string{s, s, s, s, s} }

func brief(files profile.Files, r *Result) string {
	s := string(r.Kind)
	if r.Kind == Fails {
		s = string(r.Failure)
	}
	switch {
	case r.At.Variable != "":
		s += " " + r.At.Variable
	case r.At.Pos.File == files.Config && files.Config != "":
		s += fmt.Sprint(" c", r.At.Pos.Line)
	case r.At.Pos.File == files.Credentials:
		s += fmt.Sprint(" k", r.At.Pos.Line)
	}
	if r.Source != nil {
		s += " from " + brief(files, r.Source)
	}
	return s
}

func TestRegions(t *testing.T) {
	files := write(t, "[profile dev]\nregion = config\n[default]\nregion = default\n", "")
	tests := []struct {
		env  map[string]string
		want [5]string
	}{
		{map[string]string{}, all("default")},
		{map[string]string{"AWS_PROFILE": "dev"}, all("config")},
		{map[string]string{"AWS_REGION": "a"}, [5]string{"default", "a", "a", "a", "a"}},
		{map[string]string{"AWS_DEFAULT_REGION": "b"}, [5]string{"b", "b", "b", "default", "b"}},
		{map[string]string{"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, [5]string{"b", "a", "a", "a", "a"}},
	}
	for _, test := range tests {
		for i, r := range All(Input{Files: files, Lookup: func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }}) {
			if r.Region != test.want[i] || r.RegionAt == (Place{}) {
				t.Errorf("%v: %s: region %q from %q, want %q", test.env, r.Client, r.Region, r.RegionAt, test.want[i])
			}
		}
	}
	if r := All(Input{Lookup: func(string) (string, bool) { return "", false }}); r[4].Region != "us-east-1" || r[0].Region != "" {
		t.Errorf("without anything: the CDK has %q, boto3 %q", r[4].Region, r[0].Region)
	}
}

func TestDifferences(t *testing.T) {
	files := write(t, strings.Join([]string{
		"[default]", "region = eu-west-1", // line 2
		"output = \"json\"", "mfa_serial = x # mine",
		"[profile dev]", "region: eu-west-1", "Output = json",
		"[profile \"my own\"]", "region = eu-west-1",
		"[stray]", "region = eu-west-1",
		"[plugins]", "endpoint = x",
		"[profile s3]", "s3 =", "  addressing_style = path", "region = eu-west-1",
		"[profile long]", "credential_process = a", "  b", "",
	}, "\n"), "[profile x]\nregion = eu-west-1\n")
	want := []string{
		"config:3 default quotes", "config:4 default comment", "config:6 dev key = value", "config:7 dev lower case",
		"config:8 my own plain characters", "config:10 stray [profile stray]", "config:19 long next line", "credentials:1 profile x [x]",
	}
	got := Differences(files)
	for i, d := range got {
		at := fmt.Sprintf("%s:%d", filepath.Base(d.Place.Pos.File), d.Place.Pos.Line)
		if i >= len(want) || !strings.HasPrefix(want[i], at+" "+d.Profile+" ") || !strings.Contains(d.Why, strings.TrimPrefix(want[i], at+" "+d.Profile+" ")) {
			t.Errorf("%s %s: %s", at, d.Profile, d.Why)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d differences, want %d", len(got), len(want))
	}
}

// A long chain of source profiles is given up where awsexec gives it up, so that
// the time it takes does not grow with the square of its length.
func TestLongChain(t *testing.T) {
	var config strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&config, "[profile p%d]\nrole_arn = r\nsource_profile = p%d\n", i, i+1)
	}
	began := time.Now()
	all := All(Input{Profile: "p0", Files: write(t, config.String(), ""), Lookup: func(string) (string, bool) { return "", false }})
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	for _, client := range all[:3] { // what goes wrong in a profile makes the others look elsewhere
		r := &client
		for r.Source != nil {
			r = r.Source
		}
		if r.Kind != Fails || !strings.Contains(r.Why, "more than 100 profiles") {
			t.Errorf("%s: %v: %s", client.Client, r.Kind, r.Why)
		}
	}
}
