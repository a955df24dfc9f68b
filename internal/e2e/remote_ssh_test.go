//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// host lets ssh reach this machine as the host "there", by an sshd of its own for each
// connection, with more lines of its config. Variables of the home hold for it.
func (h *home) host(t *testing.T, lines ...string) {
	t.Helper()
	sshd := requireProgram(t, "sshd", anyProgram)
	requireProgram(t, "ssh", anyProgram)
	if os.Getuid() == 0 { // where sshd separates its privileges
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"hostkey", "userkey"} {
		if _, err := os.Stat(h.path(name)); err == nil {
			continue
		}
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", h.path(name)).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	server := append([]string{
		"HostKey " + h.path("hostkey"), "AuthorizedKeysFile " + h.path("userkey.pub"), "PidFile none", "StrictModes no", "UsePAM no", "PermitRootLogin yes",
		"SetEnv XDG_RUNTIME_DIR=" + h.path("run") + " REMOTE_STS=" + h.env["AWS_ENDPOINT_URL_STS"] + " REMOTE_RENEWALS=2 PYTHONDONTWRITEBYTECODE=1",
	}, lines...)
	h.write(strings.Join(server, "\n")+"\n", "sshd_config")
	h.write(strings.Join([]string{
		"Host there", "ProxyCommand " + sshd + " -i -f " + h.path("sshd_config"), "IdentityFile " + h.path("userkey"),
		"UserKnownHostsFile " + h.path("known_hosts"), "StrictHostKeyChecking accept-new", "LogLevel ERROR",
	}, "\n")+"\n", "ssh_config")
}

// left returns what awsexec ssh has left on the host.
func (h *home) left() []string {
	left, _ := filepath.Glob(h.path("run", "awsexec-ssh-*"))
	return left
}

// boto3 on another host has credentials through renewals, nobody else has, and nothing
// is left behind.
func TestSSH(t *testing.T) {
	t.Parallel()
	python := requireProgram(t, "python3", hasBoto3)
	needBotocore(t, python, "1.33.0") // reads the token file
	srv := newSTSWith(t, ststest.Config{MaxSession: 2 * time.Second})
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	h.host(t)
	r := h.run("ssh", "-p", "work", "-F", h.path("ssh_config"), "there", "--", python, testdata(t, "remote.py"))
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	for len(lines) > 0 && lines[0] == aliceARN {
		lines = lines[1:]
	}
	want := "renewals: 2"
	if os.Getuid() == 0 {
		want += "\nanother user: 401"
	}
	if got := strings.Join(lines, "\n"); r.code != 0 || got != want || r.stderr != "" {
		t.Errorf("code %d, said\n%s%s", r.code, r.stdout, r.stderr)
	}
	if left := h.left(); len(left) != 0 {
		t.Errorf("left are %q", left)
	}
	if r := h.run("log", "--json"); !strings.Contains(r.stdout, `"how":"ssh","program":"ssh","host":"there"`) {
		t.Errorf("the log has\n%s", r.stdout)
	}
}

// The exit code is the remote command's, unless ssh or awsexec fails.
func TestSSHEnds(t *testing.T) {
	t.Parallel()
	h := newHome(t, "http://127.0.0.1:1")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "ASIAGIVEN", "AWS_SECRET_ACCESS_KEY": aliceSecret, "AWS_SESSION_TOKEN": "token",
		"AWS_CREDENTIAL_EXPIRATION": time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "AWS_REGION": "eu-west-1",
	} {
		h.env[name] = value
	}
	h.host(t)
	flags := []string{"ssh", "-F", h.path("ssh_config")}
	h.write("", "a b", "x")
	h.env["TMPDIR"] = h.path("a b") // where ssh could make no socket
	if r := h.run(append(flags, "-n", "there", "echo $AWSEXEC_PROFILE $AWS_REGION", "--", "; exit 7")...); r.code != 7 || r.stdout != "default eu-west-1 --\n" {
		t.Errorf("%d, %s%s", r.code, r.stdout, r.stderr)
	}
	if r := h.start(command{args: append(flags, "there"), stdin: "echo from $AWSEXEC_PROFILE; exit 3\n"}).wait(); r.code != 3 || !strings.HasSuffix(r.stdout, "from default\n") {
		t.Errorf("a shell: %d, %s%s", r.code, r.stdout, r.stderr)
	}
	if r := h.run(append(flags, "-o", "ProxyCommand=false", "there", "true")...); r.code != 255 || !strings.Contains(r.stderr, "awsexec: error: ssh has no connection to there\n") {
		t.Errorf("no connection: %d, %s", r.code, r.stderr)
	}

	// A connection that drops: the remote command's sshd is killed.
	p := h.start(command{args: append(flags, "there", "echo $PPID >"+h.path("pid")+"; sleep 60")})
	written := func() string { text, _ := os.ReadFile(h.path("pid")); return string(text) }
	eventually(t, "the remote command", func() bool { return strings.HasSuffix(written(), "\n") })
	if len(h.left()) != 1 {
		t.Error("there are no files for the remote program")
	}
	pid, err := strconv.Atoi(strings.TrimSpace(written()))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if r := p.wait(); r.code != 255 {
		t.Errorf("after the connection has dropped: %d, %s", r.code, r.stderr)
	}
	eventually(t, "the files to go", func() bool { return len(h.left()) == 0 })

	// A keeper that was killed cleans nothing up: the next one does.
	h.write("1073741824\n", "run", "awsexec-ssh-old", "keeper")
	if r := h.run(append(flags, "there", "true")...); r.code != 0 {
		t.Errorf("%d, %s", r.code, r.stderr)
	}
	if left := h.left(); len(left) != 0 {
		t.Errorf("left are %q", left)
	}

	h.host(t, "AllowTcpForwarding no")
	if r := h.run(append(flags, "there", "true")...); r.code != 125 || !strings.Contains(r.stderr, "there forwards no port to this machine") {
		t.Errorf("without forwarding: %d, %s", r.code, r.stderr)
	}
}
