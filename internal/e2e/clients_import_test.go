//go:build linux

package e2e

import (
	"testing"
)

const (
	aliceInClear  = "aws_access_key_id = " + aliceKey + "\naws_secret_access_key = " + aliceSecret + "\n"
	alice2InClear = "aws_access_key_id = " + aliceKey2 + "\naws_secret_access_key = " + aliceSecret2 + "\n"
)

// Import shows the diff without the secret and changes nothing before the yes.
// After that each SDK gets sessions from a profile whose section of the
// credentials file is empty.
func TestImportOnTerminal(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	credentials := h.write("[work]\n"+aliceInClear+"\n[other]\nregion = x\n", ".aws", "credentials")
	h.config("[profile work]", "region = eu-west-1")

	for _, answer := range []string{"n", "y"} {
		before := string(read(t, credentials))
		tm := h.onTerminal(false, bin+"/awsexec", "import")
		tm.expect("-aws_secret_access_key = (left out by awsexec)")
		tm.expect("awsexec: move 1 key into the OS keyring? [y/N] ")
		if string(read(t, credentials)) != before || len(h.listed()) != 0 {
			t.Error("import changed a file before the answer")
		}
		tm.send(answer + "\n")
		r := tm.end()
		noMarker(t, "the terminal", tm.shown())
		if want := map[string]int{"n": 125, "y": 0}[answer]; r.code != want {
			t.Fatalf("answer %s: exit code %d, want %d:\n%s", answer, r.code, want, tm.shown())
		}
		if answer == "n" && string(read(t, credentials)) != before {
			t.Error("import changed a file after a no")
		}
	}
	if got := string(read(t, credentials)); got != "[work]\n\n[other]\nregion = x\n" {
		t.Errorf("credentials is now\n%s", got)
	}
	noMarkerInFiles(t, h.dir)
	for _, c := range clients[1:] { // boto3 reads the same files as the AWS CLI, and starts faster
		t.Run(c.name, func(t *testing.T) {
			argv := c.argv(t, srv.URL())
			r := h.start(command{name: argv[0], args: argv[1:], env: []string{"AWS_PROFILE=work"}}).wait()
			isAliceWithSession(t, srv, r)
		})
	}
}

// oneOf checks that the content of a file is one of texts. It does not show the
// content, which may hold a secret.
func oneOf(t *testing.T, path string, texts ...string) {
	t.Helper()
	got := string(read(t, path))
	for _, text := range texts {
		if got == text {
			return
		}
	}
	t.Errorf("%s has %d bytes of unexpected content", path, len(got))
}

// Keys are stored in each way in which another tool provides them.
// docs/migrating.md shows what to do in these tools.
func TestKeysOfOtherTools(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.env["AWS_REGION"] = "eu-west-1"
	// A parent like "aws-vault exec" unsets the profile variables and sets one
	// with the name of its profile.
	vault := "unset AWS_PROFILE AWS_DEFAULT_PROFILE; export AWS_VAULT=vault AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1" +
		" AWS_ACCESS_KEY_ID=" + aliceKey + " AWS_SECRET_ACCESS_KEY=" + aliceSecret + "; "
	tests := []struct {
		name, script string
		say          string // the reason for refusing it; "" if it is accepted
	}{
		{"vault", vault + "awsexec add vault --env --write-config", ""},
		{"vault-session", vault + "export AWS_SESSION_TOKEN=x; awsexec add vault-session --env", "session token"},
		{"process", `printf '{"Version":1,"AccessKeyId":"` + aliceKey + `","SecretAccessKey":"` + aliceSecret + `"}\n' | awsexec add process --stdin --write-config`, ""},
		{"process-session", `printf '{"Version":1,"AccessKeyId":"` + aliceKey + `","SecretAccessKey":"` + aliceSecret + `","SessionToken":"x"}\n' | awsexec add process-session --stdin`,
			"short-lived"},
		{"aligned", `printf '[aligned]\naws_access_key_id     = ` + aliceKey + `\naws_secret_access_key = ` + aliceSecret + `\n' >$AWS_SHARED_CREDENTIALS_FILE; awsexec import aligned --yes`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := h.in(t)
			r := h.start(command{name: "/bin/sh", args: []string{"-c", tt.script}}).wait()
			noMarker(t, "stderr", r.stderr)
			if tt.say != "" {
				r.fails(t, 125, tt.say)
				return
			}
			if r.code != 0 {
				t.Fatalf("exit code %d, stderr:\n%s", r.code, r.stderr)
			}
			isAliceWithSession(t, srv, h.start(command{name: bin + "/probe", args: []string{"whoami"}, env: []string{"AWS_PROFILE=" + tt.name}}).wait())
		})
	}
	noMarkerInFiles(t, h.path(".aws"))
}
