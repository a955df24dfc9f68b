package explain

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awsini"
)

// A testCase is one combination of environment, files and profile.
type testCase struct {
	Env     map[string]string `json:"env"`
	Profile string            `json:"profile"` // named explicitly
	Endless bool              `json:"endless"` // not for the SDK for JavaScript v2

	config, credentials string
}

const loginSession = "arn:aws:iam::123456789012:user/me"

// generator draws combinations. The name of a profile distinguishes its sources.
type generator struct {
	*rand.Rand
	dir, home, endpoint string
	metadata            map[string]string // a stand-in for the metadata service for each profile

	plain bool // every profile is there, with a header that all clients read, and its own metadata service
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
		g.metadata[name] = standIn(t)
	}
	g.writeFile(t, g.tokenFile("environment"), "token-of-environment")
	g.writeFile(t, filepath.Join(g.dir, "certificates"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate(t)})))
	// Only the SDK for JavaScript v2 reads these, whatever the variables say.
	g.writeFile(t, filepath.Join(g.home, ".aws", "config"), session+"[profile dev]\nsso_session = corp\n[profile base]\nsso_session = other\n")
	g.writeFile(t, filepath.Join(g.home, ".aws", "credentials"), "[base]\naws_access_key_id = "+keyID("home")+"\naws_secret_access_key = "+fakeSecret+"\n")
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
	// Without a variable for the metadata service, every client must find an endpoint
	// in the files: it would ask the real one.
	g.plain = g.one(8) && c.Profile != "missing" && c.Env["AWS_PROFILE"] != "missing" && c.Env["AWS_DEFAULT_PROFILE"] != "missing"
	var config, credentials strings.Builder
	for _, name := range profileNames {
		if g.plain || !g.one(9) {
			g.configSection(&config, name)
		}
		if g.one(3) {
			g.credentialsSection(&credentials, name)
		}
	}
	switch again := g.IntN(25); { // a section that is there already
	case g.plain:
	case again == 0:
		g.section(&config, "[profile dev]", g.keys("config2", "dev"))
		g.section(&config, "[profile dev]", "region = eu-north-1\n")
	case again == 1:
		g.section(&config, pick(g, "[default]", "[profile default]"), g.keys("config2", "default"))
	}
	if !g.plain && g.one(15) { // a name that must be quoted
		c.Profile = pick(g, "my work", "my work", "'my work'")
		g.section(&config, pick(g, "[profile my work]", "[profile 'my work']", `[profile "my work"]`, "[profile  my work]"), g.keys("config", "my work"))
	}
	g.sessionSection(&config)
	if g.one(12) {
		g.sessionSection(&credentials)
	}
	if g.one(3) {
		g.section(&config, pick(g, "[services local]", `[services "local"]`, "[services\tlocal]"), "sts =\n  endpoint_url = "+g.endpoint+"\n")
	}
	c.config, c.credentials = config.String(), credentials.String()
	if marked := pick(g, &c.config, &c.credentials); !g.plain && g.one(40) {
		*marked = awsini.BOM + *marked
	}
	dir := filepath.Join(g.dir, fmt.Sprint(number))
	g.writeFile(t, filepath.Join(dir, "config"), c.config)
	if c.credentials != "" {
		g.writeFile(t, filepath.Join(dir, "credentials"), c.credentials)
	}
	maps.Copy(c.Env, map[string]string{
		"AWS_CONFIG_FILE":             filepath.Join(dir, "config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "credentials"),
	})
	if !g.plain {
		c.Env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = g.endpoint + "/"
	}
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
	set(2, "AWS_SDK_LOAD_CONFIG", "1", "0")
	set(9, "AWS_CREDENTIAL_EXPIRATION", expiry().Format(time.RFC3339), "2020-01-02T03:04:05Z", "2020-01-02 03:04:05 UTC", "tomorrow", "")
	set(9, "AWS_STS_REGIONAL_ENDPOINTS", "legacy", "Local", "")
	set(30, "AWS_CA_BUNDLE", filepath.Join(g.dir, "certificates"), filepath.Join(g.dir, "missing"))
	if g.one(5) {
		v := pick(g, validated...)
		env[v.variable] = pick(g, v.values...)
	}
	return env
}

// validated are settings that some SDK refuses in some spellings.
var validated = []struct {
	key, variable string
	values        []string
}{
	{"retry_mode", "AWS_RETRY_MODE", []string{"standard", "legacy", "adaptive", "Standard", "aggressive", ""}},
	{"max_attempts", "AWS_MAX_ATTEMPTS", []string{"3", "0", "0x10", "1_0", "many", "2.5", "-1", ""}},
	{"defaults_mode", "AWS_DEFAULTS_MODE", []string{"standard", "Legacy", "in-region", "fast", ""}},
	{"account_id_endpoint_mode", "AWS_ACCOUNT_ID_ENDPOINT_MODE", []string{"preferred", "Preferred", "sometimes", ""}},
	{"request_checksum_calculation", "AWS_REQUEST_CHECKSUM_CALCULATION", []string{"when_required", "WHEN_REQUIRED", "never", ""}},
	{"response_checksum_validation", "AWS_RESPONSE_CHECKSUM_VALIDATION", []string{"when_supported", "When_Supported", "never"}},
	{"request_min_compression_size_bytes", "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", []string{"1024", "0", "2000000", "10485761", "1k", "-1"}},
	{"disable_request_compression", "AWS_DISABLE_REQUEST_COMPRESSION", []string{"true", "True", "yes", ""}},
	{"disable_clock_skew_correction", "AWS_DISABLE_CLOCK_SKEW_CORRECTION", []string{"false", "FALSE", "no"}},
	{"use_fips_endpoint", "AWS_USE_FIPS_ENDPOINT", []string{"false", "False", "no", ""}},
	{"use_dualstack_endpoint", "AWS_USE_DUALSTACK_ENDPOINT", []string{"false", "False", "0"}},
	{"ignore_configured_endpoint_urls", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", []string{"false", "no", ""}},
	{"endpoint_discovery_enabled", "AWS_ENABLE_ENDPOINT_DISCOVERY", []string{"auto", "true", "on"}},
	{"ec2_metadata_service_endpoint_mode", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", []string{"IPv4", "ipv4", "IPv5", ""}},
	{"ec2_metadata_v1_disabled", "AWS_EC2_METADATA_V1_DISABLED", []string{"true", "false", "yes"}},
	{"metadata_service_timeout", "AWS_METADATA_SERVICE_TIMEOUT", []string{"2", " 3 ", "1.5", ""}},
	{"metadata_service_num_attempts", "AWS_METADATA_SERVICE_NUM_ATTEMPTS", []string{"2", "two"}},
	{"sts_regional_endpoints", "AWS_STS_REGIONAL_ENDPOINTS", []string{"legacy", "Legacy", "local"}},
	{"s3_use_arn_region", "AWS_S3_USE_ARN_REGION", []string{"true", "yes"}},
	{"s3_disable_express_session_auth", "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", []string{"True", "yes"}},
	{"s3_disable_multiregion_access_points", "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", []string{"false", "off"}},
	{"restrict_file_permissions", "AWS_RESTRICT_FILE_PERMISSIONS", []string{"unrestricted", "Unrestricted", "none"}},
}

// session is a complete sso-session section.
const session = "[sso-session corp]\nsso_start_url = https://sso.invalid/start\nsso_region = us-east-1\n"

// sessionSection writes the sso-session section, mostly plainly.
func (g *generator) sessionSection(b *strings.Builder) {
	url := "sso_start_url = https://sso.invalid/start"
	switch g.IntN(16) {
	case 0, 1, 2, 3:
	case 4:
		g.section(b, pick(g, `[sso-session "corp"]`, "[sso-session  corp]", "[sso-session corp ]", "[ sso-session corp]", "[sso-session\tcorp]", "[sso-session 'corp']"),
			url+"\nsso_region = us-east-1\n")
	case 5:
		g.section(b, "[sso-session corp]", url+pick(g, " # ours", " ; ours", "\t# ours")+"\nsso_region = us-east-1\n")
	case 6:
		g.section(b, "[sso-session corp]", url+"\nsso_region = "+pick(g, "us-east-1 # home", "'us-east-1'", "")+"\n")
	case 7:
		g.section(b, "[sso-session corp]", pick(g, url, "sso_region = us-east-1", "SSO_Start_URL: https://sso.invalid/start\nsso_region: us-east-1")+"\n")
	default:
		b.WriteString(session)
	}
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
	case !g.plain && g.one(20):
		header = "[" + name + "]"
	case !g.plain && g.one(9):
		header = fmt.Sprintf(pick(g, `[profile "%s"]`, "[profile '%s']", "[profile  %s]", "[profile %s ]", "[ profile %s ]", "[profile\t%s]", "[Profile %s]",
			"[profile %s] # mine", "[profile %s];mine", " [profile %s]", "[profile%s]", "[profile %s]]", "[[profile %s]]", "[profiles %s]", "[profile=%s]"), name)
	}
	features := 1 + g.IntN(2)*g.IntN(3)
	if name == "other" {
		features = g.IntN(2)
	}
	seen := map[string]bool{} // a repeated key makes the file unreadable to botocore, which is a case of its own
	var settings strings.Builder
	for range features {
		g.add(&settings, seen, g.feature(name))
	}
	if g.one(5) {
		g.add(&settings, seen, g.odd())
	}
	if g.plain {
		settings.WriteString("ec2_metadata_service_endpoint = " + g.metadata[name] + "/\n")
	}
	g.section(b, header, settings.String())
}

// add writes the settings that seen does not have.
func (g *generator) add(b *strings.Builder, seen map[string]bool, settings string) {
	for line := range strings.Lines(settings) {
		key, _, _ := strings.Cut(line, " ")
		if !seen[key] {
			seen[key] = true
			b.WriteString(line)
		}
	}
}

// odd returns a setting that some SDK validates.
func (g *generator) odd() string {
	switch g.IntN(8) {
	case 0:
		return "services = " + pick(g, "local", "local", "elsewhere", "") + "\n"
	case 1:
		return "ca_bundle = " + filepath.Join(g.dir, pick(g, "certificates", "missing", "process/dev")) + "\n"
	}
	v := pick(g, validated...)
	return v.key + " = " + pick(g, v.values...) + "\n"
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
	if g.one(12) {
		settings += g.odd()
	}
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

// certificate returns one in DER form.
func certificate(t *testing.T) []byte {
	t.Helper()
	srv := httptest.NewTLSServer(nil)
	defer srv.Close()
	return srv.Certificate().Raw
}

func staticKeyID(file, profile string) string { return keyID(file + " " + profile) }
