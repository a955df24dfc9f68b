//go:build unix

package script

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/awsexec/awsexec/internal/awstest"
	"github.com/awsexec/awsexec/internal/ststest"
)

// roleMachine is the role of the machine that a script runs on.
const roleMachine = "arn:aws:iam::" + account + ":role/machine"

// webToken is the token of the machine's web identity, which roleMachine trusts.
const (
	webToken    = ststest.Marker + ".of.a.pod"
	webProvider = "arn:aws:iam::" + account + ":oidc-provider/pods"
)

// machine is the command machine: the machine offers credentials in each of the
// ways that are named, and in no other. They are sessions of roleMachine, which
// may assume roles.
func machine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: machine container|instance|pod…")
	}
	server := ts.Value(serverKey{}).(*ststest.Server)
	issue := func() (aws.Credentials, error) { return server.IssueRoleSession(roleMachine, "the-machine", time.Hour) }
	environ := []string{"AWS_EC2_METADATA_DISABLED=true"}
	for _, way := range args {
		switch way {
		case "container":
			s, err := awstest.StartContainer(ststest.Marker, issue)
			ts.Check(err)
			ts.Defer(s.Close)
			environ = append(environ, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+s.CredentialsURL(), "AWS_CONTAINER_AUTHORIZATION_TOKEN="+ststest.Marker)
		case "instance":
			s, err := awstest.StartIMDS("machine", issue)
			ts.Check(err)
			ts.Defer(s.Close)
			environ = append(environ, s.Environ()...)
		case "pod":
			file := ts.MkAbs("pod.token")
			ts.Check(os.WriteFile(file, []byte(webToken), 0o600))
			environ = append(environ, "AWS_WEB_IDENTITY_TOKEN_FILE="+file, "AWS_ROLE_ARN="+roleMachine)
		default:
			ts.Fatalf("unknown: machine %s", way)
		}
	}
	for _, name := range []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"} {
		if !slices.ContainsFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
			ts.Setenv(name, "")
		}
	}
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		ts.Setenv(name, value)
	}
}

var webIdentities = []ststest.WebIdentity{{Token: webToken, Provider: webProvider, Audience: "sts.amazonaws.com", Subject: "pod"}}
