//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/processfmt"
)

// At every point the key is in the keyring or in the file. A second run finishes
// the move. Those with a credential helper are in internal/custody.
func TestCrashMigrate(t *testing.T) {
	t.Parallel()
	h := newKeyringHome(t, newSTS(t).URL())
	has := func(h *home, kind string) bool {
		h.t.Helper()
		r := h.start(command{args: []string{"--keystore", kind, "-p", "work", "--no-session"}, env: []string{"AWSEXEC_PASSPHRASE=" + passphrase}}).wait()
		c, err := processfmt.Decode(strings.NewReader(r.stdout))
		return err == nil && c.AccessKeyID == aliceKey && c.SecretAccessKey == aliceSecret
	}
	move := command{args: []string{"keystore", "migrate", "--to", "file", "--yes"}, env: []string{"AWSEXEC_KEYSTORE=auto", "AWSEXEC_PASSPHRASE=" + passphrase}}
	crashMatrix(t, h, "keystore migrate", crash{
		command: move,
		setup: func(h *home) {
			h.config("[profile work]", "region = eu-west-1")
			h.addAlice()
		},
		holds: func(h *home) {
			if !has(h, "keyring") && !has(h, "file") {
				h.t.Error("the key is lost")
			}
		},
		finish: func(h *home) {
			if r := h.start(move).wait(); r.code != 0 {
				h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
			}
			if !has(h, "auto") || !has(h, "file") || has(h, "keyring") {
				h.t.Errorf("auto %t, file %t, keyring %t", has(h, "auto"), has(h, "file"), has(h, "keyring"))
			}
		},
	})
}
