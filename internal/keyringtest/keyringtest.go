// Package keyringtest starts real keyrings on a private session bus,
// separate from the desktop's, for tests and measurements.
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

// ErrMissing reports that a program is not installed.
var ErrMissing = errors.New("not installed")

// SecretsName is the name on the bus that a keyring owns. Source: the Secret
// Service API.
const SecretsName = "org.freedesktop.secrets"

// startTime limits how long a daemon may take to start.
const startTime = 20 * time.Second

// starts is how often gnome-keyring is started: some versions abort now and
// then while starting.
const starts = 3

// busConfig configures a session bus without service directories, so that it
// starts no programs.
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

// Bus is a session bus with its daemons. It must be used by one goroutine at a
// time.
type Bus struct {
	Address string // the value for DBUS_SESSION_BUS_ADDRESS

	dir     string
	environ []string
	daemons []*daemon
}

// daemon is a started process.
type daemon struct {
	process *os.Process
	output  string        // the file with what it prints on standard error
	ended   chan struct{} // closed when the process has ended
	state   *os.ProcessState
}

// StartBus starts dbus-daemon with its socket and configuration in dir. The
// path of dir must be short, because that of a socket has at most 108 bytes.
// StartBus adds more to the configuration as it is, in the format of
// dbus-daemon(1); see [Activate]. All daemons get the environment environ,
// which should not lead to files of the user: HOME and XDG_*_HOME should be
// below dir. If dbus-daemon is not installed, the error wraps [ErrMissing]. The
// caller must Close the bus. On Linux the daemons also end with the process
// that started them.
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

// Activate writes service files to dir and returns the configuration with which
// a bus starts these programs on demand. The map programs holds a command line
// for each name on the bus. The programs end with the bus.
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

// ActivateKeyring is like Activate for gnome-keyring on the bus in dir. A
// keyring that the bus starts has no password, so that an existing collection
// is locked. If gnome-keyring is not installed, the error wraps [ErrMissing].
func ActivateKeyring(dir string) (config string, err error) {
	const name = "gnome-keyring-daemon"
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, ErrMissing)
	}
	program := path + " --start --foreground --components=secrets --control-directory=" + filepath.Join(dir,
		"keyring")
	return Activate(dir, map[string]string{SecretsName: program})
}

// StartKeyring starts gnome-keyring with an unlocked login collection, which is
// new or has the same password. It returns when the keyring owns its name on
// the bus. If gnome-keyring is not installed, the error wraps [ErrMissing].
func (b *Bus) StartKeyring(password string) error {
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"),
		dbus.WithMatchArg(0, SecretsName)); err != nil {
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
	return fmt.Errorf("gnome-keyring-daemon ended %d times while starting", starts)
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

// owns waits until the process of d owns the name of the keyring or has ended.
// It reports whether the process has ended.
func (d *daemon) owns(conn *dbus.Conn, changes <-chan *dbus.Signal, timeout <-chan time.Time) (ended bool,
	err error) {
	for {
		var pid uint32
		err := conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0,
			SecretsName).Store(&pid)
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
			return false, fmt.Errorf("gnome-keyring-daemon did not start within %v", startTime)
		}
	}
}

// Greet introduces conn to the keyring as a client. Call it before all other
// calls of the keyring on a connection. When several clients come and go, about
// one in a thousand first calls of another kind, such as those of go-keyring's
// Set, ends gnome-keyring 42.
func Greet(conn *dbus.Conn) error {
	var collections []dbus.ObjectPath
	return conn.Object(SecretsName, "/org/freedesktop/secrets").Call("org.freedesktop.DBus.Properties.Get",
		dbus.FlagNoAutoStart,
		"org.freedesktop.Secret.Service", "Collections").Store(&collections)
}

// HasKeyring reports whether a keyring service owns its name on the bus.
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

// PIDs returns the process IDs of the daemons in the order of their start, the
// bus first.
func (b *Bus) PIDs() []int {
	var pids []int
	for _, d := range b.daemons {
		pids = append(pids, d.process.Pid)
	}
	return pids
}

// Ended describes the daemons that have ended before Close: how, and what they
// printed. A test that has failed shows it.
func (b *Bus) Ended() (descriptions []string) {
	for _, d := range b.daemons {
		select {
		case <-d.ended:
			printed, _ := os.ReadFile(d.output)
			descriptions = append(descriptions, fmt.Sprintf("%s: %v\n%s", filepath.Base(d.output), d.state, printed))
		default:
		}
	}
	return descriptions
}

// Close kills the daemons and waits until they have ended.
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

// start starts a daemon from a thread that lives as long as the daemon: on
// Linux, a daemon that ends with its parent ends with the parent's thread.
func (b *Bus) start(cmd *exec.Cmd) (*daemon, error) {
	name := fmt.Sprintf("%s.%d.log", filepath.Base(cmd.Path), len(b.daemons))
	d := &daemon{output: filepath.Join(b.dir, name), ended: make(chan struct{})}
	output, err := os.Create(d.output)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	cmd.Stderr = output
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		d.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait()
			d.state = cmd.ProcessState
		}
		close(d.ended)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	b.daemons = append(b.daemons, d)
	return d, nil
}
