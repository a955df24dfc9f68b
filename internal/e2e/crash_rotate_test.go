//go:build linux

package e2e

import (
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/ststest"
)

// Wherever rotate is killed, the key works, and the next rotate finishes the
// rotation.
func TestCrashRotate(t *testing.T) {
	t.Parallel()
	for _, mfa := range []bool{false, true} {
		name := map[bool]string{false: "key", true: "MFA"}[mfa]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBothKeystores(t, func(t *testing.T, h *home, srv *ststest.Server) {
				if mfa && h.env["AWSEXEC_KEYSTORE"] == "file" {
					return // an MFA device makes no difference to the keystore, and takes a minute
				}
				var u newcomer
				crashMatrix(t, h, "rotate with "+name+" on "+h.env["AWSEXEC_KEYSTORE"], crash{
					command: command{args: []string{"rotate", "work", "--yes"}},
					setup: func(h *home) {
						u = h.newcomer(srv, mfa)
						h.config("[profile work]", "region = eu-west-1")
						if mfa {
							h.config("[profile work]", "region = eu-west-1", "mfa_serial = "+u.mfa)
							h.env["AWSEXEC_MFA_CODE"] = bobCode()
						}
						h.add("work", u.keyID, u.secret)
					},
					holds: func(h *home) { h.is("work", u) },
					finish: func(h *home) {
						if mfa {
							h.env["AWSEXEC_MFA_CODE"] = codeAt(time.Now().Add(30 * time.Second))
						}
						if r := h.run("rotate", "work", "--yes"); r.code != 0 {
							h.t.Fatalf("second run: exit code %d\n%s", r.code, r.stderr)
						}
						if id := h.isOnlyKeyOf(srv, "work", u); id == u.keyID {
							h.t.Error("the key was not replaced")
						}
					},
				})
			})
		})
	}
}
