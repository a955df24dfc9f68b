package bustest

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

// Names of the Secret Service API
// (specifications.freedesktop.org/secret-service).
const (
	SecretsName     = keyringtest.SecretsName
	SecretsPath     = dbus.ObjectPath("/org/freedesktop/secrets")
	LoginCollection = SecretsPath + "/collection/login"
)

// Bus is a session bus of its own, away from the desktop's, which ends with the
// test.
type Bus struct {
	*keyringtest.Bus
	Dir  string // home, runtime, data and cache directory of all daemons
	Conn *dbus.Conn
	pid  int // of the bus itself
}

// Password is the one of the keyring's login collection.
const Password = "S3CR3TMARKERpassword"

// Configurations of a bus: what it can start by itself, and what it denies.
const (
	NoServices     = ""
	SystemServices = "<standard_session_servicedirs/>"
	DenySecrets    = `<policy context="mandatory"><deny send_destination="org.freedesktop.secrets"/></policy>`
)

// Start starts a bus with the given configuration, and points the environment
// of this process to it. With NoServices the bus starts nothing by itself.
func Start(t *testing.T, config string) *Bus {
	t.Helper()
	return StartIn(t, Home(t), config)
}

// Home returns a directory for a bus and what is on it. Its path is short,
// since that of a socket has at most 108 bytes.
func Home(t *testing.T) string {
	t.Helper()
	home, err := os.MkdirTemp("", "ks")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	return home
}

// StartIn is Start with its files in home; more is added to the environment of
// all daemons.
func StartIn(t *testing.T, home, config string, more ...string) *Bus {
	t.Helper()
	environ := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "LANG=C.UTF-8"}, more...)
	for _, dir := range []string{"RUNTIME_DIR", "DATA_HOME", "CACHE_HOME", "CONFIG_HOME"} {
		environ = append(environ, "XDG_"+dir+"="+home)
	}
	bus, err := keyringtest.StartBus(home, config, environ)
	Require(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("daemons that have ended: %q", bus.Ended())
		}
		bus.Close()
	})
	b := &Bus{Bus: bus, Dir: home, pid: bus.PIDs()[0]}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	b.Conn = b.Dial(t)
	t.Cleanup(func() {
		if pid := b.Owner(); pid != 0 && pid != os.Getpid() { // a keyring that the bus started
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return b
}

// Owner returns the process id of the keyring, or 0.
func (b *Bus) Owner() int {
	var pid uint32
	_ = b.Conn.BusObject().Call("org.freedesktop.DBus.GetConnectionUnixProcessID", 0, SecretsName).Store(&pid)
	return int(pid)
}

// Require ends the test if err reports that a part could not be started.
func Require(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, keyringtest.ErrMissing) {
		Missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Dial connects to the bus until the test ends.
func (b *Bus) Dial(t *testing.T) *dbus.Conn {
	t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// StartKeyring starts gnome-keyring with an unlocked login collection, and
// returns its process once that owns its name on the bus.
func (b *Bus) StartKeyring(t *testing.T) *os.Process {
	t.Helper()
	Require(t, b.Bus.StartKeyring(Password))
	process, err := os.FindProcess(b.Owner())
	if err != nil {
		t.Fatal(err)
	}
	return process
}

// Kill kills the bus itself.
func (b *Bus) Kill(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(b.pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// Await calls do, which makes the owner of a name change, and returns when it
// has changed.
func (b *Bus) Await(t *testing.T, name string, do func()) {
	t.Helper()
	signals := make(chan *dbus.Signal, 16)
	b.Conn.Signal(signals)
	defer b.Conn.RemoveSignal(signals)
	match := []dbus.MatchOption{
		dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name),
	}
	if err := b.Conn.AddMatchSignal(match...); err != nil {
		t.Fatal(err)
	}
	do()
	for s := range signals {
		if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && s.Body[0] == name {
			break
		}
	}
	if err := b.Conn.RemoveMatchSignal(match...); err != nil {
		t.Fatal(err)
	}
}

// Lock locks the login collection.
func (b *Bus) Lock(t *testing.T) {
	t.Helper()
	if err := keyringtest.Greet(b.Conn); err != nil {
		t.Fatal(err)
	}
	var locked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := b.Conn.Object(SecretsName, SecretsPath).
		Call("org.freedesktop.Secret.Service.Lock", 0, []dbus.ObjectPath{LoginCollection}).Store(&locked, &prompt)
	if err != nil || len(locked) != 1 {
		t.Fatalf("locked %v: %v", locked, err)
	}
}

// CreateGnomeCollection makes a collection of gnome-keyring, unlocked, without a
// dialog.
func (b *Bus) CreateGnomeCollection(t *testing.T, label string) (collection dbus.ObjectPath) {
	t.Helper()
	keyring := b.Conn.Object(SecretsName, SecretsPath)
	var output dbus.Variant
	var session dbus.ObjectPath
	err := keyringtest.Greet(b.Conn)
	if err == nil {
		err = keyring.Call("org.freedesktop.Secret.Service.OpenSession", 0, "plain", dbus.MakeVariant("")).Store(&output, &session)
	}
	if err == nil {
		properties := map[string]dbus.Variant{"org.freedesktop.Secret.Collection.Label": dbus.MakeVariant(label)}
		err = keyring.Call("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface.CreateWithMasterPassword", 0, properties, ss.NewSecret(session, Password)).Store(&collection)
	}
	if err != nil {
		t.Fatal(err)
	}
	return collection
}

// Own takes a name on the bus for a new connection.
func (b *Bus) Own(t *testing.T, name string) *dbus.Conn {
	t.Helper()
	conn := b.Dial(t)
	if reply, err := conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%s: reply %v, %v", name, reply, err)
	}
	return conn
}

// Overhear returns all messages that conn gets, which then answers none.
func Overhear(t *testing.T, conn *dbus.Conn) <-chan *dbus.Message {
	t.Helper()
	messages := make(chan *dbus.Message, 64)
	conn.Eavesdrop(messages)
	t.Cleanup(func() { conn.Eavesdrop(nil) }) // before it is closed, which races with messages
	return messages
}

// Needs ends the test if a program is missing that the bus is to start.
func Needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		Missing(t, program)
	}
}

// KillLater kills, when the test ends, the process whose id is then in the file
// at path.
func KillLater(t *testing.T, path string) {
	t.Cleanup(func() {
		b, _ := os.ReadFile(path)
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// Missing skips a test that lacks a real part, unless all parts are required.
func Missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("AWSEXEC_TEST_REQUIRE") == "all" {
		t.Fatal("missing:", what)
	}
	t.Skip("missing:", what)
}
