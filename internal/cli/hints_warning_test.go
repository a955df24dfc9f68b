package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/migrate"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/internal/session"
)

func TestHintOfWarning(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&provider.PlaintextKeyError{Profile: "work"}, "move it into the keystore: awsexec import work"},
		{&provider.PlaintextKeyError{Profile: "my work"}, `move it into the keystore: awsexec import "my work"`},
		{fmt.Errorf("profile: %w", &provider.SkewError{Ahead: time.Hour}), "set the clock, or switch on its synchronisation"},
		{errors.New("the session could not be cached"), ""},
		{&migrate.LinkedError{HardLink: awsfiles.HardLink{Path: "/a", Inode: 7, Root: "/my home"}}, `find them, and delete them if nothing needs them: find "/my home" -xdev -inum 7`},
		{&migrate.CopiedError{Profile: "work", Path: "/a b"}, `delete it if nothing needs it: rm "/a b"`},
		{&migrate.CopiedError{Profile: "work", Path: "/a", Ours: true}, "take it out with an editor; it is in a comment, or in another profile"},
		{&stillInFileError{profile: "my work", same: true}, `take it out of the file: awsexec import "my work"`},
		{&stillInFileError{profile: "work"}, "delete aws_access_key_id and aws_secret_access_key there"},
		{keyLeftError{"AKIAIOSFODNN7EXAMPLE"}, "if nothing uses it: aws iam delete-access-key --access-key-id AKIAIOSFODNN7EXAMPLE"},
		{&passphraseWarning{profile: "work"}, "have awsexec stay and renew for the program: awsexec serve work -- CMD"},
		{&passphraseWarning{profile: "work", canHold: true}, "open it for some hours: awsexec unlock --for 8h\nor have awsexec stay and renew for the program: awsexec serve work -- CMD"},
	} {
		if got := hintOfWarning(tt.err, &advisor{}); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
}

// The line of a question that could not be asked is the user's own, with what
// makes the question needless.
func TestHintOfUnasked(t *testing.T) {
	for _, tt := range []struct {
		own  []string
		want string
	}{
		{[]string{"add", "my work"}, "give the id and the secret on two lines of standard input: awsexec add \"my work\" --stdin\nother ways: awsexec add --help"},
		{[]string{"--keystore", "file", "import", "work"},
			"see what would be done: awsexec --keystore file import work --dry-run\nto do it without being asked: awsexec --keystore file import work --yes"},
		{[]string{"passphrase", "--debug"}, "set AWSEXEC_NEW_PASSPHRASE, or run it on a terminal: awsexec passphrase --debug"},
		{[]string{"rotate", "my work"}, `to do it without being asked: awsexec rotate "my work" --yes`},
		{[]string{"-p", "work", "remove"}, `to do it without being asked: awsexec -p work remove --yes`},
	} {
		command := tt.own[slices.IndexFunc(tt.own, func(w string) bool { return heededBy(w) != nil })]
		err := unasked(session.ErrPromptsOff, command)
		if got := hintFor(err, &advisor{own: tt.own}, "my work"); got != tt.want {
			t.Errorf("%s: got %q, want %q", command, got, tt.want)
		}
	}
}

// A hint repeats the flags that decide about its result, and no others.
func TestHintKeepsFlags(t *testing.T) {
	a := &advisor{
		settings: &session.Settings{Self: "/usr/bin/awsexec"},
		flags:    &flags{Keystore: "file", Region: "eu-west-1", Duration: "2h", NoPrompt: true, Debug: true},
		program:  []string{"sh", "-c", "echo a b"},
	}
	for got, want := range map[string]string{
		a.command("list"):                "awsexec --keystore file list",
		a.command("unlock"):              "awsexec --keystore file unlock",
		a.command("rotate", "my key"):    `awsexec --keystore file --region eu-west-1 rotate "my key"`,
		a.addCommand("work"):             "awsexec --keystore file --region eu-west-1 add work",
		a.addCommand("w;k"):              "",
		a.command("doctor", "work"):      "awsexec --keystore file --region eu-west-1 --duration 2h doctor work",
		a.run("work", "true"):            "awsexec --keystore file --region eu-west-1 --duration 2h -p work -- true",
		a.run("-x", "true"):              "awsexec --keystore file --region eu-west-1 --duration 2h --profile=-x -- true",
		a.command("login", naming("-x")): "awsexec --keystore file --region eu-west-1 login --profile=-x",
		a.next("work"):                   "awsexec --keystore file -p work -- CMD",
		a.child():                        `sh -c "echo a b"`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := a.process("work"); !strings.HasSuffix(got, " --profile work --keystore file --region eu-west-1 --duration 2h") {
		t.Errorf("the credential_process is %s", got)
	}
}
