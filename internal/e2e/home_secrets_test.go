//go:build linux

package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// At every step of a key's life no file, argument, environment or stderr holds
// a secret. Only the keystore and the cache, encrypted, stdout, as the protocol
// requires, and the child's environment do.
func TestSecretsStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.config("[profile work]", "region = eu-west-1")

	entered, release := srv.Hold("GetCallerIdentity")
	adding := h.start(command{args: []string{"add", "work", "--stdin", "--debug"}, stdin: aliceKey + "\n" + aliceSecret + "\n"})
	<-entered
	noMarkerInProcesses(t, h, "awsexec")
	release()
	r := adding.wait()
	if r.code != 0 {
		t.Fatalf("add: exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	noMarker(t, "the output of add", r.stdout+r.stderr)

	entered, release = srv.Hold("GetSessionToken")
	printing := h.start(command{args: []string{"-p", "work", "--debug"}})
	<-entered
	noMarkerInProcesses(t, h, "awsexec")
	release()
	r = printing.wait()
	c := decode(t, r)
	noMarker(t, "stderr of --debug", r.stderr)
	for _, secret := range []string{c.SecretAccessKey, c.SessionToken} {
		if strings.Contains(r.stderr, secret) {
			t.Error("a session's secret is on stderr")
		}
	}

	// Also for a warm call, a child, and a key that AWS refuses.
	noMarker(t, "stderr of a warm call", h.run("-p", "work", "--debug").stderr)
	r = h.run("-p", "work", "--debug", "--", "env")
	noMarker(t, "stderr of the start of a child", r.stderr)
	if !strings.Contains(r.stdout, "AWS_SECRET_ACCESS_KEY="+c.SecretAccessKey+"\n") {
		t.Error("the child lacks its secret")
	}
	r = h.run("list", "--json")
	noMarker(t, "list", r.stdout+r.stderr)
	h.add("odd", "AKIAIOSFODNN7UNKNOWN", aliceSecret)
	h.config("[profile work]", "region = eu-west-1", "[profile odd]", "region = eu-west-1")
	r = h.run("-p", "odd", "--debug")
	r.fails(t, 125, "InvalidClientTokenId")
	noMarker(t, "stderr of a refusal", r.stderr)

	noMarkerInFiles(t, h.dir)
	for _, form := range []string{aliceSecret, c.SecretAccessKey, c.SessionToken} {
		for _, hidden := range []string{base64.StdEncoding.EncodeToString([]byte(form)), hex.EncodeToString([]byte(form))} {
			noText(t, h.dir, hidden)
		}
	}
}
