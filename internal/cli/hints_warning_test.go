package cli

import (
	"errors"
	"fmt"
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
		{&passphraseWarning{profile: "work"}, "have awsexec stay and renew for the program: awsexec serve --profile work -- …"},
		{&passphraseWarning{profile: "work", canHold: true}, "open it for some hours: awsexec unlock --for 8h\nor have awsexec stay and renew for the program: awsexec serve --profile work -- …"},
	} {
		if got := hintOfWarning(tt.err); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestHintOfUnasked(t *testing.T) {
	for command, want := range map[string]string{
		"add":        "give the id and the secret on two lines of standard input: awsexec add \"my work\" --stdin\nor see awsexec add --help for other ways",
		"import":     "see what would be done: awsexec import --dry-run\nto do it without being asked: awsexec import --yes",
		"passphrase": "set AWSEXEC_NEW_PASSPHRASE, or run it on a terminal: awsexec passphrase",
		"rotate":     `to do it without being asked: awsexec rotate "my work" --yes`,
		"remove":     `to do it without being asked: awsexec remove "my work" --yes`,
	} {
		err := unasked(session.ErrPromptsOff, command)
		if got := hintFor(err, &advisor{}, "my work"); got != want {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
}
