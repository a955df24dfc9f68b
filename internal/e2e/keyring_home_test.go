//go:build linux

package e2e

import (
	"errors"
	"testing"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// newKeyringHome is like newHome, with a real, unlocked gnome-keyring on a
// private bus as the keystore.
func newKeyringHome(t *testing.T, endpoint string) *home {
	t.Helper()
	h, _ := newKeyringHomeOn(t, endpoint)
	return h
}

// newKeyringHomeOn is like newKeyringHome, and also returns the bus, for tests
// that interfere with the keyring: the second daemon on the bus.
func newKeyringHomeOn(t *testing.T, endpoint string) (*home, *keyringtest.Bus) {
	t.Helper()
	h := newHome(t, endpoint)
	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.env["AWSEXEC_KEYSTORE"] = "keyring"
	bus := startBus(h)
	requirePart(t, bus.StartKeyring(loginPassword))
	return h, bus
}

// loginPassword unlocks the keyring.
const loginPassword = "login password"

// keyringDied reports whether the home's keyring has ended by itself, and then
// starts it again. gnome-keyring 42 sometimes aborts when a client is killed
// during its first calls.
func (h *home) keyringDied() bool {
	h.t.Helper()
	if h.bus == nil || h.env["AWSEXEC_KEYSTORE"] != "keyring" {
		return false
	}
	there, err := h.bus.HasKeyring()
	if err != nil {
		h.t.Fatal(err)
	}
	if !there {
		requirePart(h.t, h.bus.StartKeyring(loginPassword))
	}
	return !there
}

// startBus gives the home a session bus until the test ends. The bus starts no
// services.
func startBus(h *home) *keyringtest.Bus {
	h.t.Helper()
	return startBusWith(h, "")
}

// startBusWith is like startBus with more in the configuration of the bus; see
// keyringtest.Activate.
func startBusWith(h *home, config string) *keyringtest.Bus {
	h.t.Helper()
	bus, err := keyringtest.StartBus(h.path("run"), config, h.environ())
	requirePart(h.t, err)
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.t.Logf("daemons that have ended: %q", bus.Ended())
		}
		bus.Close()
	})
	h.env["DBUS_SESSION_BUS_ADDRESS"] = bus.Address
	h.bus = bus
	return bus
}

// requirePart skips or fails the test if err reports that a part could not be
// started.
func requirePart(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, keyringtest.ErrMissing) {
		missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
