package cli

import (
	"strconv"
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

// badURLs hold a password and are valid, wrong in the password, or wrong behind
// it. Nothing answers at any of them.
var badURLs = []string{
	"http://me:" + ststest.Marker + "@127.0.0.1:1",
	"http://me:" + ststest.Marker + "/x@127.0.0.1:1",
	"http://me:x/" + ststest.Marker + "#y@127.0.0.1:1",
	"http://me:x@" + ststest.Marker + "@127.0.0.1:1",
	"http://me:x@y/" + ststest.Marker + "@127.0.0.1:1",
	"http://me:" + ststest.Marker + " x@127.0.0.1:1",
	"http://me:" + ststest.Marker + "%zz@127.0.0.1:1",
	"http://me:\"" + ststest.Marker + "\\x@127.0.0.1:1",
	"http://me:\x1b" + ststest.Marker + "@127.0.0.1:1",
	"http://me:" + ststest.Marker + "@127.0.0.1:port",
	"http://" + ststest.Marker + "@127.0.0.1:1:2",
	"me:" + ststest.Marker + "@127.0.0.1:1",
	"http://me:" + ststest.Marker + "@[::1",
}

// askingCommands use endpoints or show where credentials come from.
var askingCommands = [][]string{
	{"--debug", "-p", "work"}, {"--debug", "-p", "work", "whoami"}, {"--debug", "-p", "work", "doctor"},
	{"-p", "work", "doctor", "--json", "--online"}, {"--debug", "rotate", "work", "--yes"}, {"--debug", "add", "other", "--stdin"},
}

// runWithoutSecret runs args, and checks that neither output has a secret in
// it.
func (w *world) runWithoutSecret(args ...string) {
	w.t.Helper()
	r := w.run(aliceID+"\n"+aliceSecret+"\n", args...)
	if strings.Contains(r.out, ststest.Marker) && !strings.HasPrefix(r.out, `{"Version":1`) {
		w.t.Errorf("awsexec %s: a secret on standard output: %s", strings.Join(args, " "), r.out)
	}
}

// No password of an endpoint is shown, wherever that is configured and however
// wrong it is.
func TestEndpointsKeepTheirPasswords(t *testing.T) {
	for i, url := range badURLs {
		t.Run(strconv.Itoa(i), func(t *testing.T) { // its name is in paths
			w := newWorld(t)
			w.add("work")
			for _, name := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL"} {
				before := w.env[name]
				w.env[name] = url
				if name == "AWS_ENDPOINT_URL" {
					delete(w.env, "AWS_ENDPOINT_URL_STS")
				}
				for _, args := range askingCommands {
					w.runWithoutSecret(args...)
				}
				w.env[name] = before
			}
			delete(w.env, "AWS_ENDPOINT_URL")
			for _, lines := range []string{
				"endpoint_url = " + url + "\n",
				"services = x\n[services x]\nsts =\n  endpoint_url = " + url + "\n",
				"ca_bundle = http://" + strings.TrimPrefix(url, "http://") + "\n",
			} {
				w.write(".aws/config", "[profile work]\nregion = eu-west-1\n"+lines)
				for _, args := range askingCommands {
					w.runWithoutSecret(args...)
				}
			}
		})
	}
}

// The same of a sign-in's URL, and of a proxy's.
func TestOtherURLsKeepTheirPasswords(t *testing.T) {
	for _, url := range badURLs {
		w := newWorld(t)
		w.env["HTTPS_PROXY"], w.env["http_proxy"], w.env["ALL_PROXY"] = url, url, url
		w.env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
		w.write(".aws/config", "[profile work]\nsso_start_url = "+url+"\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = x\n"+
			"[profile other]\nrole_arn = arn:aws:iam::123456789012:role/x\ncredential_source = EcsContainer\n")
		for _, args := range [][]string{
			{"--debug", "-p", "work"}, {"-p", "work", "doctor"}, {"-p", "work", "doctor", "--json"}, {"--debug", "-p", "other"}, {"--debug", "-p", "other", "doctor"},
			{"import", "--dry-run"}, {"--debug"},
		} {
			w.runWithoutSecret(args...)
		}
	}
}

// A secret that a file has in the wrong place is not shown with the error about
// it.
func TestMisplacedSecretIsNotShown(t *testing.T) {
	for _, lines := range []string{
		"duration_seconds = " + aliceSecret + "\n",
		"role_arn = " + aliceSecret + "\nsource_profile = " + aliceSecret + "\n",
		"credential_source = " + aliceSecret + "\nrole_arn = x\n",
		"region = " + aliceSecret + "\n",
		"endpoint_url = " + aliceSecret + "\n",
	} {
		w := newWorld(t)
		w.write(".aws/config", "[profile work]\n"+lines)
		w.write(".aws/credentials", "[work]\naws_access_key_id = "+aliceID+"\naws_secret_access_key = "+aliceSecret+"\n")
		for _, args := range [][]string{{"--debug", "-p", "work"}, {"-p", "work", "doctor"}, {"import", "--dry-run"}} {
			w.runWithoutSecret(args...)
		}
	}
}
