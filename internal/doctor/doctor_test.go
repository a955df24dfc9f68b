package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/explain"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const (
	aliceID     = "AKIAIOSFODNN7ALICE01"
	roleARN     = "arn:aws:iam::123456789012:role/x"
	device      = "arn:aws:iam::123456789012:mfa/me"
	fileSession = "aws_access_key_id = ASIAIOSFODNN7ALICE01\naws_secret_access_key = " + ststest.Marker + "\naws_session_token = " + ststest.Marker + "\n"

	keys = "aws_access_key_id = " + aliceID + "\naws_secret_access_key = " + ststest.Marker + "\n"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// patient is a machine for doctor to look at.
type patient struct {
	t   *testing.T
	dir string
	env map[string]string
	in  Input
}

// newPatient returns a machine with a region, an awsexec on the PATH, a
// keystore that has the key work, and no AWS files.
func newPatient(t *testing.T) *patient {
	t.Helper()
	p := &patient{t: t, dir: t.TempDir()}
	self := p.program("bin/awsexec")
	p.env = map[string]string{"PATH": filepath.Dir(self), "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
	files := profile.Files{Config: filepath.Join(p.dir, "config"), Credentials: filepath.Join(p.dir, "credentials")}
	p.in = Input{
		Lookup: func(name string) (string, bool) { v, ok := p.env[name]; return v, ok },
		Self:   self, Now: func() time.Time { return now },
		Files: files, SDKFiles: files,
		Keystore: Keystore{Name: "the box", Kind: keystore.KindFile, Condition: keystore.ConditionOpen, Entries: []keystore.Entry{{Name: "work", AccessKeyID: aliceID}}},
		Sessions: sessions{},
	}
	return p
}

func (p *patient) program(name string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// has writes the AWS files; SELF stands for the path of awsexec, DIR for the
// directory.
func (p *patient) has(config, credentials string) {
	p.t.Helper()
	for path, text := range map[string]string{p.in.Files.Config: config, p.in.Files.Credentials: credentials} {
		if text == "" {
			continue
		}
		text = strings.NewReplacer("SELF", p.in.Self, "DIR", p.dir).Replace(text)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

// examine examines the machine, and sees that no secret is in what is found.
func (p *patient) examine() *Report {
	p.t.Helper()
	p.in.Config, p.in.ConfigErr = profile.ReadFiles(p.in.Files)
	r := Examine(p.t.Context(), p.in)
	for _, f := range r.Findings {
		if text := fmt.Sprint(f); strings.Contains(text, ststest.Marker) || strings.Contains(f.Text, aliceID) {
			p.t.Errorf("a key in full: %s", text)
		}
	}
	return r
}

// described writes what counts of a finding: its severity, place and remedies,
// without the directory.
func (p *patient) described(f Finding) string {
	var remedies []string
	for _, r := range f.Remedies {
		remedies = append(remedies, strings.TrimPrefix(fmt.Sprintf("%T%v", r, r), "doctor."))
	}
	text := fmt.Sprintf("%d %s: %s", f.Severity, f.At, strings.Join(remedies, ", "))
	return strings.ReplaceAll(text, p.dir+string(filepath.Separator), "")
}

func (r *Report) finding(check Check, parts ...string) (Finding, bool) {
	for _, f := range r.Findings {
		ok := f.Check == check
		for _, part := range parts {
			ok = ok && strings.Contains(f.Text, part)
		}
		if ok {
			return f, true
		}
	}
	return Finding{}, false
}

// sessions are those of the cache, by profile.
type sessions map[string]time.Time

func (s sessions) AtHand(_ context.Context, p *profile.Profile, _ provider.Flags) (time.Time, error) {
	return s[p.Name], nil
}

const sound = "[profile work]\ncredential_process = SELF -p work\n"

// TestSound: where all clients get what awsexec gives, nothing is found.
func TestSound(t *testing.T) {
	p := newPatient(t)
	p.has(sound+"[profile role]\nrole_arn = "+roleARN+"\nsource_profile = work\n", "")
	p.in.Profile = "role"
	p.in.Sessions = sessions{"role": now.Add(time.Hour)}
	r := p.examine()
	if len(r.Findings) != 0 || !r.OK() || r.Err != nil {
		t.Errorf("findings %+v, %v", r.Findings, r.Err)
	}
	if r.Name != "role" || r.NamedBy.String() != "--profile" || r.Region != "eu-west-1" || r.RegionAt.String() != "AWS_REGION" {
		t.Errorf("%q by %s, region %s by %s", r.Name, r.NamedBy, r.Region, r.RegionAt)
	}
	var steps []string
	for _, s := range r.Steps {
		steps = append(steps, strings.ReplaceAll(fmt.Sprintf("%s %s %s", s.Plan.Kind, s.KeyID, s.At), p.dir+string(filepath.Separator), ""))
	}
	if got, want := strings.Join(steps, "; "), "role  config:4 (role_arn); key in the keystore "+aliceID+` "work" in the box`; got != want {
		t.Errorf("steps %s, want %s", got, want)
	}
	if want := (Session{Cacheable: true, Expires: now.Add(time.Hour)}); r.Rule != SessionForRoles || r.Session != want {
		t.Errorf("rule %d, session %+v", r.Rule, r.Session)
	}
	for _, c := range r.Clients {
		if c.Same == (c.Client == explain.JSv2) {
			t.Errorf("%s: same is %t: %s", c.Client, c.Same, c.Why)
		}
	}
	if len(r.Clients) != 6 {
		t.Errorf("%d clients", len(r.Clients))
	}
}

// TestSelected: what selects the profile, what the region, and what becomes of
// the session.
func TestSelected(t *testing.T) {
	for _, tt := range []struct {
		profile string
		env     map[string]string
		name    string
		by      string
		rule    SessionRule
	}{
		{"", nil, "default", "", AlreadyShortLived},
		{"work", map[string]string{"AWS_PROFILE": "other"}, "work", "--profile", SessionItself},
		{"", map[string]string{"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "other"}, "work", "AWS_PROFILE", SessionItself},
		{"", map[string]string{"AWS_DEFAULT_PROFILE": "work"}, "work", "AWS_DEFAULT_PROFILE", SessionItself},
		{"other", nil, "other", "--profile", NoCredentials},
		{"tool", nil, "tool", "--profile", SessionIfLongTerm},
	} {
		p := newPatient(t)
		p.has(sound+"[profile tool]\ncredential_process = /bin/tool\n", "")
		p.in.Profile = tt.profile
		for name, value := range tt.env {
			p.env[name] = value
		}
		if r := p.examine(); r.Name != tt.name || r.NamedBy.String() != tt.by || r.Rule != tt.rule {
			t.Errorf("%q with %v: %q by %q, rule %d", tt.profile, tt.env, r.Name, r.NamedBy, r.Rule)
		}
	}
	p := newPatient(t)
	p.has(sound, "")
	p.in.Profile, p.in.NoSession, p.in.Sessions, p.in.SessionsErr = "work", true, nil, errors.New("no home")
	if r := p.examine(); r.Rule != LongTermItself || r.Session.Err == nil {
		t.Errorf("rule %d, session %+v", r.Rule, r.Session)
	}
}

// TestShadows: each of the settings that keep SDKs from awsexec is named with
// its place, and the clients that it holds for.
func TestShadows(t *testing.T) {
	const role = "role_arn = " + roleARN + "\n"
	for _, tt := range []struct {
		name                string
		config, credentials string // beside the credential_process of the profile
		env                 map[string]string
		check               Check
		clients             []string // that are named
		silent              []string // that are not
		want                string
	}{
		{name: "keys in the credentials file", credentials: keys, check: Shadowed, clients: []string{"boto3", "CLI v2", "Go SDK", "JavaScript", "CDK"},
			want: "1 credentials:2 (aws_access_key_id): Import{work}"},
		{name: "keys in the config file", config: keys, check: Shadowed, clients: []string{"Go SDK", "JavaScript", "CDK"}, silent: []string{"boto3", "CLI v2"},
			want: "1 config:3 (aws_access_key_id): Import{work}"},
		{name: "a session in the credentials file", credentials: strings.ReplaceAll(keys, "AKIA", "ASIA") + "aws_session_token = x\n", check: Shadowed, clients: []string{"boto3", "CDK"},
			want: "1 credentials:2 (aws_access_key_id): Edit{credentials:2 (aws_access_key_id) take the keys out, with their token}"},
		{name: "role_arn alone", config: role, check: Rejected, clients: []string{"boto3", "CLI v2"}, silent: []string{"JavaScript", "CDK"},
			want: "1 config:3 (role_arn): Edit{config:3 (role_arn) complete it, or take it out}"},
		{name: "role_arn on top in the Go SDK", config: role, check: Shadowed, clients: []string{"Go SDK"}, silent: []string{"boto3"},
			want: "1 config:3 (role_arn): Edit{config:3 (role_arn) take it out}"},
		{name: "source_profile itself, botocore", config: role + "source_profile = work\n", check: Rejected, clients: []string{"boto3", "CLI v2"}, silent: []string{"CDK"},
			want: "1 config:4 (source_profile): Edit{config:4 (source_profile) take it out}"},
		{name: "source_profile itself, Go SDK", config: role + "source_profile = work\n", check: Rejected, clients: []string{"Go SDK"}, silent: []string{"boto3"},
			want: "1 config:2 (credential_process): Edit{config:2 (credential_process) take it out}"},
		{name: "source_profile without a role", config: "source_profile = default\n", check: Rejected, clients: []string{"Go SDK"}, silent: []string{"boto3", "JavaScript"},
			want: "1 config:3 (source_profile): Edit{config:3 (source_profile) take it out}"},
		{name: "web identity", config: role + "web_identity_token_file = /token\n", check: Shadowed, clients: []string{"boto3", "JavaScript"}, silent: []string{"Go SDK"},
			want: "1 config:4 (web_identity_token_file): Edit{config:4 (web_identity_token_file) take it out}"},
		{name: "IAM Identity Center", config: "sso_account_id = 123456789012\nsso_role_name = x\nsso_start_url = https://sso.invalid\nsso_region = us-east-1\n",
			check: Shadowed, clients: []string{"boto3", "CLI v2"}, silent: []string{"JavaScript"},
			want: "1 config:3 (sso_account_id): Edit{config:3 (sso_account_id) take all sso_ settings out}"},
		{name: "login session", config: "login_session = arn:aws:iam::123456789012:user/me\n", check: Shadowed, clients: []string{"boto3", "Go SDK"}, silent: []string{"JavaScript"},
			want: "1 config:3 (login_session): Edit{config:3 (login_session) take it out}"},
		{name: "web identity in the environment", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": roleARN},
			check: Shadowed, clients: []string{"boto3", "Go SDK"}, silent: []string{"JavaScript", "CDK"},
			want: "1 AWS_WEB_IDENTITY_TOKEN_FILE: Unset{[AWS_WEB_IDENTITY_TOKEN_FILE]}"},
		{name: "a value that the Go SDK refuses", config: "retry_mode = legacy\n", check: Rejected, clients: []string{"Go SDK", "standard or adaptive"}, silent: []string{"boto3", "JavaScript"},
			want: "1 config:3 (retry_mode): Edit{config:3 (retry_mode) correct it, or take it out}"},
		{name: "a value that botocore refuses", config: "max_attempts = 0\n", check: Rejected, clients: []string{"boto3", "CLI v2", "1 or more"}, silent: []string{"Go SDK", "JavaScript"},
			want: "1 config:3 (max_attempts): Edit{config:3 (max_attempts) correct it, or take it out}"},
		{name: "a value that both refuse, botocore", config: "retry_mode = fast\n", check: Rejected, clients: []string{"boto3", "legacy, standard or adaptive"}, silent: []string{"Go SDK"},
			want: "1 config:3 (retry_mode): Edit{config:3 (retry_mode) correct it, or take it out}"},
		{name: "a value that both refuse, Go SDK", config: "retry_mode = fast\n", check: Rejected, clients: []string{"Go SDK", "standard or adaptive"}, silent: []string{"boto3"},
			want: "1 config:3 (retry_mode): Edit{config:3 (retry_mode) correct it, or take it out}"},
		{name: "a variable that the Go SDK refuses", env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "yes"}, check: Rejected, clients: []string{"Go SDK"}, silent: []string{"boto3", "JavaScript"},
			want: "1 AWS_USE_FIPS_ENDPOINT: Unset{[AWS_USE_FIPS_ENDPOINT]}"},
		{name: "a variable that nearly all refuse", env: map[string]string{"AWS_DEFAULTS_MODE": "fast"}, check: Rejected, clients: []string{"JavaScript SDK"}, silent: []string{"CDK"},
			want: "1 AWS_DEFAULTS_MODE: Unset{[AWS_DEFAULTS_MODE]}"},
		{name: "the SDK for JavaScript v2, which reads the config file", config: keys, env: map[string]string{"AWS_SDK_LOAD_CONFIG": "1", "AWS_CONFIG_FILE": "DIR/config"},
			check: Shadowed, clients: []string{"Go SDK", "JavaScript SDK v2"}, silent: []string{"boto3"}, want: "1 config:3 (aws_access_key_id): Import{work}"},
		{name: "the SDK for JavaScript v2, without a file", env: map[string]string{"AWS_SDK_LOAD_CONFIG": "1", "AWS_CONFIG_FILE": "DIR/missing"},
			check: Shadowed, clients: []string{"JavaScript SDK v2", "config file cannot be read"}, silent: []string{"Go SDK"}, want: "1 AWS_SDK_LOAD_CONFIG: RunWith{work}"},
		{name: "older names of the Go SDK", env: map[string]string{"AWS_ACCESS_KEY": "AKIAIOSFODNN7OTHER01", "AWS_SECRET_KEY": ststest.Marker}, check: Shadowed, clients: []string{"Go SDK"},
			want: "1 AWS_ACCESS_KEY: Unset{[AWS_ACCESS_KEY AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN]}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatient(t)
			credentials := tt.credentials
			if credentials != "" {
				credentials = "[work]\n" + credentials
			}
			p.has(sound+tt.config+"[default]\n", credentials)
			p.env["AWS_PROFILE"] = "work"
			for name, value := range tt.env {
				p.env[name] = strings.ReplaceAll(value, "DIR/", p.dir+string(filepath.Separator))
			}
			r := p.examine()
			f, ok := r.finding(tt.check, tt.clients...)
			if got := p.described(f); !ok || got != tt.want || r.OK() {
				t.Errorf("got %s, want %s; all are %+v", got, tt.want, r.Findings)
			}
			for _, c := range tt.silent {
				if strings.Contains(f.Text, c) {
					t.Errorf("%s is named too: %s", c, f.Text)
				}
			}
		})
	}
}

// TestFindings: each thing that can be wrong is found at its place, with what
// puts it right.
func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		name                string
		config, credentials string // after a sound profile work
		env                 map[string]string
		profile             string // "" is work, by AWS_PROFILE if env has that
		check               Check
		text                string // a part of it
		want                string
	}{
		{name: "unknown profile", env: map[string]string{"AWS_PROFILE": "wrok"}, check: NoProfile, text: `nearest: "work"`, want: "0 AWS_PROFILE: Export{AWS_PROFILE work}"},
		{name: "duplicate section", config: "[profile work]\n", check: Unreadable, text: "already on line 1", want: "0 config:3: Edit{config:3 correct it}"},
		{name: "circle", config: "[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n", profile: "a",
			check: NoProfile, text: "a → b → a", want: "0 config:8 (source_profile): Edit{config:8 (source_profile) change it}"},
		{name: "role without a source", config: "[profile r]\nrole_arn = r\n", profile: "r", check: NoProfile, text: "source_profile",
			want: "0 config:4 (role_arn): Edit{config:4 (role_arn) a source_profile that has a key, or a credential_source that is there}"},
		{name: "invalid duration", config: "[profile r]\nrole_arn = r\nsource_profile = work\nduration_seconds = long\n", profile: "r", check: Ignored, text: "counts as absent",
			want: "1 config:6 (duration_seconds): Edit{config:6 (duration_seconds) correct it, or take it out}"},
		{name: "invalid duration of a source", config: "[profile r]\nrole_arn = r\nsource_profile = s\n[profile s]\nduration_seconds = 1h\n" + keys, profile: "r", check: Ignored, text: `profile "s"`,
			want: "1 config:7 (duration_seconds): Edit{config:7 (duration_seconds) correct it, or take it out}"},
		{name: "no services section", config: "[profile r]\nservices = local\n" + keys, profile: "r", check: Ignored, text: "boto3 and the AWS CLI fail with it",
			want: "1 config:4 (services): Edit{config:4 (services) correct it, or take it out}"},
		{name: "invalid credential_source", config: "[profile r]\nrole_arn = r\ncredential_source = Vault\n", profile: "r", check: NoProfile, text: "Vault",
			want: "0 config:5 (credential_source): Edit{config:5 (credential_source) a source_profile that has a key, or a credential_source that is there}"},
		{name: "IAM Identity Center without a region", config: "[profile s]\nsso_account_id = 1\nsso_role_name = x\nsso_start_url = https://sso.invalid\n", profile: "s",
			check: NoProfile, text: "sso_region missing", want: "0 config:4 (sso_account_id): AfterError{"},
		{name: "role of a web identity without a role", config: "[profile w]\nweb_identity_token_file = /token\n[profile r]\nrole_arn = r\nsource_profile = w\n", profile: "r",
			check: NoProfile, text: "role_arn is missing", want: "0 config:4 (web_identity_token_file): AfterError{"},
		{name: "source that is missing", config: "[profile r]\nrole_arn = r\nsource_profile = b\n", profile: "r", check: NoProfile, text: `"b"`, want: "0 : AfterError{"},
		{name: "profiles of awsexec in a circle", config: "[profile a]\ncredential_process = awsexec -p b\n[profile b]\ncredential_process = awsexec -p a\n",
			profile: "a", check: NoProfile, text: "a → b → a", want: "0 config:6 (credential_process): Edit{config:6 (credential_process) name a profile that has a key}"},
		{name: "section without its word", config: "[dev]\nmfa_serial = x\n", profile: "dev", check: NoProfile, want: "0 config:3: Edit{config:3 write [profile dev]}"},
		{name: "quotes", config: "[profile q]\nmfa_serial = \"x\"\n", check: Ambiguous, text: "quotes", want: "1 config:4 (mfa_serial): Edit{config:4 (mfa_serial) take the quotes out}"},
		{name: "half a key", env: map[string]string{"AWS_SECRET_ACCESS_KEY": ststest.Marker}, profile: "-", check: Environment, text: "AWS_ACCESS_KEY_ID is not: no SDK uses it",
			want: "1 AWS_SECRET_ACCESS_KEY: Unset{[AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN]}"},
		{name: "plaintext key", credentials: "[old]\n" + keys, check: KeyInPlaintext, text: "AKIA…CE01", want: "1 credentials:3 (aws_secret_access_key): Import{old}"},
		{name: "another plaintext key", credentials: "[work]\n" + strings.ReplaceAll(keys, aliceID, "AKIAIOSFODNN7OTHER01"), check: KeyInPlaintext,
			want: "1 credentials:3 (aws_secret_access_key): Replace{credentials:3 (aws_secret_access_key) work " + aliceID + "}"},
		{name: "process not on the PATH", config: "[profile p]\ncredential_process = awsexec.exe -p p\n", check: Process, text: "not on the PATH", want: "0 config:4 (credential_process): Lead{p}"},
		{name: "process that is not there", config: "[profile p]\ncredential_process = /nowhere/awsexec -p p\n", check: Process, text: "/nowhere/awsexec",
			want: "0 config:4 (credential_process): Lead{p}"},
		{name: "process without a profile", config: "[profile p]\ncredential_process = SELF\n", check: Process, text: "AWS_PROFILE or the default profile", want: "1 config:4 (credential_process): Lead{p}"},
		{name: "process without a profile, but with flags", config: "[default]\ncredential_process = SELF\n[profile p]\ncredential_process = SELF --region eu-west-1\n", check: Process, text: "names no profile", want: "1 config:6 (credential_process): Lead{p}"},
		{name: "another awsexec", config: "[profile p]\ncredential_process = DIR/other/awsexec -p p\n", check: Process, text: "another awsexec", want: "1 config:4 (credential_process): Lead{p}"},
		{name: "empty AWS_PROFILE", env: map[string]string{"AWS_PROFILE": ""}, check: Environment, text: "set and empty", want: "0 AWS_PROFILE: Unset{[AWS_PROFILE]}"},
		{name: "AWS_PROFILE and keys", env: map[string]string{"AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": ststest.Marker}, check: Environment,
			text: "JavaScript", want: "1 AWS_PROFILE: Unset{[AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN]}"},
		{name: "two profiles", env: map[string]string{"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "q"}, check: Environment, text: "differ",
			want: "1 AWS_DEFAULT_PROFILE: Unset{[AWS_DEFAULT_PROFILE]}"},
		{name: "token alone", env: map[string]string{"AWS_SESSION_TOKEN": "t"}, check: Environment, want: "1 AWS_SESSION_TOKEN: Unset{[AWS_SESSION_TOKEN]}"},
		{name: "session without token", env: map[string]string{"AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7ALICE01", "AWS_SECRET_ACCESS_KEY": ststest.Marker}, check: Environment,
			want: "0 AWS_ACCESS_KEY_ID: Unset{[AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN]}"},
		{name: "token beside a long-term key", env: map[string]string{"AWS_ACCESS_KEY_ID": aliceID, "AWS_SECRET_ACCESS_KEY": ststest.Marker, "AWS_SESSION_TOKEN": "t"}, check: Environment,
			text: "left over", want: "0 AWS_SESSION_TOKEN: Unset{[AWS_SESSION_TOKEN]}"},
		{name: "old token variable", env: map[string]string{"AWS_SECURITY_TOKEN": "t"}, check: Environment, want: "1 AWS_SECURITY_TOKEN: Unset{[AWS_SECURITY_TOKEN]}"},
		{name: "expiration alone", env: map[string]string{"AWS_CREDENTIAL_EXPIRATION": now.Add(-time.Hour).Format(time.RFC3339)}, check: Environment, text: "left over",
			want: "1 AWS_CREDENTIAL_EXPIRATION: Unset{[AWS_CREDENTIAL_EXPIRATION]}"},
		{name: "no expiration", env: session(map[string]string{"AWS_CREDENTIAL_EXPIRATION": "2026-01-02T05:04:05"}), check: Environment, text: "not a time with its zone",
			want: "1 AWS_CREDENTIAL_EXPIRATION: Unset{[AWS_CREDENTIAL_EXPIRATION]}"},
		{name: "expires soon", env: session(map[string]string{"AWS_CREDENTIAL_EXPIRATION": now.Add(8 * time.Minute).Format(time.RFC3339)}), check: Environment, text: "expire in 8m0s",
			want: "2 AWS_CREDENTIAL_EXPIRATION: Unset{[AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION]}"},
		{name: "expired", env: session(map[string]string{"AWS_CREDENTIAL_EXPIRATION": now.Add(-time.Hour).Format(time.RFC3339)}), check: Environment, text: "expired at 2026-01-02T02:04:05Z",
			want: "0 AWS_CREDENTIAL_EXPIRATION: Unset{[AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_CREDENTIAL_EXPIRATION]}"},
		{name: "session in a file that has expired", credentials: "[saml]\n" + fileSession + "x_security_token_expires = 2026-01-02T04:04:04+01:00\n", profile: "saml", check: Lifetime,
			text: "expired at 2026-01-02T03:04:04Z", want: "0 credentials:5 (x_security_token_expires): Edit{credentials:5 (x_security_token_expires) have the tool that wrote it write a new one}"},
		{name: "session in a file that has expired, in UTC", credentials: "[saml]\n" + fileSession + "expiration = 2026-01-02 03:04:04\n", profile: "saml", check: Lifetime,
			text: "expired at 2026-01-02T03:04:04Z", want: "0 credentials:5 (expiration): Edit{credentials:5 (expiration) have the tool that wrote it write a new one}"},
		{name: "role on a session that has expired", config: "[profile r]\nrole_arn = " + roleARN + "\nsource_profile = saml\n", profile: "r",
			credentials: "[saml]\n" + fileSession + "aws_expiration = 2020-01-01T00:00:00.000Z\n", check: Lifetime,
			text: "profile \"saml\"", want: "0 credentials:5 (aws_expiration): Edit{credentials:5 (aws_expiration) have the tool that wrote it write a new one}"},
		{name: "no token file", env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}, check: Environment, want: "1 AWS_WEB_IDENTITY_TOKEN_FILE: Unset{[AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN]}"},
		{name: "two regions", env: map[string]string{"AWS_DEFAULT_REGION": "eu-west-9"}, check: Region, text: "eu-west-9", want: "1 AWS_DEFAULT_REGION: Export{AWS_DEFAULT_REGION eu-west-1}"},
		{name: "no region", env: map[string]string{"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, check: Region, text: "no region for boto3", want: "1 config: Configure{work region REGION}"},
		{name: "file that is not there", env: map[string]string{"AWS_SHARED_CREDENTIALS_FILE": "set"}, check: MissingFile, want: "1 AWS_SHARED_CREDENTIALS_FILE: Unset{[AWS_SHARED_CREDENTIALS_FILE]}"},
		{name: "no process in the profile", config: "[profile bare]\n", profile: "bare", check: NotUsed, text: "no credential_process", want: "1 config: Lead{bare}"},
		{name: "nothing at all", config: "[profile none]\n", profile: "none", check: Nothing, want: "2 : Awsexec{[add none]}"},
		{name: "MFA of a profile that leads elsewhere", config: "[profile r]\ncredential_process = DIR/awsexec -p bare\nmfa_serial = " + device + "\n[profile bare]\n", profile: "r", check: NotUsed,
			text: "SDKs get a session without MFA", want: "1 config:5 (mfa_serial): Configure{bare mfa_serial " + device + "}"},
		{name: "MFA in the Go SDK", config: "[profile r]\nrole_arn = " + roleARN + "\nsource_profile = work\nmfa_serial = " + device + "\n", profile: "r", check: Rejected, text: "Go SDK",
			want: "1 config:6 (mfa_serial): Edit{config:6 (mfa_serial) take it out}, Configure{work mfa_serial " + device + "}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatient(t)
			p.program("other/awsexec")
			p.has(sound+tt.config, tt.credentials)
			p.in.Keystore.Entries = append(p.in.Keystore.Entries, keystore.Entry{Name: "bare", AccessKeyID: "AKIAIOSFODNN7BARE001"})
			p.in.Profile = map[bool]string{true: "work", false: ""}[tt.env["AWS_PROFILE"] == ""]
			if tt.profile != "" {
				p.in.Profile = strings.Trim(tt.profile, "-")
			}
			for name, value := range tt.env {
				p.env[name] = value
			}
			r := p.examine()
			f, ok := r.finding(tt.check, tt.text)
			if got := p.described(f); !ok || got != tt.want && !(strings.HasSuffix(tt.want, "{") && strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %s, want %s; all are %+v", got, tt.want, r.Findings)
			}
			if r.OK() && f.Severity != Notice {
				t.Error("OK, although there is something wrong")
			}
			for i, f := range r.Findings {
				if f.Severity != Notice && len(f.Remedies) == 0 {
					t.Errorf("finding %+v: want one with a way to put it right", f)
				}
				if i > 0 && f.Severity < r.Findings[i-1].Severity {
					t.Error("the worst is not the first")
				}
			}
		})
	}
}

// TestOtherwise: a role that a client cannot ask a code for can be used by
// running the client under awsexec.
func TestOtherwise(t *testing.T) {
	p := newPatient(t)
	p.has(sound+"[profile r]\nrole_arn = "+roleARN+"\nsource_profile = work\nmfa_serial = "+device+"\n", "")
	p.in.Profile = "r"
	if f, _ := p.examine().finding(Rejected); f.Otherwise != (RunWith{"r"}) {
		t.Errorf("%+v", f)
	}
}

// TestKeystore: how the keystore is, and how much that matters.
func TestKeystore(t *testing.T) {
	absent := errors.New("no session bus")
	entries := []keystore.Entry{{Name: "work", AccessKeyID: aliceID}}
	for _, tt := range []struct {
		name string
		keystore.Entry
		k          Keystore
		passphrase string
		hold       bool
		check      Check
		text, want string
	}{
		{name: "none, and a key is needed", k: Keystore{Err: absent}, check: InKeystore, text: "there is no keystore: no session bus", want: "1 : AfterError{no session bus}"},
		{name: "silent", k: Keystore{Condition: keystore.ConditionSilent, Entries: entries}, check: InKeystore, text: "does not answer",
			want: "1 : Advice{log in to the desktop again, or use the encrypted file: awsexec --keystore file add NAME}"},
		{name: "gone", k: Keystore{Condition: keystore.ConditionAbsent, Entries: entries}, check: InKeystore, text: "is gone; keys that were in it: 1",
			want: "0 : Advice{restore it from a backup, or add the keys again:}, Awsexec{[add NAME]}"},
		{name: "empty", k: Keystore{Condition: keystore.ConditionAbsent}, check: InKeystore, text: "no key has been added yet", want: "2 : Awsexec{[add NAME]}"},
		{name: "keyring that is not open", k: Keystore{Kind: keystore.KindKeyring, Condition: keystore.ConditionAbsent, Entries: entries}, check: InKeystore, text: "is not open; keys in it: 1",
			want: "0 : Advice{log in to the desktop, or open the keyring: in KeePassXC, its database}"},
		{name: "two keyrings", k: Keystore{Kind: keystore.KindKeyring, Condition: keystore.ConditionOpen, Entries: entries, Sights: []keystore.Sight{{Name: "work", Keyring: "Login"}, {Name: "work", Keyring: "Old\n"}}},
			check: InKeystore, text: `key "work" is in several keyrings, "Login" and "Old\n": the copy that was changed last is used`, want: "1 : Advice{delete the others with the tools of your desktop}"},
		{name: "no keyring that is open", k: Keystore{Kind: keystore.KindKeyring, Condition: keystore.ConditionOpen, Entries: entries},
			check: InKeystore, text: `key "work" is in no keyring that is open`, want: "1 : Advice{open the keyring that has it: in KeePassXC, its database}"},
		{name: "locked keyring", k: Keystore{Kind: keystore.KindKeyring, Condition: keystore.ConditionLocked, Entries: entries}, check: InKeystore, text: "will ask to unlock it", want: "2 : "},
		{name: "file", k: Keystore{Kind: keystore.KindFile, Condition: keystore.ConditionLocked, Entries: entries}, check: InKeystore, text: "takes a passphrase", want: "2 : "},
		{name: "file that can be unlocked", k: Keystore{Kind: keystore.KindFile, Condition: keystore.ConditionLocked, Entries: entries}, hold: true, check: InKeystore,
			text: "takes a passphrase", want: "2 : Awsexec{[unlock]}"},
		{name: "unlocked file", k: Keystore{Kind: keystore.KindFile, Condition: keystore.ConditionOpen, Unlocked: now.Add(2 * time.Hour), Entries: entries}, check: InKeystore,
			text: "(in 2h0m)", want: "2 : Awsexec{[lock]}"},
		{name: "rotation", k: Keystore{Condition: keystore.ConditionOpen, Entries: []keystore.Entry{{Name: "work", AccessKeyID: aliceID, Rotating: true}}}, check: Rotation,
			want: "1 : Awsexec{[rotate work]}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPatient(t)
			p.has(sound, "")
			p.in.Profile, p.in.CanHold = "work", tt.hold
			tt.k.Name = "the box"
			p.in.Keystore = tt.k
			f, ok := p.examine().finding(tt.check, tt.text)
			if got := p.described(f); !ok || got != tt.want {
				t.Errorf("got %s (%s), want %s", got, f.Text, tt.want)
			}
		})
	}
	p := newPatient(t)
	p.has(sound, "")
	p.in.Profile = "work"
	p.in.Keystore.Condition, p.env["AWSEXEC_PASSPHRASE"] = keystore.ConditionLocked, "set"
	if r := p.examine(); len(r.Findings) != 0 {
		t.Errorf("with the passphrase at hand: %+v", r.Findings)
	}
}

// TestWithoutKeystore: where no key is needed, it is no matter that there is no
// keystore.
func TestWithoutKeystore(t *testing.T) {
	for name, want := range map[string]Severity{"sso": Notice, "work": Suspect} {
		p := newPatient(t)
		p.has(sound+"[profile sso]\nsso_account_id = 123456789012\nsso_role_name = x\nsso_start_url = https://sso.invalid\nsso_region = us-east-1\n", "")
		p.in.Profile, p.in.Keystore = name, Keystore{Err: errors.New("none"), Condition: keystore.ConditionAbsent}
		r := p.examine()
		if f, ok := r.finding(InKeystore); !ok || f.Severity != want || r.OK() != (want == Notice) {
			t.Errorf("%s: %+v, OK is %t, %v", name, f, r.OK(), r.Err)
		}
	}
}

// TestUnreadable: an AWS file that cannot be read is one finding, and all else
// that can be said is said.
func TestUnreadable(t *testing.T) {
	p := newPatient(t)
	p.has("nonsense\n", "")
	r := p.examine()
	if _, ok := r.finding(Unreadable); !ok || r.Err == nil || len(r.Steps) != 0 || len(r.Clients) != 6 {
		t.Errorf("%+v, %v", r.Findings, r.Err)
	}
	if _, twice := r.finding(NoProfile); twice {
		t.Error("it is found twice")
	}
}

// TestReadOnce: the files are read once for all clients, and once more only where
// SDKs read others.
func TestReadOnce(t *testing.T) {
	p := newPatient(t)
	p.has(sound, "")
	p.in.Config, p.in.ConfigErr = profile.ReadFiles(p.in.Files)
	d := &diagnosis{in: p.in}
	if d.read(); d.own != d.sdks {
		t.Error("the files are read twice")
	}
	d.in.SDKFiles.Config += "x"
	if d.read(); d.own == d.sdks {
		t.Error("the files of the SDKs are not read")
	}
}

// TestEnvironmentKey: keys in the environment come first, and are named by
// their variable.
func TestEnvironmentKey(t *testing.T) {
	p := newPatient(t)
	p.has(sound, "")
	p.env["AWS_ACCESS_KEY_ID"], p.env["AWS_SECRET_ACCESS_KEY"] = aliceID, ststest.Marker
	r := p.examine()
	if len(r.Steps) != 1 || r.Steps[0].Plan.Kind != provider.EnvironmentKey || r.Steps[0].At != variable("AWS_ACCESS_KEY_ID") || r.Steps[0].KeyID != aliceID {
		t.Errorf("%+v, %v", r.Steps, r.Err)
	}
}

// session returns variables with those of a session beside them.
func session(env map[string]string) map[string]string {
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"] = "ASIAIOSFODNN7ALICE01", ststest.Marker, ststest.Marker
	return env
}

// TestOwnRowOfExpiredCredentials: the row of awsexec itself says that they have
// expired, and the variable is found once.
func TestOwnRowOfExpiredCredentials(t *testing.T) {
	p := newPatient(t)
	p.env = session(p.env)
	p.env["AWS_CREDENTIAL_EXPIRATION"] = now.Format(time.RFC3339)
	r := p.examine()
	_, doubled := r.finding(NoProfile)
	if _, ok := errors.AsType[*provider.ExpiredError](r.Err); !ok || len(r.Steps) > 0 || doubled {
		t.Errorf("got the steps %v, the error %v, doubled %t", r.Steps, r.Err, doubled)
	}
}
