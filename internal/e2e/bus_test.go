//go:build linux

package e2e

import (
	"os"
	"testing"
	"time"
)

// TestNoKeyring: without a bus, or with one that has no keyring, it is known at once, said with the way out, and nothing is
// started or stored elsewhere instead. It is not parallel, for the sake of its clock.
func TestNoKeyring(t *testing.T) {
	srv := newSTS(t)
	for _, keystore := range []string{"keyring", "auto"} {
		for _, bus := range []string{"none", "without keyring"} {
			t.Run(keystore+", bus "+bus, func(t *testing.T) {
				h := newHome(t, srv.URL())
				h.config("[profile work]", "region = eu-west-1")
				h.env["AWSEXEC_KEYSTORE"] = keystore
				h.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + h.path("run", "gone")
				if bus != "none" {
					startBus(h)
				}
				for _, c := range []command{
					{args: []string{"-p", "work"}},
					{args: []string{"add", "work", "--stdin", "--no-verify"}, stdin: aliceKey + "\n" + aliceSecret + "\n"},
				} {
					r := h.start(c).wait()
					r.fails(t, 125, "awsexec: hint: ", "--keystore file")
					if r.took > 5*time.Second {
						t.Errorf("%v took %v", c.args, r.took)
					}
				}
				if _, err := os.Stat(h.path("data", "awsexec", "keystore.age")); err == nil {
					t.Error("the key fell into the encrypted file, unasked")
				}
				if names := processesOf(t, h, "dbus-launch"); len(names) != 0 {
					t.Errorf("left running: %v", names)
				}
			})
		}
	}
}
