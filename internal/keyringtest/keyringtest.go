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
	"runtime"
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

// starts bounds how often gnome-keyring is started: some versions abort now and then as they come up.
const starts = 3

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
	daemons []*daemon
}

// daemon is a process that has been started.
type daemon struct {
	process *os.Process
	ended   chan struct{} // closed when it has ended
}

// StartBus starts dbus-daemon with its socket and its configuration in dir, whose path must be short: that of a socket has at most 108
// bytes. More is added to its configuration as it is, in the format of dbus-daemon(1); see [Activate]. Environ is the environment of all
// daemons, and should lead to no files of the user: HOME and XDG_*_HOME below dir. The error wraps [ErrMissing] where there is no
// dbus-daemon. The caller must Close the bus; on Linux its daemons also end with the process that started them.
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
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout = in
	_, err = b.start(cmd)
	in.Close()
	if err != nil {
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

// Activate writes service files to dir and returns the configuration with which a bus starts these programs by itself: command lines by
// the name on the bus that is asked for. The processes end with the bus: they notice that it is gone.
func Activate(dir string, programs map[string]string) (config string, err error) {
	dir = filepath.Join(dir, "services")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	for name, program := range programs {
		file := fmt.Appendf(nil, "[D-BUS Service]\nName=%s\nExec=%s\n", name, program)
		if err := os.WriteFile(filepath.Join(dir, name+".service"), file, 0o600); err != nil {
			return "", err
		}
	}
	return "<servicedir>" + dir + "</servicedir>", nil
}

// ActivateKeyring is Activate for gnome-keyring on the bus in dir. What the bus starts knows no password: its collection is locked, if
// there is one. The error wraps [ErrMissing] where it is not installed.
func ActivateKeyring(dir string) (config string, err error) {
	const name = "gnome-keyring-daemon"
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, ErrMissing)
	}
	program := path + " --start --foreground --components=secrets --control-directory=" + filepath.Join(dir, "keyring")
	return Activate(dir, map[string]string{SecretsName: program})
}

// StartKeyring starts gnome-keyring with an unlocked login collection, new or of the same password, and returns when it owns its name on
// the bus. The error wraps [ErrMissing] where it is not installed.
func (b *Bus) StartKeyring(password string) error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, SecretsName)); err != nil {
		return err
	}
	changes := make(chan *dbus.Signal, 64)
	conn.Signal(changes)
	timeout := time.After(startTime)
	for range starts {
		d, err := b.startKeyring(password)
		if err != nil {
			return err
		}
		if ended, err := d.owns(conn, changes, timeout); err != nil || !ended {
			return err
		}
	}
	return fmt.Errorf("gnome-keyring-daemon ended %d times as it came up", starts)
}

func (b *Bus) startKeyring(password string) (*daemon, error) {
	cmd, err := b.command("gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets",
		"--control-directory="+filepath.Join(b.dir, "keyring"))
	if err != nil {
		return nil, err
	}
	cmd.Stdin = strings.NewReader(password)
	cmd.Stdout = io.Discard
	return b.start(cmd)
}

// owns waits until it is this very process that owns the name of the keyring, or has ended.
func (d *daemon) owns(conn *dbus.Conn, changes <-chan *dbus.Signal, timeout <-chan time.Time) (ended bool, err error) {
	for {
		var pid uint32
		err := conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, SecretsName).Store(&pid)
		if err == nil && int(pid) == d.process.Pid {
			return false, nil
		}
		select {
		case _, ok := <-changes:
			if !ok {
				return false, errors.New("the bus is gone")
			}
		case <-d.ended:
			return true, nil
		case <-timeout:
			return false, fmt.Errorf("gnome-keyring-daemon did not come up in %v", startTime)
		}
	}
}

// Greet makes conn a client that the keyring knows. It comes before all other calls of the keyring on a connection, where there is one: about
// one in a thousand first calls of another kind, those of go-keyring's Set among them, ends gnome-keyring 42 when several clients come and go.
func Greet(conn *dbus.Conn) error {
	var collections []dbus.ObjectPath
	return conn.Object(SecretsName, "/org/freedesktop/secrets").Call("org.freedesktop.DBus.Properties.Get", dbus.FlagNoAutoStart,
		"org.freedesktop.Secret.Service", "Collections").Store(&collections)
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

// PIDs are the process ids of the daemons in the order of their start, the bus first.
func (b *Bus) PIDs() []int {
	var pids []int
	for _, d := range b.daemons {
		pids = append(pids, d.process.Pid)
	}
	return pids
}

// Close kills the daemons and waits for their end.
func (b *Bus) Close() {
	for _, d := range b.daemons {
		_ = d.process.Kill()
		<-d.ended
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

// start starts a daemon from a thread that lasts as long as it: where a daemon is to end with its parent, the system means the thread.
func (b *Bus) start(cmd *exec.Cmd) (*daemon, error) {
	d := &daemon{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		d.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(d.ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	b.daemons = append(b.daemons, d)
	return d, nil
}
