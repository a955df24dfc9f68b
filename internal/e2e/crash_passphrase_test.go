//go:build linux

package e2e

import (
	"strings"
	"testing"

	"github.com/awsexec/awsexec/internal/ststest"
)

const otherPassphrase = ststest.Marker + "other passphrase"

// At every point the file opens with the old passphrase or with the new one,
// and never without a passphrase.
func TestCrashPassphrase(t *testing.T) {
	t.Parallel()
	for _, unlocked := range []bool{false, true} {
		name := "passphrase"
		if unlocked {
			name += " while unlocked"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			h := newHome(t, srv.URL())
			if unlocked {
				h.kernelHolds()
			}
			change := command{args: []string{"passphrase"}, env: []string{"AWSEXEC_NEW_PASSPHRASE=" + otherPassphrase}}
			crashMatrix(t, h, name, crash{
				command: change,
				setup: func(h *home) {
					h.env["AWSEXEC_PASSPHRASE"] = passphrase
					h.addAlice()
					h.add("other", aliceKey2, aliceSecret2)
					if unlocked {
						h.succeeds("unlock")
					}
				},
				holds: func(h *home) {
					if r := h.run("whoami", "-p", "work"); r.code != 0 {
						if !strings.Contains(r.stderr, "wrong passphrase") {
							h.t.Fatalf("the file has changed:\n%s", r.stderr)
						}
						h.env["AWSEXEC_PASSPHRASE"] = otherPassphrase
					}
					h.works(srv, "work", aliceKey)
				},
				finish: func(h *home) {
					h.env["AWSEXEC_NEW_PASSPHRASE"] = passphrase
					h.succeeds("passphrase")
					delete(h.env, "AWSEXEC_NEW_PASSPHRASE")
					delete(h.env, "AWSEXEC_PASSPHRASE")
					h.run("clear")
					h.run("-p", "work").fails(h.t, 125, "AWSEXEC_PASSPHRASE")
					h.env["AWSEXEC_PASSPHRASE"] = passphrase
					h.works(srv, "work", aliceKey)
					h.works(srv, "other", aliceKey2)
				},
			})
		})
	}
}

// Wherever unlock, or a write to an unlocked file, is killed, the key works
// with the passphrase, and lock makes the passphrase necessary again.
func TestCrashUnlocked(t *testing.T) {
	t.Parallel()
	replace := command{args: []string{"add", "work", "--stdin", "--force", "--no-verify"}, stdin: aliceKey2 + "\n" + aliceSecret2 + "\n"}
	for name, c := range map[string]command{"unlock": {args: []string{"unlock"}}, "add --force while unlocked": replace, "lock": {args: []string{"lock"}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newSTS(t)
			h := newHome(t, srv.URL())
			h.kernelHolds()
			crashMatrix(t, h, name, crash{
				command: c,
				setup: func(h *home) {
					h.addAlice()
					if name != "unlock" {
						h.succeeds("unlock")
					}
				},
				holds: func(h *home) { h.credentials("-p", "work") },
				finish: func(h *home) {
					if name != "lock" {
						h.succeeds("unlock")
						r := h.start(command{args: []string{"-p", "work", "--no-session"}, env: []string{"AWSEXEC_PASSPHRASE"}}).wait()
						if r.code != 0 {
							h.t.Errorf("not unlocked:\n%s", r.stderr)
						}
					}
					if r := h.start(replace).wait(); r.code != 0 {
						h.t.Fatalf("exit code %d\n%s", r.code, r.stderr)
					}
					h.works(srv, "work", aliceKey2)
					h.succeeds("lock")
					r := h.start(command{args: []string{"-p", "work"}, env: []string{"AWSEXEC_PASSPHRASE"}}).wait()
					r.fails(h.t, 125, "AWSEXEC_PASSPHRASE")
				},
			})
		})
	}
}
