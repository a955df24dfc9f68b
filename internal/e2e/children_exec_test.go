//go:build linux

package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// workHome returns a home with alice's key and a session. Every test of
// children starts with it.
func workHome(t *testing.T) *home {
	t.Helper()
	h := newKeyringHome(t, newSTS(t).URL())
	h.addAlice()
	h.credentials("-p", "work")
	return h
}

// A program sees of itself under awsexec what it would see without awsexec.
func TestChild(t *testing.T) {
	t.Parallel()
	h := workHome(t)
	tests := []struct {
		name string
		command
		code   int
		signal syscall.Signal
		stdout string
	}{
		{"exit 0", command{args: []string{"sh", "-c", "exit 0"}}, 0, 0, ""},
		{"exit 7", command{args: []string{"sh", "-c", "exit 7"}}, 7, 0, ""},
		{"exit 255", command{args: []string{"sh", "-c", "exit 255"}}, 255, 0, ""},
		{"killed", command{args: []string{"sh", "-c", "kill -9 $$"}}, 137, syscall.SIGKILL, ""},
		{"terminated", command{args: []string{"sh", "-c", "kill -15 $$"}}, 143, syscall.SIGTERM, ""},
		{"stdin", command{args: []string{"cat"}, stdin: strings.Repeat("all of it\x00\n", 1<<16)}, 0, 0, strings.Repeat("all of it\x00\n", 1<<16)},
		{"arguments", command{args: []string{"probe", "args", "--", "-p", "x", "--help", "list", "", "a b", "*", "$HOME", "é\n", "\xff"}}, 0, 0,
			`"--"` + "\n" + `"-p"` + "\n" + `"x"` + "\n" + `"--help"` + "\n" + `"list"` + "\n" + `""` + "\n" + `"a b"` + "\n" + `"*"` + "\n" +
				`"$HOME"` + "\n" + `"é\n"` + "\n" + `"\xff"` + "\n"},
		{"a command's name", command{args: []string{"printf", "%s", "list"}}, 0, 0, "list"},
		{"directory", command{args: []string{"pwd"}, dir: "/"}, 0, 0, "/\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.command
			c.args = append([]string{"-p", "work", "--"}, c.args...)
			r := h.start(c).wait()
			if r.code != tt.code || r.signal != tt.signal {
				t.Errorf("exit code %d, signal %d; want %d, %d; stderr:\n%s", r.code, r.signal, tt.code, tt.signal, r.stderr)
			}
			if r.stdout != tt.stdout {
				t.Errorf("stdout %.200q, want %.200q", r.stdout, tt.stdout)
			}
			if r.stderr != "" {
				t.Errorf("awsexec wrote to stderr:\n%s", r.stderr)
			}
		})
	}
}

// The child has awsexec's process ID, limits and name; no wrapper process is
// left.
func TestChildKeepsProcess(t *testing.T) {
	t.Parallel()
	h := workHome(t)
	r := h.run("-p", "work", "--", "sh", "-c", "echo $$")
	if r.stdout != fmt.Sprintln(r.pid) {
		t.Errorf("the child is process %s, awsexec was %d", strings.TrimSpace(r.stdout), r.pid)
	}
	limited := `ulimit -Sn 512; exec awsexec -p work -- sh -c 'ulimit -Sn; ulimit -Hn'`
	plain := `ulimit -Sn 512; exec sh -c 'ulimit -Sn; ulimit -Hn'`
	got := h.start(command{name: "/bin/sh", args: []string{"-c", limited}}).wait()
	want := h.start(command{name: "/bin/sh", args: []string{"-c", plain}}).wait()
	if got.stdout != want.stdout || !strings.HasPrefix(got.stdout, "512\n") {
		t.Errorf("limits %q, want %q; stderr:\n%s", got.stdout, want.stdout, got.stderr)
	}
	// The child has the descriptors, blocked signals and ignored signals that
	// it would have without awsexec, including an inherited descriptor.
	look := []string{"-c", `grep -E '^Sig(Blk|Ign)' /proc/self/status; cd /proc/$$/fd && echo *`}
	got = h.start(command{args: slices.Concat([]string{"-p", "work", "--", "sh"}, look)}).wait()
	want = h.start(command{name: "/bin/sh", args: look}).wait()
	if got.stdout != want.stdout || got.stdout == "" {
		t.Errorf("the child has\n%swant\n%s", got.stdout, want.stdout)
	}
	r = h.start(command{name: "/bin/sh", args: []string{"-c", `exec 5<<. ; exec awsexec -p work -- cat <&5
handed over
.`}}).wait()
	if r.stdout != "handed over\n" {
		t.Errorf("the child reads %q; stderr:\n%s", r.stdout, r.stderr)
	}
}

// From an environment full of other identities the child gets exactly one
// identity, and everything that is not an identity.
func TestChildEnvironment(t *testing.T) {
	t.Parallel()
	h := workHome(t)
	h.config("[profile work]", "region = eu-west-1", "[profile nowhere]")
	h.add("nowhere", aliceKey, aliceSecret)
	dirty := []string{
		"AWS_PROFILE=other", "AWS_DEFAULT_PROFILE=other", "AWS_ACCESS_KEY_ID=AKIAOTHER", "AWS_SECRET_ACCESS_KEY=other",
		"AWS_SESSION_TOKEN=other", "AWS_SECURITY_TOKEN=other", "AWS_ACCESS_KEY=other", "AWS_SECRET_KEY=other",
		"AWS_CREDENTIAL_FILE=/other", "AWS_CREDENTIAL_EXPIRATION=2001-01-01T00:00:00Z", "AWS_ACCOUNT_ID=000000000000",
		"AWS_ROLE_ARN=arn:aws:iam::000000000000:role/other", "AWS_ROLE_SESSION_NAME=other", "AWS_WEB_IDENTITY_TOKEN_FILE=/other",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x",
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=other", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/other",
		"AWSEXEC_PASSPHRASE=other", "AWSEXEC_MFA_CODE=123456",
	}
	kept := []string{"AWS_CA_BUNDLE=", "AWS_PAGER=less", "AWS_MAX_ATTEMPTS=2", "AWSOME=1", "aws_profile=lower", "EMPTY=", "ODD=a=b\nc", "LANG=C.UTF-8"}
	tests := []struct {
		name         string
		args         []string
		region, want []string
	}{
		{"profile's region", []string{"-p", "work"}, nil,
			[]string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWSEXEC_PROFILE=work", "AWSEXEC_SETTINGS=AWS_REGION AWS_DEFAULT_REGION"}},
		{"AWS_DEFAULT_REGION over the profile", []string{"-p", "work"}, []string{"AWS_DEFAULT_REGION=eu-west-2"},
			[]string{"AWS_REGION=eu-west-2", "AWS_DEFAULT_REGION=eu-west-2", "AWSEXEC_PROFILE=work"}},
		{"AWS_REGION over AWS_DEFAULT_REGION", []string{"-p", "work"}, []string{"AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=eu-west-2"},
			[]string{"AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=eu-west-3", "AWSEXEC_PROFILE=work"}},
		{"--region over everything", []string{"-p", "work", "--region", "us-east-2"}, []string{"AWS_REGION=eu-west-3", "AWS_DEFAULT_REGION=eu-west-2"},
			[]string{"AWS_REGION=us-east-2", "AWS_DEFAULT_REGION=us-east-2", "AWSEXEC_PROFILE=work", "AWSEXEC_SETTINGS=AWS_REGION AWS_DEFAULT_REGION"}},
		{"no region anywhere", []string{"-p", "nowhere"}, nil, []string{"AWSEXEC_PROFILE=nowhere"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := decode(t, h.start(command{args: tt.args, env: tt.region}).wait())
			env := slices.Concat(dirty, kept, tt.region)
			r := h.start(command{args: slices.Concat(tt.args, []string{"--", "env", "-0"}), env: env}).wait()
			if r.code != 0 {
				t.Fatalf("exit code %d, stderr:\n%s", r.code, r.stderr)
			}
			got := strings.Split(strings.TrimSuffix(r.stdout, "\x00"), "\x00")
			for i, kv := range got {
				if strings.HasPrefix(kv, "AWSEXEC_GIVEN=") || strings.HasPrefix(kv, "AWSEXEC_SETTINGS=") {
					got[i] = checksum.ReplaceAllString(kv, "")
				}
			}
			slices.Sort(got)

			var names []string // the home's own variables, to remove where another list has them
			for _, kv := range slices.Concat(dirty, tt.region) {
				name, _, _ := strings.Cut(kv, "=")
				names = append(names, name)
			}
			want := slices.Concat(h.environ(slices.Concat(kept, names)...), tt.want, []string{
				"AWSEXEC_GIVEN=AWS_ACCESS_KEY_ID",
				"AWS_ACCESS_KEY_ID=" + c.AccessKeyID,
				"AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey,
				"AWS_SESSION_TOKEN=" + c.SessionToken,
				"AWS_CREDENTIAL_EXPIRATION=" + c.Expires.Add(time.Minute).UTC().Format(time.RFC3339), // SDKs get an earlier expiry
			})
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("environment differs:\nonly in the child: %q\nmissing in it: %q", minus(got, want), minus(want, got))
			}
			if strings.Contains(r.stdout, "other") {
				t.Error("another identity is left")
			}
		})
	}
}

// checksum is that of a value, behind the name of its variable.
var checksum = regexp.MustCompile(`:[0-9a-f]{8}`)

// minus returns the elements of a that are not in b.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}
