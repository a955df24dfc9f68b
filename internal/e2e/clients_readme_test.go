//go:build linux

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/fenced"
	"github.com/awsexec/awsexec/internal/ststest"
)

// readme returns a block of README.md.
func readme(t *testing.T, heading string, n int) string {
	t.Helper()
	blocks, err := fenced.Blocks("../..", "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		if b.Heading == heading && b.N == n {
			return b.Text
		}
	}
	t.Fatalf("README.md has no block %d below %q", n, heading)
	return ""
}

// me is the user of README.md.
var me = ststest.User{
	Account: account, Name: "me", AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: ststest.Marker + "/me/" + strings.Repeat("x", 24),
	MFASerial: "arn:aws:iam::" + account + ":mfa/me", MFASecret: []byte("seed of me"),
}

// Who follows README.md with the AWS CLI and a keyring, in an empty home, sees what
// it shows.
func TestReadme(t *testing.T) {
	t.Parallel()
	srv, err := ststest.Start(ststest.Config{Users: []ststest.User{me}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	h := newKeyringHome(t, srv.URL())
	h.env["AWS_PAGER"] = ""
	delete(h.env, "AWS_SHARED_CREDENTIALS_FILE") // there is none
	(&world{home: h}).awsCLI()
	tm := h.onTerminal(false, "/bin/bash", "-euc", readme(t, "First key", 1))
	code := ststest.TOTP(me.MFASecret, time.Now())
	for _, step := range [][2]string{
		{"access key id: ", me.AccessKeyID}, {"secret access key: ", me.SecretAccessKey}, {"AWS region", "eu-west-1"}, {"or none [1]: ", ""}, {"write this to", "y"}, {"MFA code", code},
	} {
		tm.expect(step[0])
		tm.send(step[1] + "\n")
	}
	r := tm.end()
	shown := strings.NewReplacer("\r\n", "\n", bin, "/home/me/.local/bin", code, "123456").Replace(tm.shown())
	if r.code != 0 {
		t.Fatalf("exit code %d:\n%s", r.code, shown)
	}
	noMarker(t, "the terminal", shown)
	if want := readme(t, "First key", 2); !strings.HasPrefix(shown, want+"\n[exit") {
		t.Errorf("it does not show\n%s\nbut\n%s", want, shown)
	}
}
