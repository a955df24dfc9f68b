//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// issuedSessions holds the sessions that a stand-in for STS has made. Each is
// registered with a stand-in for the service that it is for.
type issuedSessions struct {
	mu   sync.Mutex
	all  []aws.Credentials
	each func(aws.Credentials)
}

func (m *issuedSessions) add(c aws.Credentials) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, c)
	m.each(c)
}

// allExpired reports whether there was a session and all sessions have expired.
func (m *issuedSessions) allExpired() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.all {
		if time.Now().Before(c.Expires) {
			return false
		}
	}
	return len(m.all) > 0
}

func (m *issuedSessions) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.all)
}

// brief is the life of the sessions that the tools below outlive.
const brief = 10 * time.Second

// outlive runs a script under --refresh, which creates the file started in the
// middle and waits for the file go. The file go appears when the session that
// the script started with has expired.
func (h *home) outlive(t *testing.T, sessions *issuedSessions, script string) result {
	t.Helper()
	running := h.start(command{args: []string{"-p", "work", "--refresh", "--", "sh", "-ec", script}})
	ended := make(chan struct{})
	var r result
	go func() {
		r = running.wait()
		close(ended)
	}()
	eventually(t, "the middle of the script", func() bool {
		select {
		case <-ended:
			t.Fatalf("it ended early: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		default:
		}
		_, err := os.Stat(h.path("started"))
		return err == nil
	})
	eventually(t, "the expiry of the first session", sessions.allExpired)
	h.write("", "go")
	<-ended
	if r.code != 0 {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if n := sessions.count(); n < 2 {
		t.Errorf("%d session was made: nothing was renewed", n)
	}
	noMarker(t, "the output", r.stdout+r.stderr)
	return r
}

const untilGo = "touch started; until [ -e go ]; do sleep 0.1; done"

// An apply that takes longer than a session lives still writes its state to S3.
func TestTerraformOutlivesSession(t *testing.T) {
	t.Parallel()
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is missing, and it cannot be installed everywhere")
	}
	s3, err := awstest.StartS3("state")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s3.Close)
	sessions := &issuedSessions{each: s3.Allow}
	h := newKeyringHome(t, newSTSWith(t, ststest.Config{MaxSession: brief, Minted: sessions.add}).URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1")
	h.write(`terraform {
  backend "s3" {
    bucket                      = "state"
    key                         = "long.tfstate"
    region                      = "eu-west-1"
    use_path_style              = true
    use_lockfile                = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_region_validation      = true
  }
}
resource "terraform_data" "long" {
  input = "applied"
  provisioner "local-exec" {
    command = "`+untilGo+`"
  }
}
`, "main.tf")
	for _, kv := range []string{"AWS_ENDPOINT_URL_S3=" + s3.URL(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE=" + h.write("", "terraform.rc")} {
		name, value, _ := strings.Cut(kv, "=")
		h.env[name] = value
	}
	h.outlive(t, sessions, terraform+" init -input=false -no-color && "+terraform+" apply -auto-approve -input=false -no-color")
	if state, _ := s3.Object("state", "long.tfstate"); !strings.Contains(string(state), `"applied"`) {
		t.Errorf("there is no state of an apply in the bucket, but %.300q", state)
	}
	if lock, ok := s3.Object("state", "long.tfstate.tflock"); ok {
		t.Errorf("the lock still exists: %.300q", lock)
	}
	for _, call := range s3.Calls() {
		if call.Status == 403 || call.Status == 400 {
			t.Errorf("S3 refused %s %s with key %s", call.Method, call.Path, call.AccessKeyID)
		}
	}
}

// A deployment succeeds whose app takes longer than a session lives, after the
// CDK has looked up the account.
func TestCDKOutlivesSession(t *testing.T) {
	t.Parallel()
	node := requireProgram(t, "node", anyProgram)
	cdk := testdata(t, "js", "node_modules", "aws-cdk", "bin", "cdk")
	if _, err := os.Stat(cdk); err != nil {
		missing(t, "no CDK in testdata/js: run `npm ci` there, or `make test`")
	}
	stacks, err := awstest.StartCloudFormation()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stacks.Close)
	sessions := &issuedSessions{each: stacks.Allow}
	srv := newSTSWith(t, ststest.Config{MaxSession: brief, Minted: sessions.add})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.config("[profile work]", "region = eu-west-1")
	h.write(`{"app": "sh app.sh", "requireApproval": "never", "notices": false, "versionReporting": false, "cli-telemetry": false}`, "cdk.json")
	h.write(`echo "account $CDK_DEFAULT_ACCOUNT" >&2; `+untilGo+`; cp assembly/* "$CDK_OUTDIR"`, "app.sh")
	h.write(`{"version": "36.0.0", "artifacts": {"Long": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region",
		"properties": {"templateFile": "Long.template.json"}}}}`, "assembly", "manifest.json")
	h.write(`{"Resources":{"Wait":{"Type":"AWS::CloudFormation::WaitConditionHandle"}}}`, "assembly", "Long.template.json")
	h.env["AWS_ENDPOINT_URL_CLOUDFORMATION"] = stacks.URL()
	h.env["CI"] = "1" // no progress bar
	r := h.outlive(t, sessions, node+" --no-warnings "+cdk+" deploy Long")
	if !strings.Contains(r.stdout+r.stderr, "account "+account) {
		t.Errorf("the CDK did not look up the account before it ran the app:\n%s", r.stderr)
	}
	if template, ok := stacks.Template("Long"); !ok || !strings.Contains(template, "WaitConditionHandle") {
		t.Errorf("the stack is missing, or not as written: %.200q", template)
	}
	for _, call := range stacks.Calls() {
		if call.Status == 403 {
			t.Errorf("CloudFormation refused key %s", call.AccessKeyID)
		}
	}
}
