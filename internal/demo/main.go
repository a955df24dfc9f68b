// Command demo shows awsexec at work from end to end without an AWS account:
// "make demo".
//
// It builds awsexec, starts a stand-in for AWS STS on loopback, and runs the
// real binary in an empty home directory with the encrypted file as keystore.
// It needs only Go, changes nothing outside a temporary directory, and fails if
// a step does not do what it describes.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/processfmt"
)

const (
	keyID  = "AKIAIOSFODNN7DEMO123"
	secret = ststest.Marker + "demoDEMOdemoDEMOdemoDEMO1234"
	serial = "arn:aws:iam::123456789012:mfa/alice"
	seed   = "12345678901234567890"

	// whoami, as the only argument, makes this program act as a user's program:
	// an SDK client that asks STS for its identity.
	whoami = "who-am-i"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var err error
	if len(os.Args) == 2 && os.Args[1] == whoami {
		err = showIdentity(ctx)
	} else {
		err = demo(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// showIdentity is the child. It knows nothing of awsexec and finds its
// credentials like any program that uses an AWS SDK.
func showIdentity(ctx context.Context) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return err
	}
	fmt.Printf("my identity at AWS is %s; my key is %s, from %s\n", aws.ToString(out.Arn), c.AccessKeyID,
		c.Source)
	return nil
}

// stage is the environment of the demo.
type stage struct {
	home, awsexec string
	env           []string
	server        *ststest.Server
}

func demo(ctx context.Context) error {
	home, err := os.MkdirTemp("", "awsexec-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	server, err := ststest.Start(ststest.Config{Users: []ststest.User{{
		Account: "123456789012", Name: "alice", MFASerial: serial, MFASecret: []byte(seed),
		AccessKeyID: keyID, SecretAccessKey: secret,
	}}})
	if err != nil {
		return err
	}
	defer server.Close()
	s := &stage{home: home, server: server, awsexec: filepath.Join(home, "awsexec")}
	if runtime.GOOS == "windows" {
		s.awsexec += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", s.awsexec, "./cmd/awsexec")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build awsexec: %w", err)
	}
	s.env = []string{
		"HOME=" + home, "USERPROFILE=" + home, "LOCALAPPDATA=" + home,
		"PATH=" + home + string(os.PathListSeparator) + os.Getenv("PATH"),
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "TMPDIR=" + os.TempDir(),
		"AWS_ENDPOINT_URL_STS=" + server.URL(), "AWS_ENDPOINT_URL_IAM=" + server.URL(), "AWS_REGION=eu-west-1", "AWS_EC2_METADATA_DISABLED=true",
		"AWSEXEC_KEYSTORE=file", "AWSEXEC_PASSPHRASE=" + ststest.Marker + "correct horse", "AWSEXEC_HOLD=0",
	}
	return s.play(ctx)
}

// play runs the steps of the demo.
func (s *stage) play(ctx context.Context) error {
	me, err := os.Executable()
	if err != nil {
		return err
	}

	say("A long-term key goes in. awsexec asks STS for its identity, encrypts it, and adds the profile to ~/.aws/config.")
	if _, err := s.run(ctx, keyID+"\n"+secret+"\n", "add", "work", "--stdin", "--write-config"); err != nil {
		return err
	}
	if err := s.show(filepath.Join(".aws", "config")); err != nil {
		return err
	}

	say("Temporary credentials come out, as the JSON that every AWS SDK reads from a credential_process.")
	out, err := s.run(ctx, "", "--profile", "work")
	if err != nil {
		return err
	}
	first, err := processfmt.Decode(strings.NewReader(out))
	if err != nil {
		return err
	}
	if err := s.calls("GetSessionToken", 1); err != nil {
		return err
	}

	say("A program gets them in its environment. The session is the one made before, so no new call is needed.")
	out, err = s.run(ctx, "", "--profile", "work", "--", me, whoami)
	if err != nil {
		return err
	}
	if err := s.expect(out, "user/alice", first.AccessKeyID); err != nil {
		return err
	}
	if err := s.calls("GetSessionToken", 1); err != nil {
		return err
	}

	say("Or it gets nothing at all: the SDK reads ~/.aws/config and calls awsexec by itself.")
	out, err = s.command(ctx, "AWS_PROFILE=work", "", me, whoami)
	if err != nil {
		return err
	}
	if err := s.expect(out, "user/alice", first.AccessKeyID, "ProcessProvider"); err != nil {
		return err
	}

	say("With mfa_serial in the profile, a new session needs an MFA code, and lasts 12 hours. (On a terminal, awsexec asks for the code.)")
	if err := s.append(filepath.Join(".aws", "config"), "mfa_serial = "+serial+"\n"); err != nil {
		return err
	}
	s.env = append(s.env, "AWSEXEC_MFA_CODE="+ststest.TOTP([]byte(seed), time.Now()))
	if _, err := s.run(ctx, "", "--profile", "work", "--", me, whoami); err != nil {
		return err
	}
	if err := s.calls("GetSessionToken", 2); err != nil {
		return err
	}

	say("The list shows what is stored, and how long each session lasts.")
	if _, err := s.run(ctx, "", "list"); err != nil {
		return err
	}

	say("The key is replaced by a new one of the same user. The session with MFA is still valid, so no other code is needed.")
	if _, err := s.run(ctx, "", "rotate", "work", "--yes"); err != nil {
		return err
	}
	if err := s.calls("GetSessionToken", 2); err != nil {
		return err
	}
	if keys := s.server.AccessKeys("arn:aws:iam::123456789012:user/alice"); len(keys) != 1 || keys[keyID] {
		return errors.New("the old key still exists")
	}

	say("The key is removed, with everything made from it.")
	if _, err := s.run(ctx, "", "remove", "work", "--yes"); err != nil {
		return err
	}
	if _, err := s.run(ctx, "", "--profile", "work"); err == nil {
		return errors.New("credentials are left")
	}
	say("Done. Nothing is left behind, and AWS was never called.")
	return nil
}

// run runs awsexec, shows what a user would see, and returns its standard
// output.
func (s *stage) run(ctx context.Context, stdin string, args ...string) (string, error) {
	return s.command(ctx, "", stdin, s.awsexec, args...)
}

func (s *stage) command(ctx context.Context, variable, stdin, program string, args ...string) (string, error) {
	line := append([]string{filepath.Base(program)}, args...)
	for i, a := range line {
		if filepath.IsAbs(a) {
			line[i] = filepath.Base(a)
		}
	}
	if variable != "" {
		line = append([]string{variable}, line...)
	}
	fmt.Printf("\n  $ %s\n", strings.Join(line, " "))
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(s.env[:len(s.env):len(s.env)], variable)
	cmd.Stdin = strings.NewReader(stdin)
	var out, both bytes.Buffer
	cmd.Stdout = &out
	cmd.Stderr = &both
	err := cmd.Run()
	show(out.String())
	show(both.String())
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(line, " "), err)
	}
	return out.String(), err
}

// show prints text, indented, and masks what would be a secret with AWS.
func show(text string) {
	for line := range strings.Lines(text) {
		for {
			start := strings.Index(line, ststest.Marker)
			if start < 0 {
				break
			}
			end := start + strings.IndexAny(line[start:]+`"`, "\"\n")
			line = line[:start] + "********" + line[end:]
		}
		fmt.Print("    ", line)
	}
}

func (s *stage) show(name string) error {
	data, err := os.ReadFile(filepath.Join(s.home, name))
	if err != nil {
		return err
	}
	fmt.Printf("\n  $ cat %s\n", filepath.ToSlash(filepath.Join("~", name)))
	show(string(data))
	return nil
}

func (s *stage) append(name, line string) error {
	f, err := os.OpenFile(filepath.Join(s.home, name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// calls checks the number of calls of an operation that STS has received.
func (s *stage) calls(operation string, want int) error {
	if got := s.server.Calls(operation); got != want {
		return fmt.Errorf("%s has been called %d times, want %d", operation, got, want)
	}
	fmt.Printf("    (STS has received %s %d time(s))\n", operation, want)
	return nil
}

// expect checks that out contains all parts.
func (s *stage) expect(out string, parts ...string) error {
	for _, p := range parts {
		if !strings.Contains(out, p) {
			return fmt.Errorf("the output lacks %q", p)
		}
	}
	return nil
}

func say(text string) { fmt.Printf("\n%s\n", text) }
