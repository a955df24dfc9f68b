package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/awsexec/awsexec/internal/ststest"
)

// me is the user of the demo.
var me = ststest.User{
	Account: "123456789012", Name: "me", AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: ststest.Marker + "/demo/" + strings.Repeat("x", 22),
	MFASerial: "arn:aws:iam::123456789012:mfa/me", MFASecret: []byte("seed of the demo"),
}

const role = "arn:aws:iam::210987654321:role/deploy"

// step is a command that is typed, and what it does.
type step struct {
	about   string
	command string
	answers [][2]string // what the terminal shows, and what is typed then
	want    string      // is in what it shows
}

// code stands for the current code of the MFA device, which is not shown.
const code = "CODE"

// steps returns what is typed.
func steps() []step {
	return []step{
		{"Install from source, into ~/.local/bin, which is on the PATH.", "make install", nil, "installed"},
		{"Store a key. The secret is not shown.", "awsexec add work", [][2]string{
			{"access key id: ", me.AccessKeyID}, {"awsexec: secret access key: ", me.SecretAccessKey}, {"AWS region", "eu-west-1"}, {"or none [1]: ", ""}, {"write this to", "y"},
		}, "is stored as"},
		{"The first call of the AWS CLI makes a session, which takes an MFA code.", "aws sts get-caller-identity --profile work", [][2]string{{"MFA code for", code}}, "user/me"},
		{"Other calls use the same session. This is for programs that only read the environment.", "awsexec -p work -- aws sts get-caller-identity", nil, "user/me"},
		{"A role has a profile of its own.", "cat >>~/.aws/config <<END\n\n[profile prod]\nregion = eu-west-1\nrole_arn = " + role + "\nrole_session_name = me\nsource_profile = work\nEND", nil, ""},
		{"It needs no other code.", "aws sts get-caller-identity --profile prod", nil, "assumed-role/deploy/me"},
		{"What is stored.", "awsexec list --tree", nil, "AKIA…MPLE"},
		{"What each AWS client will use, and what is wrong.", "awsexec doctor -p work", nil, "nothing is wrong"},
		{"Replace the key by a new one, at AWS too.", "awsexec rotate work", [][2]string{{"[y/N]", "y"}}, "AKIA…MPLE is deleted at AWS"},
		{"Remove it, with the line in ~/.aws/config. At AWS it is still active.", "awsexec remove work --write-config --yes", nil, "is removed"},
	}
}

// demo writes the demo to out.
func demo(ctx context.Context, out io.Writer) error {
	home, err := os.MkdirTemp("", "awsexec-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	server, err := ststest.Start(ststest.Config{Users: []ststest.User{me}, Roles: []ststest.Role{{ARN: role, Trust: []string{me.Account}}}})
	if err != nil {
		return err
	}
	defer server.Close()
	env, err := environ(ctx, home, server.URL())
	if err != nil {
		return err
	}
	fmt.Fprint(out, "awsexec from an empty home directory, as \"make demo\" shows it. AWS is a stand-in on this machine, and \"aws\" one for the AWS CLI.\n"+
		"Keys are in the encrypted file, whose passphrase is in a variable. Times and random ids are replaced.\n")
	for _, s := range steps() {
		fmt.Fprintf(out, "\n# %s\n$ %s\n", s.about, s.command)
		text, err := typed(ctx, s, env)
		text = constant(text, home)
		if strings.Contains(text, ststest.Marker) {
			return fmt.Errorf("%s: a secret is shown", s.command)
		}
		fmt.Fprint(out, text)
		if err == nil && !strings.Contains(text, s.want) {
			err = fmt.Errorf("it does not show %q", s.want)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.command, err)
		}
	}
	if n := server.Calls("GetSessionToken"); n != 1 {
		return fmt.Errorf("STS was asked for %d sessions, want 1", n)
	}
	return nil
}

// environ returns the environment of an empty home, in which awsexec finds the
// stand-in for AWS.
func environ(ctx context.Context, home, url string) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	tools := filepath.Join(home, "tools")
	if err := os.Mkdir(tools, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(tools, "aws"), []byte("#!/bin/sh\nexec '"+self+"' "+asAWS+` "$@"`+"\n"), 0o700); err != nil {
		return nil, err
	}
	caches, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		return nil, err
	}
	dirs := strings.Fields(string(caches))
	return []string{
		"HOME=" + home, "PATH=" + home + "/.local/bin:" + tools + ":" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=dumb", "TMPDIR=" + os.TempDir(),
		"GOMODCACHE=" + dirs[0], "GOCACHE=" + dirs[1], "VERSION=demo",
		"AWS_ENDPOINT_URL_STS=" + url, "AWS_ENDPOINT_URL_IAM=" + url,
		"AWSEXEC_KEYSTORE=file", "AWSEXEC_PASSPHRASE=" + ststest.Marker + " passphrase of the demo", "AWSEXEC_HOLD=0",
	}, nil
}
