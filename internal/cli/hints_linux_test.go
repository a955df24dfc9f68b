package cli

import (
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/session"
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

// Keys in a keyring that is closed, as a database of KeePassXC can be, are not sought
// in a file.
func TestHintOfClosedKeyring(t *testing.T) {
	w := newWorld(t)
	b := bustest.Start(t, bustest.NoServices)
	s := b.StartScripted(t, nil)
	change := func(f func()) {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		f()
	}
	w.env["AWSEXEC_KEYSTORE"] = ""
	w.env["DBUS_SESSION_BUS_ADDRESS"] = b.Address
	w.write(".aws/config", "[profile work]\nregion = eu-west-1\ncredential_process = "+self+" --profile work\n")
	w.add("work")
	const closed = dbus.ObjectPath(bustest.SecretsPath + "/collection/other")
	change(func() { s.Collections = nil })
	w.refuse(exitFailed, "", []string{"-p", "work"}, "hint: open the keyring that has the key")
	if r := w.run("", "-p", "work"); strings.Contains(r.err, "--keystore file") {
		t.Errorf("said %q", r.err)
	}
	change(func() {
		s.Collections, s.Default, s.Items = map[dbus.ObjectPath]*bustest.Collection{closed: {}}, closed, map[dbus.ObjectPath]*bustest.Item{}
	})
	w.refuse(exitFailed, "", []string{"-p", "work"}, "store its key: awsexec add work", "or, if it is stored, open the keyring")
}

// Errors of files are not taken for those of the network.
func TestHintsOfFiles(t *testing.T) {
	a := &advisor{settings: &session.Settings{}}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EBADF}, ""},
		{&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}, ""},
		{&fs.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, "check who owns the file, and its mode"},
		{&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, "check the network and HTTPS_PROXY"},
	} {
		if got := hint(fmt.Errorf("print credentials: %w", tt.err), a); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
