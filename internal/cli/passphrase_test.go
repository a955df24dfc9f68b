package cli

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A store that has a weak passphrase already opens, and takes more keys.
func TestWeakPassphraseOpens(t *testing.T) {
	w := newWorld(t)
	w.env["AWSEXEC_PASSPHRASE"] = "weak"
	w.refuse(125, aliceID+"\n"+aliceSecret+"\n", []string{"add", "work", "--stdin"}, "AWSEXEC_PASSPHRASE: this passphrase is too short")
	if err := w.store().Put(t.Context(), "work", aws.Credentials{AccessKeyID: aliceID, SecretAccessKey: aliceSecret}); err != nil {
		t.Fatal(err)
	}
	if r := w.ok("", "-p", "work", "--no-session"); !strings.Contains(r.out, aliceID) {
		t.Errorf("got %s", r.out)
	}
	w.ok(aliceID+"\n"+aliceSecret+"\n", "add", "other", "--stdin")
}
