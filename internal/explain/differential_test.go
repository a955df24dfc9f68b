package explain

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/awsexec/awsexec/internal/profile"
)

const cases = 1000

// An answer is what a client did in one case: the access key id that it got, or its error.
type answer struct {
	Key    string `json:"key"`
	Error  string `json:"error"`
	Region string `json:"region"`
}

// A driver runs one real client on all cases.
type driver struct {
	name    string // with the version
	client  Client
	answers []answer
}

// TestAgreesWithTheSDKs runs the real clients on generated combinations, in processes
// of their own against one stand-in for AWS, and compares their credentials, or the
// class of their error, and their region with the prediction.
func TestAgreesWithTheSDKs(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the processes of its profiles are those of Unix")
	}
	g := &generator{Rand: rand.New(rand.NewPCG(5, 12)), dir: t.TempDir(), home: t.TempDir(), endpoint: standIn(t), metadata: map[string]string{}}
	g.prepare(t)
	all := make([]testCase, cases)
	for i := range all {
		all[i] = g.draw(t, i)
	}

	drivers := make(chan []driver)
	runs := []func() []driver{
		func() []driver { return runBotocore(t, g, all, "/usr/bin/python3", "botocore", Boto3) },
		func() []driver { return runBotocore(t, g, all, "python3", "botocore", Boto3) },
		func() []driver { return runBotocore(t, g, all, "/usr/bin/python3", "awscli.botocore", CLIv2) },
		func() []driver { return runGo(t, g, all) },
		func() []driver { return runJS(t, g, all) },
		func() []driver { return runJSv2(t, g, all) },
	}
	for _, run := range runs {
		go func() { drivers <- run() }()
	}
	ran := map[Client]bool{}
	seen := map[Client]map[string]int{}
	for range runs {
		for _, d := range <-drivers {
			ran[d.client] = true
			compare(t, g, d, all, seen)
		}
	}
	for _, client := range []Client{Boto3, CLIv2, GoSDK, JSSDK, CDK, JSv2} {
		if !ran[client] {
			missing(t, "no %s to compare with", client)
		}
	}
	for _, client := range []Client{Boto3, CLIv2, GoSDK, JSSDK, CDK} {
		if ran[client] && seen[client][string(BadValue)] == 0 {
			t.Errorf("%s: no combination has an invalid value: the generator is too narrow", client)
		}
	}
	if ran[Boto3] && seen[Boto3][string(Expired)] == 0 {
		t.Error("no combination has expired keys: the generator is too narrow")
	}
	for _, want := range []string{"environment keys", "keys in the credentials file", "keys in the config file", "credential_process", "role",
		"web identity", "IAM Identity Center", "container", "EC2 instance", "none"} {
		for client, counts := range seen {
			if counts[want] == 0 {
				t.Errorf("%s: no combination ends in %q: the generator is too narrow", client, want)
			}
		}
	}
}

// missing skips a test that lacks a real part, or fails it if all parts are
// required.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

func compare(t *testing.T, g *generator, d driver, all []testCase, seen map[Client]map[string]int) {
	t.Helper()
	agreed, excepted := 0, map[string]int{} // by reason
	if seen[d.client] == nil {
		seen[d.client] = map[string]int{}
	}
	for i, c := range all {
		r := predicted(g, c, d.client)
		got := d.answers[i]
		if reason := exception(d, r, got); reason != "" {
			excepted[reason]++
			continue
		}
		seen[d.client][string(r.Kind)]++
		if r.Kind == Fails {
			seen[d.client][string(r.Failure)]++
		}
		diff := difference(d, r, got)
		if diff == "" {
			agreed++
			continue
		}
		t.Errorf("%s, case %d: %s\npredicted %s\nexplicit profile %q, %v\n-- config\n%s-- credentials\n%s", d.name, i, diff, show(&r), c.Profile, c.Env, c.config, c.credentials)
	}
	t.Logf("%s: %d combinations, %d agree", d.name, len(all), agreed)
	for reason, n := range excepted {
		t.Logf("%s: %d not compared: %s", d.name, n, reason)
	}
}

func predicted(g *generator, c testCase, client Client) Result {
	lookup := func(name string) (string, bool) {
		if name == "HOME" {
			return g.home, true
		}
		v, ok := c.Env[name]
		return v, ok
	}
	env := func(name string) string { return c.Env[name] }
	results := All(Input{Contents: Read(profile.DefaultFiles(env, ""), nil), Now: time.Now, Lookup: lookup, Profile: c.Profile})
	return results[slices.IndexFunc(results, func(r Result) bool { return r.Client == client })]
}

func difference(d driver, r Result, got answer) string {
	if r.Region != got.Region && !regionUnknown(d.client, got) {
		return fmt.Sprintf("region %q, predicted %q", got.Region, r.Region)
	}
	if r.Kind != Fails && r.Kind != None {
		if want := expectedKey(&r); got.Key != want {
			return fmt.Sprintf("key %q, error %q; predicted key %q", got.Key, got.Error, want)
		}
		return ""
	}
	if got.Key != "" {
		return fmt.Sprintf("key %q, predicted an error", got.Key)
	}
	want := r.Failure
	if r.Kind == None {
		want = Failure(None)
	}
	for _, e := range errorsOf[d.client] {
		if e.text.MatchString(got.Error) && slices.Contains(e.classes, want) {
			return ""
		}
	}
	return fmt.Sprintf("error %q is not of the class %q", got.Error, want)
}

// regionUnknown reports whether the client failed before it had a region. The CDK's
// own code finds its region, not the SDK.
func regionUnknown(client Client, got answer) bool {
	return client == CDK || client == JSv2 && got.Error == "not run" || client != JSSDK && got.Error != "" && got.Region == ""
}

// expectedKey returns the access key id that the stand-in or the files have for a result.
func expectedKey(r *Result) string {
	switch r.Kind {
	case Environment, CredentialsFile, ConfigFile:
		return r.AccessKeyID
	case Role:
		return keyID("role " + r.RoleARN + " by " + expectedKey(r.Source))
	case WebIdentity:
		owner := "environment"
		if r.At.Variable == "" {
			owner = filepath.Base(lineOf(r.At))
		}
		return keyID("web identity " + r.RoleARN + " with token-of-" + owner)
	case Process:
		return keyID("process " + filepath.Base(r.Process))
	case SSO:
		return keyID("sso " + r.Profile)
	case Login:
		return keyID("login")
	case Container:
		return keyID("container")
	case Instance:
		return keyID("instance at " + strings.TrimSuffix(r.Endpoint, "/"))
	}
	return ""
}

// lineOf returns the line of a setting.
func lineOf(at Place) string {
	data, err := os.ReadFile(at.Pos.File)
	if err != nil {
		return err.Error()
	}
	return strings.Split(string(data), "\n")[at.Pos.Line-1]
}

func show(r *Result) string {
	s := fmt.Sprintf("%s %s at %s (%s)", r.Kind, r.Failure, r.At, r.Why)
	if r.Source != nil {
		s += " by " + show(r.Source)
	}
	return s
}

// errorsOf returns the class of a client's error by its text.
var errorsOf = map[Client][]errorClass{
	Boto3: botocoreErrors,
	CLIv2: botocoreErrors,
	GoSDK: {
		{regexp.MustCompile(`failed to get shared config profile`), []Failure{NoProfile}},
		{regexp.MustCompile(`partial credentials found`), []Failure{Partial}},
		{regexp.MustCompile(`only one credential type|requires role_arn|failed to load assume role|failed to find SSO session|missing required configuration|` +
			`must match|role ARN is not set|credential_source values must be|EcsContainer was specified`), []Failure{Invalid}},
		{regexp.MustCompile(`GetRoleCredentials.*StatusCode: 400`), []Failure{Invalid}}, // an sso-session without account and role: the portal says no
		{regexp.MustCompile(`static credentials are empty`), []Failure{NoSource}},
		{regexp.MustCompile(`AssumeRoleTokenProvider`), []Failure{NoMFA}},
		{regexp.MustCompile(`invalid value|invalid AWS_|invalid range|unknown RetryMode|failed to load \w+ from shared config|no such file or directory|failed to load custom CA bundle`), []Failure{BadValue}},
		{regexp.MustCompile(`EC2 IMDS.*disabled|access disabled to EC2 IMDS`), []Failure{Failure(None)}},
	},
	JSSDK: javaScriptErrors,
	CDK:   javaScriptErrors,
	JSv2: {
		{regexp.MustCompile(`Could not load credentials from any providers`), []Failure{Failure(None)}},
		{regexp.MustCompile(`^TypeError: Cannot redefine property|ENOENT`), []Failure{Unreadable}},
		{regexp.MustCompile(`Unsupported endpoint mode`), []Failure{BadValue}},
	},
}

type errorClass struct {
	text    *regexp.Regexp
	classes []Failure
}

var botocoreErrors = []errorClass{
	{regexp.MustCompile(`^ProfileNotFound`), []Failure{NoProfile}},
	{regexp.MustCompile(`^PartialCredentialsError`), []Failure{Partial}},
	{regexp.MustCompile(`^InvalidConfigError`), []Failure{Invalid, BadValue}}, // the same for both
	{regexp.MustCompile(`^(ValueError|ParserError|Invalid(DefaultsMode|RetryModeError|MaxRetryAttemptsError|ChecksumConfigError|IMDSEndpointModeError|IMDSEndpointError|STSRegionalEndpointsConfigError)): `), []Failure{BadValue}},
	{regexp.MustCompile(`^RuntimeError: Credentials were refreshed, but the refreshed credentials are still expired`), []Failure{Expired}},
	{regexp.MustCompile(`^InfiniteLoopConfigError`), []Failure{Loop}},
	{regexp.MustCompile(`^ConfigParseError`), []Failure{Unreadable}},
	{regexp.MustCompile(`^CredentialRetrievalError.*credential_source`), []Failure{NoSource}},
	{regexp.MustCompile(`^None$`), []Failure{Failure(None)}},
}

var javaScriptErrors = []errorClass{
	{regexp.MustCompile(`Invalid parameter for "defaultsMode"|Region not accepted`), []Failure{BadValue}},
	{regexp.MustCompile(`Could not load credentials from any providers`), []Failure{Failure(None)}},
	{regexp.MustCompile(`requires multi-factor authentication`), []Failure{NoMFA}},
	{regexp.MustCompile(`invalid SSO credentials|^TypeError: Cannot read properties of undefined`), []Failure{Invalid}},
	{regexp.MustCompile(`Could not resolve credentials using profile`), []Failure{NoProfile, Empty}}, // one message for both
	{regexp.MustCompile(`Detected a cycle`), []Failure{Loop}},
	{regexp.MustCompile(`Unsupported credential source`), []Failure{Invalid}},
	{regexp.MustCompile(`Unable to find environment variable credentials|No HTTP credential provider host`), []Failure{NoSource}},
}

// exception returns why a client's answer is not compared, "" if it is.
func exception(d driver, r Result, got answer) string {
	switch {
	case d.client == JSv2 && r.Failure == Loop:
		return "profiles in a circle keep this SDK busy for ever"
	case strings.Contains(leaf(&r).Process, "\n"):
		return "an indented header goes on the command of a process, which then fails"
	case strings.HasPrefix(got.Error, "MissingDependencyException"):
		return "this botocore lacks the optional package that login sessions need"
	case leaf(&r).Kind == Login && (strings.HasPrefix(d.name, "botocore 1.2") || d.client == CLIv2):
		return "login sessions came with botocore 1.41"
	case r.Failure == BadValue && older(d) && newer[r.At.Key+r.At.Variable]:
		return "this botocore is older than a setting that newer ones validate"
	case (r.At.Key == stsEndpoints.name || r.At.Variable == stsEndpoints.variable) && older(d):
		return "older releases validate the endpoints of STS for STS alone"
	case r.At.Key == "services" && older(d):
		return "services sections came with botocore 1.31"
	case leaf(&r).Kind == SSO && r.Kind == Role && oldSSO.MatchString(got.Error):
		return "older releases look for the sso-session of a source profile in the profile that is used"
	}
	return ""
}

// older reports whether a driver is a botocore of Debian, from 2022.
func older(d driver) bool {
	return d.client == CLIv2 || strings.HasPrefix(d.name, "botocore 1.2") || strings.HasPrefix(d.name, "botocore 1.3")
}

// newer are the settings and variables that such a botocore does not know.
var newer = map[string]bool{
	"request_min_compression_size_bytes": true, "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": true,
	"request_checksum_calculation": true, "AWS_REQUEST_CHECKSUM_CALCULATION": true,
	"response_checksum_validation": true, "AWS_RESPONSE_CHECKSUM_VALIDATION": true,
	"account_id_endpoint_mode": true, "AWS_ACCOUNT_ID_ENDPOINT_MODE": true,
	"s3_disable_express_session_auth": true, "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH": true,
}

// oldSSO is what comes of that.
var oldSSO = regexp.MustCompile(`'NoneType' object has no attribute 'get_frozen_token'`)

func leaf(r *Result) *Result {
	for r.Source != nil {
		r = r.Source
	}
	return r
}

// clean returns an environment without variables of AWS.
func clean(g *generator) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + g.home, "NO_PROXY=*", "PYTHONUTF8=1"}
}

// ask runs a program that reads the cases and writes answers.
func ask(t *testing.T, g *generator, all []testCase, into any, argv ...string) {
	input, err := json.Marshal(map[string]any{"endpoint": g.endpoint, "cases": all})
	if err != nil {
		t.Error(err)
		return
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = clean(g)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	if argv[0] == os.Args[0] {
		cmd.Env = append(cmd.Env, goDriver+"=1")
	}
	began := time.Now()
	output, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v", argv, err)
		return
	}
	t.Logf("%s took %s", filepath.Base(argv[0])+" "+strings.Join(argv[1:], " "), time.Since(began).Round(time.Second))
	if err := json.Unmarshal(output, into); err != nil {
		t.Errorf("%s: %v in %.300q", argv, err, output)
	}
}

func runBotocore(t *testing.T, g *generator, all []testCase, python, module string, client Client) []driver {
	check := exec.Command(python, "-c", "import "+module+", sys; print(sys.executable, "+module+".__file__)")
	if out, err := check.Output(); err != nil || python == "python3" && strings.Contains(string(out), "dist-packages") {
		return nil // not installed, or the system's own under another name
	}
	var a struct {
		Version string
		Answers []answer
	}
	ask(t, g, all, &a, python, filepath.Join("testdata", "resolve.py"), module)
	if len(a.Answers) != len(all) {
		return nil
	}
	name := module + " " + a.Version
	return []driver{{name, client, a.Answers}}
}

func runJS(t *testing.T, g *generator, all []testCase) []driver {
	packages, err := filepath.Abs(filepath.Join("..", "e2e", "testdata", "js"))
	if err != nil {
		t.Error(err)
		return nil
	}
	if _, err := os.Stat(filepath.Join(packages, "node_modules")); err != nil {
		return nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return nil
	}
	var a struct {
		Version string
		Answers []answer
		CDK     []answer
	}
	ask(t, g, all, &a, "node", filepath.Join("testdata", "jssdk.mjs"), packages)
	if len(a.Answers) != len(all) {
		return nil
	}
	return []driver{{"JavaScript SDK " + a.Version, JSSDK, a.Answers}, {"the CDK's use of it", CDK, a.CDK}}
}

// runJSv2 leaves out the cases in which the SDK never ends.
func runJSv2(t *testing.T, g *generator, all []testCase) []driver {
	packages, err := filepath.Abs(filepath.Join("..", "e2e", "testdata", "js"))
	if err != nil {
		t.Error(err)
		return nil
	}
	if _, err := os.Stat(filepath.Join(packages, "node_modules", "aws-sdk")); err != nil {
		return nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return nil
	}
	run := slices.Clone(all)
	for i := range run {
		r := predicted(g, run[i], JSv2)
		run[i].Endless = r.Failure == Loop
	}
	var a struct {
		Version string
		Answers []answer
	}
	ask(t, g, run, &a, "node", filepath.Join("testdata", "jssdk2.cjs"), packages)
	if len(a.Answers) != len(all) {
		return nil
	}
	return []driver{{"JavaScript SDK " + a.Version, JSv2, a.Answers}}
}

func runGo(t *testing.T, g *generator, all []testCase) []driver {
	var answers []answer
	ask(t, g, all, &answers, os.Args[0])
	if len(answers) != len(all) {
		return nil
	}
	return []driver{{"Go SDK", GoSDK, answers}}
}

// goDriver is set for the process that is the Go SDK: the SDK reads the environment by itself.
const goDriver = "EXPLAIN_TEST_GO_SDK"

func TestMain(m *testing.M) {
	if os.Getenv(goDriver) == "" {
		os.Exit(m.Run())
	}
	var q struct {
		Endpoint string
		Cases    []testCase
	}
	if err := json.NewDecoder(os.Stdin).Decode(&q); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answers := make([]answer, len(q.Cases))
	for i, c := range q.Cases {
		answers[i] = goAnswer(q.Endpoint, c)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func goAnswer(endpoint string, c testCase) answer {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "AWS_") || strings.HasPrefix(name, "AMAZON_") {
			_ = os.Unsetenv(name)
		}
	}
	for name, value := range c.Env {
		_ = os.Setenv(name, value)
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO"} { // the SDK's own client reads only the latter
		_ = os.Setenv(name, endpoint)
	}
	ctx := context.Background()
	options := []func(*config.LoadOptions) error{}
	if c.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(c.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return answer{Error: err.Error()}
	}
	region := cfg.Region
	// A request needs a region, which is not what is compared here.
	if cfg, err = config.LoadDefaultConfig(ctx, append(options, config.WithRegion("us-east-1"))...); err != nil {
		return answer{Error: err.Error(), Region: region}
	}
	creds, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return answer{Error: err.Error(), Region: region}
	}
	return answer{Key: creds.AccessKeyID, Region: region}
}
