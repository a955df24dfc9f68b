package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Without a keyring both ways out are told; WSL has others than a desktop.
func TestHintWithoutKeyring(t *testing.T) {
	w := newWorld(t)
	w.env["AWSEXEC_KEYSTORE"] = "keyring"
	w.env["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=" + filepath.Join(w.home, "none")
	w.refuse(exitFailed, "", []string{"list"}, "hint: on a machine without a keyring", "--keystore file add NAME", "hint: on a desktop, start the keyring")
	w.env["WSL_DISTRO_NAME"] = "Debian"
	w.refuse(exitFailed, "", []string{"list"}, "--keystore file add NAME", "hint: this is WSL", "awsexec.exe")
	if r := w.run("", "list"); strings.Contains(r.err, "on a desktop") {
		t.Errorf("said %q", r.err)
	}
}
