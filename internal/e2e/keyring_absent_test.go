//go:build linux

package e2e

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// Without a bus, and on a bus without a keyring, each command fails at once
// with a hint. Nothing is started, and nothing is stored elsewhere instead. The
// test measures time, so it is not parallel.
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
					r.fails(t, 125, "hint: ", "--keystore file")
					if r.took > 15*time.Second {
						t.Errorf("%v took %v", c.args, r.took)
					}
				}
				if _, err := os.Stat(h.path("data", "awsexec", "keystore.age")); err == nil {
					t.Error("the key was stored in the encrypted file without asking")
				}
				if names := processesOf(t, h, "dbus-launch"); len(names) != 0 {
					t.Errorf("left running: %v", names)
				}
			})
		}
	}
}

// A keyring stops answering, and then is killed, so that the bus starts another
// one, whose collection is locked. Each command that needs a key reports the
// cause in time. The test measures time, so it is not parallel.
func TestDeadKeyring(t *testing.T) {
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.env["AWSEXEC_KEYSTORE"] = "keyring"
	h.config("[profile work]", "region = eu-west-1")
	config, err := keyringtest.ActivateKeyring(h.path("run"))
	requirePart(t, err)
	bus := startBusWith(h, config)
	requirePart(t, bus.StartKeyring(loginPassword))
	daemon := bus.PIDs()[1]
	add := command{args: []string{"add", "work", "--stdin", "--no-verify", "--force"}, stdin: aliceKey + "\n" + aliceSecret + "\n"}
	if r := h.start(add).wait(); r.code != 0 {
		t.Fatalf("add: %s", r.stderr)
	}
	fail := func(say string, calls ...command) {
		t.Helper()
		for _, c := range calls {
			r := h.start(c).wait()
			r.fails(t, 125, say, "hint: ")
			if r.took > 15*time.Second {
				t.Errorf("%v took %v", c.args, r.took)
			}
		}
	}
	print := command{args: []string{"-p", "work"}}
	if err := syscall.Kill(daemon, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	fail("not available: no answer in 4", print, add)
	if err := syscall.Kill(daemon, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fail("in the OS keyring: locked: ", print, command{args: []string{"-p", "work", "--no-prompt"}}, add, command{args: []string{"remove", "work", "--yes"}})
}
