//go:build unix

package script

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/agetest"
	"github.com/awsexec/awsexec/internal/helper/helpertest"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/ststest"
)

var update = flag.Bool("update", false, "write the programs' output into the scripts that compare it")

// limit is the longest time of one command of a script.
const limit = 30 * time.Second

func TestMain(m *testing.M) {
	programs := map[string]func(){"mfacode": mfaCode, "sdkclient": sdkClient, "testbrowser": testBrowser, "s3client": s3Client, "dockerclient": dockerClient, "agekey": agetest.Keygen, helpertest.Program: helpertest.Serve}
	maps.Copy(programs, agetest.Plugins)
	testscript.Main(m, programs)
}

// mfaCode prints the current code of a user's MFA device, as the mfa_process of
// a profile does. Its first argument is the user, and a second one is how far
// the device's clock is ahead.
func mfaCode() {
	now := time.Now()
	if len(os.Args) > 2 {
		ahead, err := time.ParseDuration(os.Args[2])
		if err != nil {
			panic(err)
		}
		now = now.Add(ahead)
	}
	fmt.Println(ststest.TOTP([]byte("seed of "+os.Args[1]), now))
}

// TestScripts runs each script in its own home directory, with its own AWS.
//
// Besides the commands of testscript there are:
//
//	awsexec [ARG…]              runs awsexec; with ! it must fail
//	code N                      checks the exit code of the last awsexec
//	exec agekey KIND FILE [PASSPHRASE]   makes an age identity, and its recipient in FILE.pub
//	terminal FILE COMMAND…      runs a command on a terminal; FILE holds the input
//	aws calls ACTION N          checks how many calls of an action arrived
//	aws sent ACTION NAME=VALUE… checks parameters of the last call of an action
//	aws fail ACTION STATUS CODE MESSAGE   fails the next call of an action
//	aws fail ACTION             breaks the connection of the next ten calls
//	aws page ACTION STATUS      answers the next call of an action with a web page
//	aws redirect ACTION STATUS URL   answers it with a redirect
//	aws forbid|allow ACTION     lets the policies forbid or allow an action of IAM
//	aws hold ACTION             has the calls of an action wait until aws release ACTION
//	aws await ACTION            waits until such a call has arrived
//	aws slow N                  refuses the first N calls with each new key
//	aws key add USER ID         gives a user another access key, with $SECOND_SECRET
//	aws key remove|disable ID   removes an access key or switches it off
//	aws clock DURATION          sets how far its clock is ahead
//	aws keys USER N             checks how many access keys a user has
//	machine WAY…                has the machine offer credentials: container, instance or pod
//	signin sso NAME|URL [expired]   signs in at IAM Identity Center, as aws sso login does; with a URL in the legacy form
//	signin login [expired]      signs in as aws login does
//	signin as ARN               has somebody else sign in in the browser from now on, as aws login does
//	signin deny [WORD]          has the browser come back with an error from now on, or with none
//	signin clock DURATION       sets how far the clock of the sign-in service is ahead
//	signin used                 has another program use the refresh tokens, and keep what it got
//	signin renewed sso|login N  checks how often a sign-in was renewed
//	signin account ID NAME [ROLE…]   lets who signs in use roles of an account, or more of them
//	signin accounts N           has instead N accounts with three roles each
//	signin throttle N           refuses the next N lists as too many requests
//	signin lists N              checks how many lists were asked for
//	signin down                 ends the services; signin up starts new ones, and so does signin start at first
//	signin made N               checks how many people signed in in a browser
//	signin refuse WORD          has browsers come back with an error, until signin agree
//	signin confirm              confirms the code of a sign-in elsewhere, once there is one
//	block PAGE HEADING N [FILE] takes a block of README.md or docs, into FILE or the file that it names
//	program NAME…               makes programs that use an AWS SDK
//	bucket start NAME           starts an S3 with a bucket that holds the object k; s3client is a program that gets and puts
//	registry start              starts an ECR and an ECR Public, which number their passwords; dockerclient asks docker-credential-awsexec as Docker does
//	console start               starts the endpoint that signs browsers in to the console; testbrowser is a browser
//	console opened ARN PAGE [DURATION]   checks who was signed in last, on which page, and for how long if that was asked for
//	console closed              checks that nobody was signed in since then
func TestScripts(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-buildvcs=false", "-tags", "awsexec_cheap", "-o", filepath.Join(bin, "awsexec"), "../../cmd/awsexec")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build awsexec: %v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		Setup:               func(env *testscript.Env) error { return setup(env, bin) },
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		ContinueOnError:     true,
		UpdateScripts:       *update,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"awsexec": awsexec, "code": code, "terminal": onTerminal, "aws": controlAWS, "machine": machine, "signin": signIn,
			"block": block, "program": program, "console": console, "bucket": bucket, "registry": registry,
		},
	})
}

// condition reports the conditions [held], the kernel holds keys here, and
// [root].
func condition(name string) (bool, error) {
	all := os.Getenv("AWSEXEC_TEST_REQUIRE") == "all"
	switch name {
	case "held":
		const key = "test of awsexec scripts"
		err := kernelkey.Put(key, nil, time.Minute)
		if errors.Is(err, kernelkey.ErrUnavailable) && !all {
			return false, nil
		}
		return err == nil, errors.Join(err, kernelkey.Drop(key))
	case "root":
		if os.Getuid() != 0 && all {
			return false, errors.New("root cannot run these tests")
		}
		return os.Getuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

const account = "123456789012"

// users are the users of the scripts: alice has no MFA device, bob and carol
// have one, and dave has a passkey and a hardware token too.
var users = []ststest.User{
	{Account: account, Name: "alice", AccessKeyID: "AKIAIOSFODNN7ALICE01", SecretAccessKey: secretOf("alice")},
	{Account: account, Name: "bob", AccessKeyID: "AKIAIOSFODNN7BOBBOB1", SecretAccessKey: secretOf("bob"),
		MFASerial: "arn:aws:iam::" + account + ":mfa/bob", MFASecret: []byte("seed of bob")},
	{Account: account, Name: "carol", AccessKeyID: "AKIAIOSFODNN7CAROL01", SecretAccessKey: secretOf("carol"),
		MFASerial: "arn:aws:iam::" + account + ":mfa/carol", MFASecret: []byte("seed of carol")},
	{Account: account, Name: "dave", AccessKeyID: "AKIAIOSFODNN7DAVE001", SecretAccessKey: secretOf("dave"),
		MFASerial: "arn:aws:iam::" + account + ":mfa/dave", MFASecret: []byte("seed of dave"),
		OtherMFA: []string{"arn:aws:iam::" + account + ":u2f/user/dave/passkey", "GAHT12345678"}},
	{Account: account, Name: "me", AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secretOf("me"), // of the pages
		MFASerial: "arn:aws:iam::" + account + ":mfa/me", MFASecret: []byte("seed of me")},
	{Account: account, Root: true, AccessKeyID: "AKIAIOSFODNN7ROOT001", SecretAccessKey: secretOf("root")},
}

// secretOf returns a secret access key in the form of AWS's keys.
func secretOf(user string) string {
	return (ststest.Marker + "/" + user + "/" + strings.Repeat("x", 40))[:40]
}

var roles = []ststest.Role{
	{ARN: "arn:aws:iam::" + account + ":role/admin", Trust: []string{account}, MaxSessionDuration: 12 * time.Hour},
	{ARN: "arn:aws:iam::" + account + ":role/mfa", Trust: []string{account}, RequireMFA: true},
	{ARN: "arn:aws:iam::" + account + ":role/external", Trust: []string{account}, ExternalID: "4711"},
	{ARN: "arn:aws:iam::210987654321:role/deploy", Trust: []string{account}},
	{ARN: roleMachine, Trust: []string{webProvider}},
	{ARN: "arn:aws:iam::" + account + ":role/closed", Trust: []string{"arn:aws:iam::" + account + ":user/nobody"}},
}

// setup creates the home and the AWS of a script. The keys of each user are in
// $ALICE and $ALICE_SECRET, and so on, and in alice.key in the form of add
// --stdin.
func setup(env *testscript.Env, bin string) error {
	s3 := &buckets{}
	server, err := ststest.Start(ststest.Config{Users: users, Roles: roles, WebIdentities: webIdentities, Minted: s3.learn})
	if err != nil {
		return err
	}
	env.Defer(server.Close)
	env.Values[serverKey{}] = server
	env.Values[codeKey{}] = new(int)
	env.Values[signInsKey{}] = &signIns{}
	env.Values[federationKey{}] = &federation{}
	env.Values[bucketsKey{}] = s3
	env.Values[holdsKey{}] = map[string]hold{}
	env.Defer(func() { // removes the keys that the kernel holds for this home
		lock := exec.Command(filepath.Join(bin, "awsexec"), "lock")
		lock.Env = []string{"HOME=" + filepath.Join(env.WorkDir, "home")}
		_ = lock.Run()
	})
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"HOME":                      home,
		"PATH":                      bin + string(filepath.ListSeparator) + env.Getenv("PATH"),
		"LANG":                      "C.UTF-8",
		"XDG_DATA_HOME":             "",
		"XDG_CACHE_HOME":            "",
		"AWS_ENDPOINT_URL_STS":      server.URL(),
		"AWS_ENDPOINT_URL_IAM":      server.URL(),
		"AWS_EC2_METADATA_DISABLED": "true",
		"TERM":                      "dumb", // no colours, unless a script sets another
		"AWSEXEC_KEYSTORE":          "file",
		"AWSEXEC_PASSPHRASE":        ststest.Marker + "-passphrase",
		"AWSEXEC_HOLD":              "0", // leaves nothing in the kernel
		"BIN":                       bin,
	} {
		env.Setenv(name, value)
	}
	if runtime.GOOS != "linux" { // the scripts name the places of Linux
		for name, dir := range map[string]string{"XDG_DATA_HOME": ".local/share", "XDG_CACHE_HOME": ".cache", "XDG_STATE_HOME": ".local/state"} {
			env.Setenv(name, filepath.Join(home, filepath.FromSlash(dir)))
		}
	}
	env.Setenv("PASS", ststest.Marker+"-passphrase")
	env.Setenv("SECOND_SECRET", secretOf("second"))
	for _, u := range users {
		name := "ROOT"
		if !u.Root {
			name = strings.ToUpper(u.Name)
		}
		env.Setenv(name, u.AccessKeyID)
		env.Setenv(name+"_SECRET", u.SecretAccessKey)
		key := u.AccessKeyID + "\n" + u.SecretAccessKey + "\n"
		if err := os.WriteFile(filepath.Join(env.WorkDir, strings.ToLower(name)+".key"), []byte(key), 0o600); err != nil {
			return err
		}
	}
	return nil
}

type codeKey struct{}

// awsexec runs awsexec and checks that its output holds no secret.
func awsexec(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("awsexec", args...)
	code := ts.Value(codeKey{}).(*int)
	*code = 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		*code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strings.Contains(ts.ReadFile("stderr"), ststest.Marker) {
		ts.Fatalf("a secret on standard error")
	}
	tryHints(ts, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	switch {
	case neg && *code == 0:
		ts.Fatalf("unexpected success")
	case !neg && *code != 0:
		ts.Fatalf("unexpected exit code %d", *code)
	}
}

// code checks the exit code of the last awsexec.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: code N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := *ts.Value(codeKey{}).(*int); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
