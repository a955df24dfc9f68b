//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// signedIn returns a world whose user has signed in at IAM Identity Center and with a
// login session. Both have expired, and their refresh tokens work once.
func signedIn(t *testing.T) (w *world, sso *awstest.SSO, signin *awstest.Signin, file string) {
	t.Helper()
	srv := newSTSWith(t, ststest.Config{Roles: rolesOfAWS})
	w = &world{home: newHome(t, srv.URL()), srv: srv}
	w.holding("file") // or each process would read the encrypted file
	sso = w.portal("corp")
	login := awstest.Login{Session: "corp", StartURL: startURL, Region: "eu-west-1", AccessToken: ststest.Marker + "expired", Expires: time.Now().Add(-time.Minute),
		ClientID: "client", ClientSecret: ststest.Marker + "client", RefreshToken: ststest.Marker + "refresh", RegistrationExpires: time.Now().Add(24 * time.Hour)}
	sso.Register(login)
	file, err := login.Save(w.dir)
	w.must(err)
	signin, err = awstest.StartSignin(w.issue(roleTask, "alice"))
	w.must(err)
	t.Cleanup(signin.Close)
	session, err := signin.SignIn(loginSession, aws.Credentials{AccessKeyID: "ASIAIOSFODNN7EXPIRED", SecretAccessKey: ststest.Marker, SessionToken: ststest.Marker,
		AccountID: account, Expires: time.Now().Add(-time.Minute)})
	w.must(err)
	_, err = session.Save(w.dir)
	w.must(err)
	w.set("AWS_ENDPOINT_URL_SSO_OIDC="+sso.URL(), "AWS_ENDPOINT_URL_SIGNIN="+signin.URL())
	w.config(append(append([]string{}, ssoProfile...), loginProfile...)...)
	return w, sso, signin, file
}

// Ten processes on a sign-in that has expired renew it once, and none fails.
func TestSignInIsRenewedOnce(t *testing.T) {
	t.Parallel()
	w, sso, signin, _ := signedIn(t)
	for profile, renewed := range map[string]func() int{"sso": sso.Renewed, "signed-in": signin.Renewed} {
		commands := make([]command, 10) // each of which runs scrypt
		for i := range commands {
			commands[i] = command{args: []string{"-p", profile}}
		}
		for i, r := range w.atOnce(commands) {
			if r.code != 0 || r.stderr != "" {
				t.Errorf("%s, process %d: exit code %d\n%s", profile, i, r.code, r.stderr)
				continue
			}
			if c := decode(t, r); c.AccountID != account || !c.Expires.After(time.Now()) {
				t.Errorf("%s, process %d: account %s, until %v", profile, i, c.AccountID, c.Expires)
			}
		}
		if n := renewed(); n != 1 {
			t.Errorf("%s: renewed %d times", profile, n)
		}
	}
}

// The tokens of one client serve the other, and awsexec gets credentials while boto3,
// which takes no turns, renews the same sign-in.
func TestSignInBesideBoto3(t *testing.T) {
	t.Parallel()
	w, sso, _, file := signedIn(t)
	python := w.boto3()
	needBotocore(t, python, "1.31.17") // reads the endpoints of services from variables
	boto3 := command{name: python, args: []string{"-c", "import boto3; print(boto3.Session(profile_name='sso').client('sts').get_caller_identity()['Arn'])"}}
	byBoto3 := func() {
		t.Helper()
		if r := w.start(boto3).wait(); r.code != 0 || !strings.Contains(r.stdout, "AWSReservedSSO_Admin") {
			t.Errorf("boto3: exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		}
	}
	renewed := func(want int) {
		t.Helper()
		if n := sso.Renewed(); n != want {
			t.Errorf("renewed %d times, want %d", n, want)
		}
	}
	w.credentials("-p", "sso")
	byBoto3()
	renewed(1)
	expire(t, file)
	byBoto3()
	w.run("clear") // the credentials of the role, which do not need the token
	w.credentials("-p", "sso")
	renewed(2)

	expire(t, file)
	w.run("clear")
	commands := make([]command, 12)
	for i := range commands {
		commands[i] = command{args: []string{"-p", "sso"}}
		if i%3 == 0 {
			commands[i] = boto3
		}
	}
	for i, r := range w.atOnce(commands) {
		if commands[i].name == "" && r.code != 0 {
			t.Errorf("process %d: exit code %d\n%s", i, r.code, r.stderr)
		}
	}
	renewed(3)
}

// expire makes the access token in a file expire.
func expire(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var token map[string]any
	if err := json.Unmarshal(data, &token); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"startUrl", "region", "clientId", "clientSecret", "registrationExpiresAt", "refreshToken"} {
		if token[key] == nil {
			t.Errorf("%s has no %s any more", filepath.Base(file), key)
		}
	}
	token["expiresAt"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
	if data, err = json.Marshal(token); err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("expire: %w", err))
	}
}

// boto3 makes of a shared copy what awsexec hands out.
func TestSharedSignIn(t *testing.T) {
	t.Parallel()
	w, _, _, file := signedIn(t)
	w.must(os.Remove(file))
	python := w.boto3()
	needBotocore(t, python, "1.31.17")
	browser := python + ` -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1]).read()" {url}`
	if r := w.run("login", "sso", "--share", "--browser", browser); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	own := w.run("whoami", "-p", "sso", "--json")
	var who struct{ ARN string }
	w.must(json.Unmarshal([]byte(own.stdout), &who))
	boto3 := command{name: python, args: []string{"-c", "import boto3; print(boto3.Session(profile_name='sso').client('sts').get_caller_identity()['Arn'])"}}
	if r := w.start(boto3).wait(); r.code != 0 || strings.TrimSpace(r.stdout) != who.ARN || who.ARN == "" {
		t.Errorf("boto3 is %s, awsexec is %s; exit code %d\n%s", r.stdout, who.ARN, r.code, r.stderr)
	}
	if r := w.run("logout", "sso"); r.code != 0 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the copy is still there")
	}
}
