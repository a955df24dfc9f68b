// Package keyringtest starts a real gnome-keyring on a session bus of its own, away from the desktop's, for tests and measurements.
package keyringtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// ErrMissing says that a program is not installed.
var ErrMissing = errors.New("not installed")

// SecretsName is the name that a keyring owns on the bus. Source: the Secret Service API.
const SecretsName = "org.freedesktop.secrets"

// startTime bounds the wait for a daemon to come up.
const startTime = 20 * time.Second

// busConfig is a session bus that starts nothing by itself: no service directories.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  %s
</busconfig>
`

// Bus is a session bus and the daemons on it. It is for one goroutine at a time.
type Bus struct {
	Address string // for DBUS_SESSION_BUS_ADDRESS

	dir     string
	environ []string
	daemons []*exec.Cmd
}

// StartBus starts dbus-daemon with its socket and its configuration in dir, whose path must be short: that of a socket has at most 108
// bytes. More is added to its configuration as it is, in the format of dbus-daemon(1). Environ is the environment of all daemons,
// and should lead to no files of the user: HOME and XDG_*_HOME below dir. The error wraps [ErrMissing] where there is no dbus-daemon.
// The caller must Close the bus; on Linux its daemons also end with the process that started them.
func StartBus(dir, more string, environ []string) (*Bus, error) {
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, dir, more), 0o600); err != nil {
		return nil, err
	}
	b := &Bus{dir: dir, environ: environ}
	cmd, err := b.command("dbus-daemon", "--config-file="+config, "--print-address=1", "--nofork", "--nopidfile")
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.start(cmd); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Close()
		return nil, fmt.Errorf("dbus-daemon gave no address: %w", err)
	}
	b.Address = strings.TrimSpace(address)
	b.environ = append(environ[:len(environ):len(environ)], "DBUS_SESSION_BUS_ADDRESS="+b.Address)
	return b, nil
}

// StartKeyring starts gnome-keyring with an unlocked login collection, new or of the same password, and returns when it owns its name on
// the bus. The error wraps [ErrMissing] where it is not installed.
func (b *Bus) StartKeyring(password string) error {
	cmd, err := b.command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets",
		"--control-directory="+filepath.Join(b.dir, "keyring"))
	if err != nil {
		return err
	}
	cmd.Stdin = strings.NewReader(password)
	cmd.Stdout = io.Discard

	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, SecretsName)); err != nil {
		return err
	}
	owned := make(chan *dbus.Signal, 8)
	conn.Signal(owned)
	if err := b.start(cmd); err != nil {
		return err
	}
	select {
	case <-owned:
		return nil
	case <-time.After(startTime):
		return fmt.Errorf("gnome-keyring-daemon did not come up in %v", startTime)
	}
}

// HasKeyring says whether a keyring service owns its name on the bus.
func (b *Bus) HasKeyring() (bool, error) {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	var owned bool
	err = conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, SecretsName).Store(&owned)
	return owned, err
}

// PIDs are the process ids of the daemons, the bus first.
func (b *Bus) PIDs() []int {
	var pids []int
	for _, d := range b.daemons {
		pids = append(pids, d.Process.Pid)
	}
	return pids
}

// Close kills the daemons and waits for their end.
func (b *Bus) Close() {
	for _, d := range b.daemons {
		_ = d.Process.Kill()
		_ = d.Wait()
	}
	b.daemons = nil
}

func (b *Bus) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, ErrMissing)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = b.environ
	cmd.SysProcAttr = detached()
	return cmd, nil
}

func (b *Bus) start(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	b.daemons = append(b.daemons, cmd)
	return nil
}
