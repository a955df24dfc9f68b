//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// client is a program that calls GetCallerIdentity with the credentials that
// its SDK finds, and prints the ARN.
type client struct {
	name string
	argv func(t *testing.T, endpoint string) []string
}

var clients = []client{
	{"AWS CLI v2", func(t *testing.T, endpoint string) []string {
		aws := requireProgram(t, "aws", isAWSCLIv2)
		// Older versions of the AWS CLI do not read the endpoint from the
		// environment.
		return []string{aws, "sts", "get-caller-identity", "--query", "Arn", "--output", "text", "--endpoint-url", endpoint}
	}},
	{"boto3", func(t *testing.T, _ string) []string {
		return []string{requireProgram(t, "python3", hasBoto3), testdata(t, "whoami.py")}
	}},
	{"JavaScript SDK v3", func(t *testing.T, _ string) []string {
		node := requireProgram(t, "node", anyProgram)
		if _, err := os.Stat(testdata(t, "js", "node_modules")); err != nil {
			missing(t, "no packages in testdata/js: run `npm ci` there, or `make test`")
		}
		return []string{node, testdata(t, "js", "whoami.mjs")}
	}},
	{"Go SDK v2", func(*testing.T, string) []string { return []string{bin + "/probe", "whoami"} }},
}

func isAWSCLIv2(path string) bool {
	out, err := exec.Command(path, "--version").Output()
	return err == nil && strings.HasPrefix(string(out), "aws-cli/2.")
}

func hasBoto3(path string) bool { return exec.Command(path, "-c", "import boto3").Run() == nil }

// needBotocore skips a test of something that botocore has since a version, such as
// 1.31.17: a distribution may have an older one.
func needBotocore(t *testing.T, python, since string) {
	t.Helper()
	const compare = "import botocore, sys; n = lambda v: [int(x) for x in v.split('.')[:3]]; sys.exit(n(botocore.__version__) < n(sys.argv[1]))"
	if err := exec.Command(python, "-c", compare, since).Run(); err != nil {
		t.Skipf("the botocore of %s is older than %s", python, since)
	}
}

func testdata(t *testing.T, elem ...string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(append([]string{"testdata"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Each SDK, with a profile whose credential_process is awsexec, has the
// identity of the profile.
func TestClientsThroughCredentialProcess(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1", "credential_process = "+bin+"/awsexec --profile work")
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			argv := c.argv(t, srv.URL())
			r := h.start(command{name: argv[0], args: argv[1:], env: []string{"AWS_PROFILE=work"}}).wait()
			isAliceWithSession(t, srv, r)
		})
	}
	if n := srv.Calls("GetSessionToken"); n > 1 {
		t.Errorf("%d sessions for one key, want 1", n)
	}
}

// Each SDK as a child of awsexec, without a profile to read, has the identity
// of the profile.
func TestClientsAsChildren(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			argv := c.argv(t, srv.URL())
			isAliceWithSession(t, srv, h.run(slices.Concat([]string{"-p", "work", "--"}, argv)...))
		})
	}
	if n := srv.Calls("GetSessionToken"); n > 1 {
		t.Errorf("%d sessions for one key, want 1", n)
	}
}
