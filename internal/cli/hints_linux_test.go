package cli

import (
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

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
