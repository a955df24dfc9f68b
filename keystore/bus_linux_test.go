package keystore

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
)

// testBus is a session bus of its own, away from the desktop's, that ends with the test.
type testBus struct {
	home string // home, runtime, data and cache directory of all that is started
	conn *dbus.Conn
	proc *exec.Cmd
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
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

const (
	noServices     = ""
	systemServices = "<standard_session_servicedirs/>"
	denySecrets    = `<policy context="mandatory"><deny send_destination="org.freedesktop.secrets"/></policy>`
)

// startBus starts a bus that has what config says (nothing that it could start by itself, in noServices), and points the
// environment of this process to it.
func startBus(t *testing.T, config string) *testBus {
	t.Helper()
	home, err := os.MkdirTemp("", "ks") // a short path: sockets have 108 bytes for theirs
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	b := &testBus{home: home}

	path := filepath.Join(home, "bus.conf")
	if err := os.WriteFile(path, fmt.Appendf(nil, busConfig, home, config), 0o600); err != nil {
		t.Fatal(err)
	}
	b.proc = b.command(t, "dbus-daemon", "--config-file="+path, "--print-address=1", "--nofork", "--nopidfile")
	out, err := b.proc.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	b.start(t, b.proc)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("dbus-daemon gave no address:", err)
	}
	address = strings.TrimSpace(address)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
	b.conn = b.dial(t, address)
	// The library keeps one connection for the process: see it closed before the next test has another bus.
	t.Cleanup(func() {
		var pid uint32 // of a keyring that the bus started
		owner := b.conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, secretsName)
		if owner.Store(&pid) == nil && int(pid) != os.Getpid() {
			_ = syscall.Kill(int(pid), syscall.SIGKILL)
		}
		shared, err := dbus.SessionBus()
		_ = b.proc.Process.Kill()
		if err == nil {
			<-shared.Context().Done()
		}
	})
	return b
}

func (b *testBus) dial(t *testing.T, address string) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// command is a program that knows nothing of the desktop that the tests may be run on.
func (b *testBus) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.home, "LANG=C.UTF-8"}
	for _, dir := range []string{"RUNTIME_DIR", "DATA_HOME", "CACHE_HOME", "CONFIG_HOME"} {
		cmd.Env = append(cmd.Env, "XDG_"+dir+"="+b.home)
	}
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		cmd.Env = append(cmd.Env, "DBUS_SESSION_BUS_ADDRESS="+address)
	}
	return cmd
}

func (b *testBus) start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// startKeyring starts gnome-keyring with an unlocked login collection, and returns when it owns its name on the bus.
func (b *testBus) startKeyring(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := b.command(t, "gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground")
	cmd.Stdin = strings.NewReader(testPassphrase)
	cmd.Stdout = io.Discard
	b.await(t, secretsName, func() { b.start(t, cmd) })
	return cmd
}

// await does something that makes the owner of a name change, and returns when it has.
func (b *testBus) await(t *testing.T, name string, do func()) {
	t.Helper()
	signals := make(chan *dbus.Signal, 16)
	b.conn.Signal(signals)
	defer b.conn.RemoveSignal(signals)
	match := []dbus.MatchOption{
		dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name),
	}
	if err := b.conn.AddMatchSignal(match...); err != nil {
		t.Fatal(err)
	}
	do()
	for s := range signals {
		if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && s.Body[0] == name {
			break
		}
	}
	if err := b.conn.RemoveMatchSignal(match...); err != nil {
		t.Fatal(err)
	}
}

// lock locks the login collection.
func (b *testBus) lock(t *testing.T) {
	t.Helper()
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := b.conn.Object(secretsName, secretsPath).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{loginCollection}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		t.Fatalf("locked %v: %v", locked, err)
	}
}

// own takes a name on the bus for a connection of its own.
func (b *testBus) own(t *testing.T, name string) *dbus.Conn {
	t.Helper()
	conn := b.dial(t, os.Getenv("DBUS_SESSION_BUS_ADDRESS"))
	if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%s: reply %v, %v", name, reply, err)
	}
	return conn
}

// overhear makes conn hand over all messages that it gets and answer none.
func overhear(t *testing.T, conn *dbus.Conn) <-chan *dbus.Message {
	t.Helper()
	messages := make(chan *dbus.Message, 64)
	conn.Eavesdrop(messages)
	t.Cleanup(func() { conn.Eavesdrop(nil) }) // before it is closed, which races with messages
	return messages
}

// missing skips a test that lacks a real part, unless all parts are required.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatal("missing:", what)
	}
	t.Skip("missing:", what)
}
