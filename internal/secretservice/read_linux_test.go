package secretservice

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/keyringtest"
)

const (
	marker = "S3CR3TMARKER"
	enough = 20 * time.Second // of silence, on a machine that is busy
)

// newBus starts a session bus, for this process too.
func newBus(t *testing.T) *keyringtest.Bus {
	t.Helper()
	dir, err := os.MkdirTemp("", "sst") // a short path: sockets are below it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	bus, err := keyringtest.StartBus(dir, "", []string{"HOME=" + dir, "XDG_DATA_HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "PATH=" + os.Getenv("PATH")})
	require(t, err)
	t.Cleanup(bus.Close)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	return bus
}

// require ends the test if err says that a part could not be started.
func require(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, keyringtest.ErrMissing) && os.Getenv("AWSEXEC_TEST_REQUIRE") != "all" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	bus := newBus(t)
	if _, err := Read(bus.Address, "a", "b", enough); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("without a keyring: %v", err)
	}
	require(t, bus.StartKeyring("password"))
	if _, err := Read(bus.Address, "a", "b", enough); !errors.Is(err, ErrNotFound) {
		t.Errorf("empty: %v", err)
	}
	values := []string{marker, "", strings.Repeat(marker, 500)}
	for i, v := range values {
		if err := keyring.Set("service", string(rune('a'+i)), v); err != nil {
			t.Fatal(err)
		}
	}
	for i, v := range values {
		if got, err := Read(bus.Address, "service", string(rune('a'+i)), enough); err != nil || string(got) != v {
			t.Errorf("%d: got %d bytes, %v; want %d", i, len(got), err, len(v))
		}
	}
	for _, absent := range [][2]string{{"service", "z"}, {"other", "a"}, {"", ""}} {
		if _, err := Read(bus.Address, absent[0], absent[1], enough); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", absent, err)
		}
	}

	// Some orders of first calls end gnome-keyring when many clients come and go.
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 50 {
				if got, err := Read(bus.Address, "service", "a", enough); err != nil || string(got) != marker {
					t.Errorf("one of many: %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()

	lock(t)
	if _, err := Read(bus.Address, "service", "a", enough); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("locked: %v", err)
	}
	if _, err := Read(bus.Address, "service", "z", enough); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("locked, and no such item: %v", err)
	}
}

func lock(t *testing.T) {
	t.Helper()
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	all := []dbus.ObjectPath{loginCollection}
	if err := conn.Object(secretsName, secretsPath).Call(serviceIface+".Lock", 0, all).Err; err != nil {
		t.Fatal(err)
	}
}

// Another keyring may ask a person at any read: it is left to the general way before anything is asked of it.
func TestReadOfOtherKeyring(t *testing.T) {
	bus := newBus(t)
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName(secretsName, 0); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := Read(bus.Address, "a", "b", enough); err == nil || errors.Is(err, ErrNotFound) || time.Since(began) > enough/2 {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestReadOfOddBuses(t *testing.T) {
	for _, address := range []string{"", "unix:path=/none", "unix:path=/none;unix:path=/none", "unix:path=/a%20b", "unix:dir=/tmp", "tcp:host=localhost", "unix:abstract=awsexec-none", "unix:path=" + strings.Repeat("x", 200)} {
		if _, err := Read(address, "a", "b", enough); err == nil {
			t.Errorf("%q: no error", address)
		}
	}
	for name, says := range map[string]string{
		"mute": "", "rejected": "REJECTED EXTERNAL\r\n", "no line": strings.Repeat("x", 4096), "garbage": "OK 1\r\n" + strings.Repeat("garbage!", 8),
		"huge": "OK 1\r\nl\x02\x00\x01\xff\xff\xff\x7f\x01\x00\x00\x00\x00\x00\x00\x00",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "s")
		if len(path) > 100 {
			t.Skip("the path of a socket would be too long")
		}
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				_, _ = conn.Write([]byte(says))
			}
		}()
		const silence = 200 * time.Millisecond
		if _, err := Read("unix:path="+path, "a", "b", silence); err == nil || errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		listener.Close()
	}
}

func TestBus(t *testing.T) {
	if got := Bus("unix:path=/x"); got != "unix:path=/x" {
		t.Errorf("got %q", got)
	}
	if got := Bus("autolaunch:"); got == "autolaunch:" {
		t.Error("a bus would be started")
	}
}

// Whatever a bus sends, reading it neither panics nor reads beyond it.
func FuzzNext(f *testing.F) {
	f.Add(call{destination: secretsName, path: secretsPath, iface: serviceIface, member: "x", signature: "s", body: texts("a")}.message(7))
	f.Add([]byte("l\x02\x00\x01\x04\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x05\x01u\x00\x07\x00\x00\x00body"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, size, err := next(data)
		if err != nil || size == 0 {
			return
		}
		if size > len(data) || len(r.body) > size {
			t.Errorf("size %d of %d", size, len(data))
		}
		body := reader{buf: r.body}
		body.signature()
		body.strings()
		body = reader{buf: r.body}
		_ = body.string() + string(body.byteArray())
	})
}
