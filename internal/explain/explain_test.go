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
var clients = []Client{Boto3, CLIv2, GoSDK, JSSDK, CDK, JSv2}

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
// given variables, and the SDK for JavaScript v2 reads the config file.
func env(kv ...string) map[string]string {
	m := map[string]string{"AWS_PROFILE": "dev", "AWS_SDK_LOAD_CONFIG": "1"}
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
	want [6]string
}

// situations are the table of credential_process beside other settings, and what the generated combinations leave out.
var situations = []situation{
	{"`credential_process` alone", process, "", env(), "", all("credential_process c2")},
	{"… and keys in the credentials file", process, "[dev]\n" + keys, env(), "", all("keys in the credentials file k2")},
	{"… and keys in the config file", process + keys, "", env(), "",
		[6]string{"credential_process c2", "credential_process c2", "keys in the config file c3", "keys in the config file c3", "keys in the config file c3", "keys in the config file c3"}},
	{"… and `role_arn`", process + role, "", env(), "",
		[6]string{"incomplete credentials c3", "incomplete credentials c3", "role c3 from credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"… and `role_arn`, `source_profile` = itself", process + role + "source_profile = dev\n", "", env(), "",
		[6]string{"profiles in a circle c4", "profiles in a circle c4", "invalid configuration c2", "credential_process c2", "credential_process c2", "profiles in a circle c4"}},
	{"… and `source_profile`, no role", process + "source_profile = dev\n", "", env(), "",
		[6]string{"credential_process c2", "credential_process c2", "invalid configuration c3", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"… and `mfa_serial`", process + "mfa_serial = x\n", "", env(), "", all("credential_process c2")},
	{"… and `sso_…` settings", process + "sso_account_id = 1\nsso_role_name = r\nsso_start_url = u\nsso_region = g\n", "", env(), "",
		[6]string{"IAM Identity Center c3", "IAM Identity Center c3", "IAM Identity Center c3", "credential_process c2", "credential_process c2", "IAM Identity Center c3"}},
	{"… and `role_arn`, `web_identity_token_file`", process + role + "web_identity_token_file = f\n", "", env(), "",
		[6]string{"web identity c4", "web identity c4", "invalid configuration c4", "web identity c4", "web identity c4", "credential_process c2"}},
	{"… and `login_session`", process + "login_session = x\n", "", env(), "",
		[6]string{"login session c3", "login session c3", "login session c3", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`role_arn` and `source_profile`, whose profile has `credential_process`", process + "[profile r]\n" + role + "source_profile = dev\n", "", env("AWS_PROFILE", "r"), "", allBut("role c4 from credential_process c2", "EC2 instance c5")},
	{"the same, with `mfa_serial` beside `role_arn`", process + "[profile r]\nmfa_serial = x\n" + role + "source_profile = dev\n", "", env("AWS_PROFILE", "r"), "",
		[6]string{"role c5 from credential_process c2", "role c5 from credential_process c2", "no way to ask for an MFA code c4", "no way to ask for an MFA code c4",
			"role c5 from credential_process c2", "EC2 instance c6"}},
	{"keys in the environment, and `AWS_PROFILE`", process, "", environment, "",
		[6]string{"environment keys AWS_ACCESS_KEY_ID", "environment keys AWS_ACCESS_KEY_ID", "environment keys AWS_ACCESS_KEY_ID", "credential_process c2",
			"environment keys AWS_ACCESS_KEY_ID", "environment keys AWS_ACCESS_KEY_ID"}},
	{"keys in the environment, and `--profile`", process, "", environment, "dev", allBut("credential_process c2", "environment keys AWS_ACCESS_KEY_ID")},
	{"web identity in the environment, and `AWS_PROFILE`", process, "", env("AWS_WEB_IDENTITY_TOKEN_FILE", "f", "AWS_ROLE_ARN", "r"), "",
		[6]string{"web identity AWS_WEB_IDENTITY_TOKEN_FILE", "web identity AWS_WEB_IDENTITY_TOKEN_FILE", "web identity AWS_WEB_IDENTITY_TOKEN_FILE",
			"credential_process c2", "credential_process c2", "credential_process c2"}},
	{"a container endpoint, and `AWS_PROFILE`", process, "", env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/"), "", allBut("credential_process c2", "container AWS_CONTAINER_CREDENTIALS_FULL_URI")},
	{"`AWS_ACCESS_KEY_ID` without its secret, and `AWS_PROFILE`", process, "", env("AWS_ACCESS_KEY_ID", "x"), "",
		[6]string{"incomplete credentials AWS_ACCESS_KEY_ID", "incomplete credentials AWS_ACCESS_KEY_ID", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`AWS_PROFILE` empty, and a default profile", "[default]\ncredential_process = p\n", "", env("AWS_PROFILE", ""), "",
		[6]string{"no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`AWS_DEFAULT_PROFILE` beside `AWS_PROFILE`", process + "[profile b]\ncredential_process = q\n", "", env("AWS_DEFAULT_PROFILE", "b"), "",
		[6]string{"credential_process c4", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`[dev]` in the config file for `[profile dev]`", "[dev]\ncredential_process = p\n", "", env(), "",
		[6]string{"no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "no such profile AWS_PROFILE", "EC2 instance", "EC2 instance", "credential_process c2"}},
	{"the section twice in the file", process + "[profile dev]\nregion = x\n", "", env(), "",
		[6]string{"unreadable file c3", "unreadable file c3", "credential_process c2", "credential_process c2", "credential_process c2", "credential_process c2"}},
	{"`credential_process` alone, without `AWS_SDK_LOAD_CONFIG`", process, "", map[string]string{"AWS_PROFILE": "dev"}, "", allBut("credential_process c2", "EC2 instance")},
	{"`retry_mode = legacy`", "[profile dev]\nretry_mode = legacy\ncredential_process = p\n", "", env(), "",
		[6]string{"credential_process c3", "invalid value c2", "invalid value c2", "credential_process c3", "credential_process c3", "credential_process c3"}},
	{"`[profile  dev]`, with two spaces", "[profile  dev]\ncredential_process = p\n", "", env(), "",
		[6]string{"credential_process c2", "credential_process c2", "credential_process c2", "EC2 instance", "EC2 instance", "EC2 instance"}},
	{"a container endpoint, and no profile", "", "", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, "",
		all("container AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")},
	{"nothing at all", "", "", map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}, "", all("none AWS_EC2_METADATA_DISABLED")},
}

// predict returns what each client does in the situation.
func (s *situation) predict(files profile.Files) []Result {
	lookup := func(name string) (string, bool) {
		switch v, ok := s.env[name]; {
		case name == "AWS_CONFIG_FILE":
			return files.Config, true
		case name == "AWS_SHARED_CREDENTIALS_FILE":
			return files.Credentials, true
		default:
			return v, ok
		}
	}
	return All(Input{Contents: Read(files, nil), Now: time.Now, Profile: s.profile, Lookup: lookup})
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
		if r.Client != JSv2 && (r.Kind != Role || r.Source.Kind != Process) { // which takes no role from a process
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

func all(s string) [6]string { return [6]string{s, s, s, s, s, s} }

// allBut is all for the clients but the last.
func allBut(s, last string) [6]string { return [6]string{s, s, s, s, s, last} }

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
		want [6]string
	}{
		{map[string]string{}, allBut("default", "")},
		{map[string]string{"AWS_PROFILE": "dev"}, allBut("config", "")},
		{map[string]string{"AWS_PROFILE": "dev", "AWS_SDK_LOAD_CONFIG": "1", "AWS_CONFIG_FILE": files.Config}, all("config")},
		{map[string]string{"AWS_REGION": "a"}, [6]string{"default", "a", "a", "a", "a", "a"}},
		{map[string]string{"AWS_DEFAULT_REGION": "b"}, [6]string{"b", "b", "b", "default", "b", ""}},
		{map[string]string{"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, [6]string{"b", "a", "a", "a", "a", "a"}},
	}
	for _, test := range tests {
		for i, r := range All(Input{Contents: Read(files, nil), Now: time.Now, Lookup: func(name string) (string, bool) { v, ok := test.env[name]; return v, ok }}) {
			if r.Region != test.want[i] || r.Region != "" && r.RegionAt == (Place{}) {
				t.Errorf("%v: %s: region %q from %q, want %q", test.env, r.Client, r.Region, r.RegionAt, test.want[i])
			}
		}
	}
	if r := All(Input{Contents: Read(profile.Files{}, nil), Now: time.Now, Lookup: func(string) (string, bool) { return "", false }}); r[4].Region != "us-east-1" || r[0].Region != "" {
		t.Errorf("without anything: the CDK has %q, boto3 %q", r[4].Region, r[0].Region)
	}
}

func TestDifferences(t *testing.T) {
	files := write(t, strings.Join([]string{
		"[default]", "region = eu-west-1", // line 2
		"output = \"json\"", "mfa_serial = x # mine",
		"[profile dev]", "region: eu-west-1", "Output = json",
		"[profile \"my own\"]", "region = 'eu-west-1'",
		"[stray]", "region = eu-west-1",
		"[plugins]", "endpoint = x",
		"[profile s3]", "s3 =", "  addressing_style = path", "region = eu-west-1",
		"[profile long]", "credential_process = a", "  b",
		"[sso-session corp]", "sso_region = us-east-1 # home", // line 22
		"[sso-session \"other\"]", "sso_region = 'x'",
		"[services\tlocal]", "",
	}, "\n"), "[profile x]\nregion = eu-west-1\n")
	want := []string{
		"config:3 default quotes", "config:4 default comment", "config:6 dev key = value", "config:7 dev lower case",
		`config:8 my own section [profile "my own"] is taken for that of profile my own by the AWS CLI and boto3 alone`, "config:10 stray [profile stray]",
		"config:19 long next line", "config:22 sso-session corp comment",
		`config:23 sso-session other is taken for that of sso-session other by the AWS CLI and boto3 and the SDK for JavaScript alone`, "credentials:1 profile x [x]",
	}
	checkDifferences(t, files, want)
}

// A header that clients read differently is named as the cause, and not the settings
// below it.
func TestHeaders(t *testing.T) {
	tests := []struct{ header, readers, fix string }{
		{"[profile work]", "", ""},
		{"[profile work] # mine", "", ""},
		{"[profile\twork]", "", ""},
		{`[profile "work"]`, "by the AWS CLI and boto3 and the SDK for JavaScript alone", "write [profile work]"},
		{"[profile 'work']", "by the AWS CLI and boto3 and the SDK for JavaScript alone", "write [profile work]"},
		{"[profile  work]", "by the AWS CLI and boto3 and the Go SDK alone", "write [profile work]"},
		{"[profile work ]", "by the AWS CLI and boto3 and the Go SDK alone", "write [profile work]"},
		{"[ profile work ]", "by the Go SDK alone", "write [profile work]"},
		{"[Profile work]", "by none of the SDKs", "write [profile work]"},
		{"[profile my work]", "by the Go SDK alone", "rename it"},
		{"[profile work];mine", "with what follows it, is taken for that of profile work by the AWS CLI and boto3 and the Go SDK alone", "write [profile work]"},
		{"[profiles work]", "by the AWS CLI and boto3 alone", "write [profile work]"},
		{"[profile work]]", "by none of the SDKs", "write [profile work]"},
		{"[[profile work]]", "by none of the SDKs", "write [profile work]"},
		{"[profile=work]", "it is written [profile work]", "write [profile work]"},
		{"[profile 'my work']", "by the AWS CLI and boto3 alone", "rename it"},
		{"[ default ]", "by the Go SDK alone", "write [default]"},
		{`[profile"work"]`, "it is written [profile work]", "write [profile work]"},
		{"[Default]", "it is written [default]", "write [default]"},
		{"[sso-session  corp]", "by the AWS CLI and boto3 and the Go SDK alone", "write [sso-session corp]"},
		{"[sso-session 'corp']", "by the AWS CLI and boto3 and the SDK for JavaScript alone", "write [sso-session corp]"},
		{"[Services local]", "by none of the SDKs", "write [services local]"},
	}
	for _, test := range tests {
		got := Read(write(t, test.header+"\nregion = 'eu-west-1' # x\nsso_region: x\n", ""), nil).Differences()
		switch {
		case test.readers == "":
			if len(got) != 2 || got[0].Place.Key == "" {
				t.Errorf("%s: %+v", test.header, got)
			}
		case len(got) != 1 || got[0].Place.Pos.Line != 1 || got[0].Place.Key != "" || !strings.HasSuffix(got[0].Why, test.readers) || !strings.HasPrefix(got[0].Fix, test.fix):
			t.Errorf("%s: %+v", test.header, got)
		}
	}
}

// [profile default] beside [default] is the cause, wherever it is.
func TestTwoDefaults(t *testing.T) {
	short, long := "[default]\nregion = 'a'\n", "[profile default]\nregion = 'b'\n"
	checkDifferences(t, write(t, short+long, ""), []string{"config:1 default the SDKs ignore [default]"})
	checkDifferences(t, write(t, long+short, ""), []string{"config:3 default the AWS CLI and boto3 ignore [profile default], other SDKs [default]"})
	checkDifferences(t, write(t, "[profile default]\nregion = b\n", ""), nil)
}

// checkDifferences compares the differences with their places, profiles or sections,
// and a part of the reason.
func checkDifferences(t *testing.T, files profile.Files, want []string) {
	t.Helper()
	got := Read(files, nil).Differences()
	for i, d := range got {
		at := fmt.Sprintf("%s:%d %s ", filepath.Base(d.Place.Pos.File), d.Place.Pos.Line, d.Profile+d.Section)
		if i >= len(want) || !strings.HasPrefix(want[i], at) || !strings.Contains(d.Why, strings.TrimPrefix(want[i], at)) {
			t.Errorf("%s: %s", at, d.Why)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d differences, want %d", len(got), len(want))
	}
}

// What the caller has parsed is not parsed again.
func TestParsedOnce(t *testing.T) {
	files := write(t, process, "")
	parsed, err := profile.ReadFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	if c := Read(files, parsed); c.parsed != parsed || !c.botocore.config["dev"].has("credential_process") {
		t.Error("the files are parsed again, or not read")
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
	all := All(Input{Profile: "p0", Contents: Read(write(t, config.String(), ""), nil), Now: time.Now, Lookup: func(string) (string, bool) { return "", false }})
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
