//go:build linux

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// Roles of machines and of signed-in users, whose sessions do not come from a
// call of STS.
const (
	roleMachine = "arn:aws:iam::123456789012:role/machine"
	roleTask    = "arn:aws:iam::123456789012:role/task"
	roleAdmin   = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef"

	startURL       = "https://d-1234567890.awsapps.example/start"
	accessToken    = ststest.Marker + " of a login"
	containerToken = ststest.Marker + " of a container"
)

// issue returns an issuer of sessions that the world's STS knows.
func (w *world) issue(roleARN, name string) awstest.Issue {
	return func() (aws.Credentials, error) { return w.srv.IssueRoleSession(roleARN, name, time.Hour) }
}

// issued returns one such session.
func (w *world) issued(roleARN, name string) aws.Credentials {
	w.t.Helper()
	c, err := w.issue(roleARN, name)()
	w.must(err)
	return c
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// instance makes the machine an EC2 instance with a role.
func (w *world) instance() *awstest.IMDS {
	w.t.Helper()
	s, err := awstest.StartIMDS("machine", w.issue(roleMachine, "i-0123456789abcdef0"))
	w.must(err)
	w.t.Cleanup(s.Close)
	w.set(s.Environ()...)
	return s
}

// container makes the machine a container whose task has a role.
func (w *world) container() *awstest.Container {
	w.t.Helper()
	s, err := awstest.StartContainer(containerToken, w.issue(roleTask, "task-1"))
	w.must(err)
	w.t.Cleanup(s.Close)
	w.set("AWS_CONTAINER_CREDENTIALS_FULL_URI="+s.CredentialsURL(), "AWS_CONTAINER_AUTHORIZATION_TOKEN="+containerToken)
	return s
}

// portal starts IAM Identity Center. The user has signed in with an SSO
// session, or in the legacy way if session is "".
func (w *world) portal(session string) *awstest.SSO {
	w.t.Helper()
	s, err := awstest.StartSSO(map[awstest.SSORole]awstest.Issue{{AccountID: account, RoleName: "Admin"}: w.issue(roleAdmin, "alice@example.com")})
	w.must(err)
	w.t.Cleanup(s.Close)
	w.set("AWS_ENDPOINT_URL_SSO=" + s.URL())
	s.SignIn(accessToken, time.Now().Add(time.Hour))
	w.login(session, time.Hour)
	return s
}

// login writes the file that a login leaves, valid for life, and returns its
// path.
func (w *world) login(session string, life time.Duration) string {
	w.t.Helper()
	login := awstest.Login{Session: session, StartURL: startURL, Region: "eu-west-1", AccessToken: accessToken, Expires: time.Now().Add(life)}
	path, err := login.Save(w.dir)
	w.must(err)
	return path
}

var (
	ssoProfile = []string{"[profile sso]", "region = eu-west-1", "sso_session = corp", "sso_account_id = " + account, "sso_role_name = Admin",
		"[sso-session corp]", "sso_region = eu-west-1", "sso_start_url = " + startURL}
	ssoLegacyProfile = []string{"[profile sso]", "sso_account_id = " + account, "sso_role_name = Admin", "sso_region = eu-west-1", "sso_start_url = " + startURL}
)

// loginSession is the identity of a user who has signed in with "aws login".
const loginSession = "arn:aws:sts::123456789012:assumed-role/console/alice"

var loginProfile = []string{"[profile signed-in]", "region = eu-west-1", "login_session = " + loginSession}

// signIn writes the file that "aws login" leaves, valid for life. No server
// renews it.
func (w *world) signIn(life time.Duration) {
	w.t.Helper()
	c := w.issued(roleTask, "alice")
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	w.must(err)
	key, err := x509.MarshalECPrivateKey(private)
	w.must(err)
	data, err := json.Marshal(map[string]any{
		"accessToken": map[string]string{"accessKeyId": c.AccessKeyID, "secretAccessKey": c.SecretAccessKey, "sessionToken": c.SessionToken,
			"accountId": account, "expiresAt": time.Now().Add(life).UTC().Format(time.RFC3339)},
		"tokenType": "aws_sigv4", "refreshToken": "r", "identityToken": "i", "clientId": "c",
		"dpopKey": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})),
	})
	w.must(err)
	w.set("AWS_ENDPOINT_URL_SIGNIN=http://127.0.0.1:1")
	w.write(string(data), ".aws", "login", "cache", fmt.Sprintf("%x.json", sha256.Sum256([]byte(loginSession))))
}

// webIdentity registers a token with STS and returns the file that holds it.
func (w *world) webIdentity() string {
	w.srv.AddWebIdentity(ststest.WebIdentity{Token: ststest.Marker + "jwt", Provider: issuer, Subject: "pod"})
	return w.write(ststest.Marker+"jwt", "token")
}

// tool writes a shell script that acts as another tool's credential_process,
// and counts its runs.
func (w *world) tool(script string) string {
	w.t.Helper()
	path := w.write("#!/bin/sh\necho run >>"+w.path("runs")+"\n"+script+"\n", "tool.sh")
	w.must(os.Chmod(path, 0o700))
	return path
}

// runs returns how often the tool ran.
func (w *world) runs() int {
	data, _ := os.ReadFile(w.path("runs")) // a missing file counts as no runs
	return strings.Count(string(data), "\n")
}

// printing returns a script that prints c as a credential_process does.
func printing(c aws.Credentials) string {
	text := fmt.Sprintf(`"Version":1,"AccessKeyId":%q,"SecretAccessKey":%q`, c.AccessKeyID, c.SecretAccessKey)
	if c.SessionToken != "" {
		text += fmt.Sprintf(`,"SessionToken":%q,"Expiration":%q`, c.SessionToken, c.Expires.UTC().Format(time.RFC3339))
	}
	return "echo '{" + text + "}'"
}

// outsiders are principals whose credentials come from a user's login, an
// identity provider or another tool.
var outsiders = []principal{
	{
		name:    "SSO",
		arrange: func(w *world) { w.portal("corp"); w.config(ssoProfile...) },
		args:    []string{"-p", "sso"},
		arn:     session(roleAdmin, "alice@example.com"),
	},
	{
		name:    "SSO, legacy",
		arrange: func(w *world) { w.portal(""); w.config(ssoLegacyProfile...) },
		args:    []string{"-p", "sso"},
		arn:     session(roleAdmin, "alice@example.com"),
	},
	{
		name: "role assumed by SSO",
		arrange: func(w *world) {
			w.portal("corp")
			w.config(append([]string{"[profile role]", "role_arn = " + roleOne, "source_profile = sso"}, ssoProfile...)...)
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 1,
	},
	{
		name:    "login session",
		arrange: func(w *world) { w.signIn(time.Hour); w.config(loginProfile...) },
		args:    []string{"-p", "signed-in"},
		arn:     session(roleTask, "alice"),
	},
	{
		name: "role assumed by a login session",
		arrange: func(w *world) {
			w.signIn(time.Hour)
			w.config(append([]string{"[profile role]", "role_arn = " + roleOne, "source_profile = signed-in"}, loginProfile...)...)
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 1,
	},
	{
		name: "web identity of a profile",
		arrange: func(w *world) {
			w.config("[profile web]", "role_arn = "+roleWeb, "web_identity_token_file = "+w.webIdentity(), "role_session_name = job")
		},
		args: []string{"-p", "web"},
		arn:  session(roleWeb, "job"),
	},
	{
		name: "web identity of the environment",
		arrange: func(w *world) {
			w.set("AWS_WEB_IDENTITY_TOKEN_FILE="+w.webIdentity(), "AWS_ROLE_ARN="+roleWeb, "AWS_ROLE_SESSION_NAME=job")
			w.headless()
		},
		arn: session(roleWeb, "job"),
	},
	{
		name: "web identity of the environment, with a region",
		arrange: func(w *world) {
			w.set("AWS_WEB_IDENTITY_TOKEN_FILE="+w.webIdentity(), "AWS_ROLE_ARN="+roleWeb)
			w.headless()
			w.config("[default]", "region = eu-west-1")
		},
		arn: session(roleWeb, "awsexec"),
	},
	{
		name: "role assumed by a web identity",
		arrange: func(w *world) {
			w.config("[profile role]", "role_arn = "+roleOne, "source_profile = web",
				"[profile web]", "role_arn = "+roleWeb, "web_identity_token_file = "+w.webIdentity())
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 4,
	},
	{
		name: "another tool's long-term key",
		arrange: func(w *world) {
			w.config("[profile tool]", "credential_process = "+w.tool(printing(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2})))
		},
		args: []string{"-p", "tool"},
		arn:  aliceARN, sessionTokens: 1,
		then: func(w *world) {
			if n := w.runs(); n != len(ways) {
				w.t.Errorf("the tool ran %d times for %d calls", n, len(ways))
			}
		},
	},
	{
		name: "another tool's long-term key with --no-session",
		arrange: func(w *world) {
			w.config("[profile tool]", "credential_process = "+w.tool(printing(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2})))
		},
		args: []string{"-p", "tool", "--no-session"},
		arn:  aliceARN, longTerm: true,
		says: []string{"awsexec: warning: ", "long-term key"},
	},
	{
		name: "another tool's session",
		arrange: func(w *world) {
			w.config("[profile tool]", "credential_process = "+w.tool(printing(w.issued(roleTask, "tool"))))
		},
		args: []string{"-p", "tool"},
		arn:  session(roleTask, "tool"),
	},
}

// givens are principals whose credentials come from the machine that they run
// on.
var givens = []principal{
	{
		name:    "EC2 instance, no profile",
		arrange: func(w *world) { w.instance(); w.headless() },
		arn:     session(roleMachine, "i-0123456789abcdef0"),
	},
	{
		name:    "container, no profile",
		arrange: func(w *world) { w.container(); w.headless() },
		arn:     session(roleTask, "task-1"),
	},
	{
		name: "container, token in a file that ends with a line break",
		arrange: func(w *world) {
			w.container()
			w.headless()
			w.set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="+w.write(containerToken+"\n", "token"))
		},
		arn: session(roleTask, "task-1"),
	},
	{
		name: "role of an EC2 instance",
		arrange: func(w *world) {
			w.instance()
			w.config("[profile role]", "role_arn = "+roleOne, "credential_source = Ec2InstanceMetadata")
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 4,
	},
	{
		name: "role of a container",
		arrange: func(w *world) {
			w.container()
			w.config("[profile role]", "role_arn = "+roleOne, "credential_source = EcsContainer")
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 4,
	},
	{
		name: "role of a session in the environment",
		arrange: func(w *world) {
			w.setKey(w.issued(roleTask, "job"))
			w.config("[profile role]", "role_arn = "+roleOne, "credential_source = Environment")
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), assumeRoles: 4,
	},
	{
		name: "role of a long-term key in the environment",
		arrange: func(w *world) {
			w.setKey(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2})
			w.config("[profile role]", "role_arn = "+roleOne, "credential_source = Environment")
		},
		args: asRole,
		arn:  session(roleOne, "awsexec"), sessionTokens: 1, assumeRoles: 1,
	},
	{
		name: "a session in the AWS files",
		arrange: func(w *world) {
			c := w.issued(roleTask, "pasted")
			w.write("[pasted]\naws_access_key_id = "+c.AccessKeyID+"\naws_secret_access_key = "+c.SecretAccessKey+
				"\naws_session_token = "+c.SessionToken+"\n", ".aws", "credentials")
		},
		args: []string{"-p", "pasted"},
		arn:  session(roleTask, "pasted"),
	},
}

// environments are principals with keys in environment variables.
var environments = []principal{
	{
		name:    "long-term key in the environment",
		arrange: func(w *world) { w.setKey(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2}) },
		arn:     aliceARN, sessionTokens: 1,
		then: func(w *world) {
			if key := w.srv.Requests()[0].AccessKeyID; key != aliceKey2 {
				w.t.Errorf("the session was made with %s, want the environment's key", key)
			}
		},
	},
	{
		name: "long-term key in the environment, with AWS_PROFILE",
		arrange: func(w *world) {
			w.setKey(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2})
			w.config("[profile mfa]", "region = eu-west-1")
			w.set("AWS_PROFILE=mfa")
		},
		arn: aliceARN, sessionTokens: 1,
	},
	{
		name: "a profile named on the command line, with a key in the environment",
		arrange: func(w *world) {
			w.setKey(aws.Credentials{AccessKeyID: bobKey, SecretAccessKey: bobSecret})
			w.config("[profile work]", "region = eu-west-1")
		},
		args: []string{"-p", "work"},
		arn:  aliceARN, sessionTokens: 1,
	},
	{
		name:    "long-term key in the environment with --no-session",
		arrange: func(w *world) { w.setKey(aws.Credentials{AccessKeyID: aliceKey2, SecretAccessKey: aliceSecret2}) },
		args:    []string{"--no-session"},
		arn:     aliceARN, longTerm: true,
		says: []string{"awsexec: warning: ", "long-term key"},
	},
	{
		name: "Lambda: a session in the environment",
		arrange: func(w *world) {
			w.setKey(w.issued(roleTask, "function"))
			w.set("AWS_LAMBDA_FUNCTION_NAME=function", "AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023", "AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1")
		},
		arn: session(roleTask, "function"),
	},
	{
		name: "a session in the environment under the older name",
		arrange: func(w *world) {
			c := w.issued(roleTask, "old")
			w.setKey(aws.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey})
			w.set("AWS_SECURITY_TOKEN=" + c.SessionToken)
		},
		arn: session(roleTask, "old"),
	},
}

// headless removes the keyring, as on a machine without a desktop session.
func (w *world) headless() {
	w.set("AWSEXEC_KEYSTORE", "DBUS_SESSION_BUS_ADDRESS=unix:path="+w.path("run", "gone"))
}
