package ststest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// program returns the first program of that name on the PATH whose output for a
// trial run accept accepts.
func program(t *testing.T, name string, accept func(output string) bool, trial ...string) string {
	t.Helper()
	if runtime.GOOS != "windows" {
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			path := filepath.Join(dir, name)
			if output, err := exec.CommandContext(t.Context(), path, trial...).CombinedOutput(); err == nil && accept(string(output)) {
				return path
			}
		}
	}
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatalf("no suitable %s on the PATH", name)
	}
	t.Skipf("no suitable %s on the PATH", name)
	return ""
}

// run runs a client of the server as user me, without the machine's own AWS
// configuration, and returns its standard output.
func run(t *testing.T, path string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	home := t.TempDir()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, "credentials"),
		"AWS_ACCESS_KEY_ID=" + me.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + me.SecretAccessKey, "AWS_DEFAULT_REGION=" + region,
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	return output
}

func TestAWSCLI(t *testing.T) {
	t.Parallel()
	cli := program(t, "aws", func(output string) bool { return strings.HasPrefix(output, "aws-cli/2") }, "--version")
	s := start(t)
	var identity struct{ Arn string }
	if err := json.Unmarshal(run(t, cli, "--endpoint-url", s.URL(), "--output", "json", "sts", "get-caller-identity"), &identity); err != nil || identity.Arn != meARN {
		t.Errorf("identity %s, %v", identity.Arn, err)
	}
	var session struct {
		Credentials struct{ AccessKeyId, SessionToken string }
	}
	output := run(t, cli, "--endpoint-url", s.URL(), "--output", "json", "sts", "get-session-token",
		"--serial-number", mfaSerial, "--token-code", TOTP(mfaSeed, epoch))
	if err := json.Unmarshal(output, &session); err != nil || !strings.HasPrefix(session.Credentials.SessionToken, Marker) {
		t.Errorf("session %s, %v", session.Credentials.AccessKeyId, err)
	}
	if s.Calls("GetCallerIdentity") != 1 || s.Calls("GetSessionToken") != 1 || !strings.HasPrefix(s.Requests()[0].UserAgent, "aws-cli/2") {
		t.Errorf("recorded %+v", s.Requests())
	}
}

func TestBoto3(t *testing.T) {
	t.Parallel()
	python := program(t, "python3", func(string) bool { return true }, "-c", "import boto3")
	s := start(t)
	const script = `
import boto3, sys
url, region = sys.argv[1:]
sts = boto3.client("sts", endpoint_url=url, region_name=region)
c = sts.get_session_token(DurationSeconds=900)["Credentials"]
session = boto3.client("sts", endpoint_url=url, region_name=region, aws_access_key_id=c["AccessKeyId"],
                       aws_secret_access_key=c["SecretAccessKey"], aws_session_token=c["SessionToken"])
print(sts.get_caller_identity()["Arn"], session.get_caller_identity()["Arn"])
try:
    session.get_session_token()
except Exception as e:
    print(e.response["Error"]["Code"])
`
	if got, want := string(run(t, python, "-c", script, s.URL(), region)), meARN+" "+meARN+"\nAccessDenied\n"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}
