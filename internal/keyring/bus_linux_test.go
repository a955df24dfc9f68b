package keyring

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

func TestWithoutBus(t *testing.T) {
	trace := bustest.NoBus(t)
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		o := testOptions()
		k := New(o)
		if err := k.Reachable(); !errors.Is(err, backend.ErrUnavailable) {
			t.Error(err)
		}
		// A bus that went away after Reachable.
		if _, err := (client{k}).Get(t.Context(), "dev"); !errors.Is(err, backend.ErrUnavailable) {
			t.Error(err)
		}
		if c, _ := k.Look(t.Context()); c != Silent {
			t.Errorf("a keyring without a bus: %v", c)
		}
	}
	if _, err := os.Stat(trace); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("dbus-launch was started: %v", err)
	}
	// The trap works: the library alone walks into it.
	if _, err := dbus.ConnectSessionBus(); err == nil {
		t.Error("found a bus")
	}
	if _, err := os.Stat(trace); err != nil {
		t.Errorf("the stand-in for dbus-launch does not run: %v", err)
	}
}

func TestDeadAddress(t *testing.T) {
	dir := t.TempDir()
	stale := filepath.Join(dir, "stale")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, address := range []string{
		"unix:path=" + stale,
		"unix:path=" + filepath.Join(dir, "none"),
		"unix:abstract=awsexec-test-none",
		"unix:path=" + stale + ";unix:path=" + filepath.Join(dir, "none"),
		"unix:guid=1",
		"unix:path=%zz",
		"nonsense",
	} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if err := New(testOptions()).Reachable(); !errors.Is(err, backend.ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unsupported:x=y")
	if _, err := open(t, testOptions()).Get(t.Context(), "dev"); !errors.Is(err, backend.ErrUnavailable) {
		t.Error(err)
	}
}

// TestOddBus checks what happens if something other than a bus answers at the
// address.
func TestOddBus(t *testing.T) {
	for name, says := range map[string]string{
		"mute": "", "refuses": "REJECTED EXTERNAL\r\n", "no line": strings.Repeat("x", 4096),
		"hangs up": "\x00", "garbage": "REJECTED EXTERNAL\r\nOK 1\r\nERROR\r\n" + strings.Repeat("garbage!", 8),
		"huge": "REJECTED EXTERNAL\r\nOK 1\r\nERROR\r\nl\x02\x00\x01\xff\xff\xff\x7f\x01\x00\x00\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(bustest.Home(t), "s")
			listener, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					if _, err := conn.Write([]byte(says)); err != nil || says == "\x00" {
						conn.Close()
					}
				}
			}()
			t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
			o := testOptions()
			o.Timeout = 200 * time.Millisecond
			began := time.Now()
			if _, err := open(t, o).Get(t.Context(), "dev"); !errors.Is(err, backend.ErrUnavailable) {
				t.Error(err)
			}
			if took := time.Since(began); took > long {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestBusThatAcceptsNobody uses a socket on which nobody accepts connections.
func TestBusThatAcceptsNobody(t *testing.T) {
	path := filepath.Join(bustest.Home(t), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	o := testOptions()
	o.Timeout = 200 * time.Millisecond
	for range 4 {
		quick(t, func() {
			k := New(o)
			err := k.Reachable()
			if err == nil {
				_, err = client{k}.Get(t.Context(), "dev")
			}
			if !errors.Is(err, backend.ErrUnavailable) {
				t.Error(err)
			}
		})
	}
}
