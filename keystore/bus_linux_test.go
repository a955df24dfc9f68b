package keystore

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// testBus is a session bus of its own, away from the desktop's, that ends with the test.
type testBus struct {
	*keyringtest.Bus
	home string // home, runtime, data and cache directory of all that is started
	conn *dbus.Conn
	pid  int // of the bus itself
}

const (
	noServices     = ""
	systemServices = "<standard_session_servicedirs/>"
	denySecrets    = `<policy context="mandatory"><deny send_destination="org.freedesktop.secrets"/></policy>`
)

// startBus starts a bus that has what config says (nothing that it could start by itself, in noServices), and points the
// environment of this process to it.
func startBus(t *testing.T, config string) *testBus {
	t.Helper()
	return startBusIn(t, busHome(t), config)
}

// busHome returns a directory for a bus and what is on it: a short path, since those of sockets have 108 bytes.
func busHome(t *testing.T) string {
	t.Helper()
	home, err := os.MkdirTemp("", "ks")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	return home
}

// startBusIn is startBus with its files in home; more is environment for all that is started.
func startBusIn(t *testing.T, home, config string, more ...string) *testBus {
	t.Helper()
	environ := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8"}, more...)
	for _, dir := range []string{"RUNTIME_DIR", "DATA_HOME", "CACHE_HOME", "CONFIG_HOME"} {
		environ = append(environ, "XDG_"+dir+"="+home)
	}
	bus, err := keyringtest.StartBus(home, config, environ)
	require(t, err)
	t.Cleanup(bus.Close)
	b := &testBus{Bus: bus, home: home, pid: bus.PIDs()[0]}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	b.conn = b.dial(t, bus.Address)
	t.Cleanup(func() {
		if pid := b.owner(); pid != 0 && pid != os.Getpid() { // a keyring that the bus started
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return b
}

// owner returns the process id of the keyring, or 0.
func (b *testBus) owner() int {
	var pid uint32
	_ = b.conn.BusObject().Call(busMethod+"GetConnectionUnixProcessID", 0, secretsName).Store(&pid)
	return int(pid)
}

// require ends the test if err says that a part could not be started.
func require(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, keyringtest.ErrMissing) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
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

// startKeyring starts gnome-keyring with an unlocked login collection, and returns its process when that owns its name on the bus.
func (b *testBus) startKeyring(t *testing.T) *os.Process {
	t.Helper()
	require(t, b.StartKeyring(testPassphrase))
	process, err := os.FindProcess(b.owner())
	if err != nil {
		t.Fatal(err)
	}
	return process
}

// kill kills the bus itself.
func (b *testBus) kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(b.pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
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
	if err := keyringtest.Greet(b.conn); err != nil {
		t.Fatal(err)
	}
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

// needs ends the test where a program is missing that the bus is to start.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program)
	}
}

// killLater kills, when the test ends, the process whose id it has written to the file at path.
func killLater(t *testing.T, path string) {
	t.Cleanup(func() {
		b, _ := os.ReadFile(path)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// missing skips a test that lacks a real part, unless all parts are required.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatal("missing:", what)
	}
	t.Skip("missing:", what)
}
