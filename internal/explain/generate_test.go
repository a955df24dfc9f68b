package explain

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A testCase is one combination of environment, files and profile.
type testCase struct {
	Env     map[string]string `json:"env"`
	Profile string            `json:"profile"` // named explicitly

	config, credentials string
}

const loginSession = "arn:aws:iam::123456789012:user/me"

// generator draws combinations. The name of a profile distinguishes its sources.
type generator struct {
	*rand.Rand
	dir, home, endpoint string
}

var profileNames = []string{"default", "dev", "base", "other"} // of which "other" has fewer settings

func (g *generator) one(in int) bool { return g.IntN(in) == 0 }

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

func (g *generator) writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// prepare writes what the sources need: what processes print, web identity tokens, token caches of SSO and login.
func (g *generator) prepare(t *testing.T) {
	t.Helper()
	marshal := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	for _, name := range profileNames {
		g.writeFile(t, g.processFile(name), marshal(map[string]any{
			"Version": 1, "AccessKeyId": keyID("process " + name), "SecretAccessKey": fakeSecret, "SessionToken": "t"}))
		g.writeFile(t, g.tokenFile(name), "token-of-"+name)
	}
	g.writeFile(t, g.tokenFile("environment"), "token-of-environment")
	later := expiry().Format(time.RFC3339)
	for _, id := range []string{"corp", "https://sso.invalid/start"} {
		g.writeFile(t, filepath.Join(g.home, ".aws", "sso", "cache", fmt.Sprintf("%x.json", sha1.Sum([]byte(id)))), marshal(map[string]any{
			"accessToken": "token", "expiresAt": later, "startUrl": "https://sso.invalid/start", "region": "us-east-1"}))
	}
	g.writeFile(t, filepath.Join(g.home, ".aws", "login", "cache", fmt.Sprintf("%x.json", sha256.Sum256([]byte(loginSession)))), marshal(map[string]any{
		"accessToken": map[string]any{"accessKeyId": keyID("login"), "secretAccessKey": fakeSecret, "sessionToken": "t",
			"accountId": "123456789012", "expiresAt": later},
		"tokenType": "aws_sigv4", "refreshToken": "r", "identityToken": "i", "clientId": "c", "dpopKey": "k"}))
}

func (g *generator) processFile(profile string) string {
	return filepath.Join(g.dir, "process", profile)
}
func (g *generator) tokenFile(profile string) string { return filepath.Join(g.dir, "token", profile) }

// draw makes one case and writes its files.
func (g *generator) draw(t *testing.T, number int) testCase {
	t.Helper()
	c := testCase{Env: g.environment()}
	if g.one(4) {
		c.Profile = pick(g, "dev", "dev", "dev", "base", "base", "default", "missing")
	}
	var config, credentials strings.Builder
	for _, name := range profileNames {
		if !g.one(9) {
			g.configSection(&config, name)
		}
		if g.one(3) {
			g.credentialsSection(&credentials, name)
		}
	}
	if g.one(25) { // a section that is there already
		g.section(&config, "[profile dev]", g.keys("config2", "dev"))
		g.section(&config, "[profile dev]", "region = eu-north-1\n")
	}
	if !g.one(4) {
		config.WriteString("[sso-session corp]\nsso_start_url = https://sso.invalid/start\nsso_region = us-east-1\n")
	}
	c.config, c.credentials = config.String(), credentials.String()
	dir := filepath.Join(g.dir, fmt.Sprint(number))
	g.writeFile(t, filepath.Join(dir, "config"), c.config)
	if c.credentials != "" {
		g.writeFile(t, filepath.Join(dir, "credentials"), c.credentials)
	}
	maps.Copy(c.Env, map[string]string{
		"AWS_CONFIG_FILE":                   filepath.Join(dir, "config"),
		"AWS_SHARED_CREDENTIALS_FILE":       filepath.Join(dir, "credentials"),
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": g.endpoint + "/",
		"AWS_ENDPOINT_URL":                  g.endpoint,
		"AWS_ENDPOINT_URL_STS":              g.endpoint, // the Go SDK's own client reads only these
		"AWS_ENDPOINT_URL_SSO":              g.endpoint,
	})
	return c
}

func (g *generator) environment() map[string]string {
	env := map[string]string{}
	set := func(one int, name string, values ...string) {
		if g.one(one) {
			env[name] = pick(g, values...)
		}
	}
	switch g.IntN(12) {
	case 0, 1, 2:
		env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = keyID("environment"), fakeSecret
	case 3:
		env["AWS_ACCESS_KEY_ID"] = keyID("environment")
	case 4:
		env["AWS_SECRET_ACCESS_KEY"] = fakeSecret
	case 5:
		id, secret := "AWS_ACCESS_KEY", "AWS_SECRET_KEY"
		if g.one(2) {
			id, secret = "AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY"
		}
		env[id], env[secret] = keyID("environment"), fakeSecret
	}
	set(2, "AWS_PROFILE", "dev", "dev", "dev", "dev", "dev", "base", "base", "base", "default", "default", "missing", "")
	set(5, "AWS_DEFAULT_PROFILE", "dev", "dev", "dev", "base", "missing")
	set(6, "AWS_WEB_IDENTITY_TOKEN_FILE", g.tokenFile("environment"), g.tokenFile("environment"), "")
	set(5, "AWS_ROLE_ARN", roleARN("environment"))
	set(5, "AWS_CONTAINER_CREDENTIALS_FULL_URI", g.endpoint+"/container")
	set(3, "AWS_EC2_METADATA_DISABLED", "true", "true", "false")
	set(4, "AWS_REGION", "eu-west-1")
	set(4, "AWS_DEFAULT_REGION", "eu-west-2")
	return env
}

func roleARN(profile string) string { return "arn:aws:iam::123456789012:role/" + profile }

func (g *generator) section(b *strings.Builder, header, settings string) {
	b.WriteString(header + "\n" + settings)
}

// configSection writes a profile with a few features, which may exclude each other.
func (g *generator) configSection(b *strings.Builder, name string) {
	header := "[profile " + name + "]"
	switch {
	case name == "default" && !g.one(8):
		header = "[default]"
	case g.one(20):
		header = "[" + name + "]"
	}
	features := 1 + g.IntN(2)*g.IntN(3)
	if name == "other" {
		features = g.IntN(2)
	}
	seen := map[string]bool{} // a repeated key makes the file unreadable to botocore, which is a case of its own
	var settings strings.Builder
	for range features {
		for line := range strings.Lines(g.feature(name)) {
			key, _, _ := strings.Cut(line, " ")
			if !seen[key] {
				seen[key] = true
				settings.WriteString(line)
			}
		}
	}
	g.section(b, header, settings.String())
}

func (g *generator) feature(name string) string {
	role := "role_arn = " + roleARN(name) + "\n"
	account := "sso_account_id = 123456789012\nsso_role_name = " + name + "\n"
	switch g.IntN(19) {
	case 0, 1, 17, 18:
		return "credential_process = /bin/cat " + g.processFile(name) + "\n"
	case 2, 3, 4:
		return role + "source_profile = " + pick(g, "dev", "base", "base", "base", "default", "other", "missing", name) + "\n"
	case 5:
		return role + "credential_source = " + pick(g, "Environment", "EcsContainer", "Ec2InstanceMetadata", "environment") + "\n"
	case 6:
		return pick(g, role, "source_profile = base\n")
	case 7, 8:
		return role + "web_identity_token_file = " + g.tokenFile(name) + "\n"
	case 9:
		return "web_identity_token_file = " + g.tokenFile(name) + "\n"
	case 10:
		return account + "sso_start_url = https://sso.invalid/start\nsso_region = us-east-1\n"
	case 11:
		return account + "sso_session = corp\n"
	case 12:
		return pick(g, "sso_session = corp\n", account, "sso_region = us-east-1\n", "sso_session = corp\nsso_region = eu-west-1\n"+account)
	case 13:
		return "login_session = " + loginSession + "\n"
	case 14:
		return "mfa_serial = arn:aws:iam::123456789012:mfa/me\n"
	case 15:
		return "region = " + pick(g, "eu-west-3", "eu-west-3", "eu-west-3 # home", "'eu-west-3'", "") + "\n"
	default:
		return g.keys("config", name)
	}
}

func (g *generator) credentialsSection(b *strings.Builder, name string) {
	header := "[" + name + "]"
	if g.one(15) {
		header = "[profile " + name + "]"
	}
	settings := g.keys("credentials", name)
	if g.one(5) {
		settings = pick(g, "region = eu-central-1\n", "credential_process = /bin/cat "+g.processFile(name)+"\n", "source_profile = base\n", "mfa_serial = arn:aws:iam::123456789012:mfa/me\n")
	}
	g.section(b, header, settings)
}

// keys are static keys, mostly a pair and mostly written plainly.
func (g *generator) keys(file, profile string) string {
	id := "aws_access_key_id = " + staticKeyID(file, profile) + pick(g, "", "", "", "", "", " # old") + "\n"
	secret := "aws_secret_access_key = " + fakeSecret + "\n"
	switch g.IntN(12) {
	case 0:
		return id
	case 1:
		return secret
	case 2:
		return "aws_access_key_id = \"" + staticKeyID(file, profile) + "\"\n" + secret
	}
	return id + secret
}

func staticKeyID(file, profile string) string { return keyID(file + " " + profile) }
