package keystore

import (
	"context"
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
	"golang.org/x/sys/unix"
)

func TestKeyringContract(t *testing.T) {
	contract(t, KindKeyring, func(t *testing.T) { startBus(t, noServices).startKeyring(t) })
}

func openKeyring(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := OpenKeyring(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// noBus makes the environment that of a machine without a session bus, on which any program that would be started to get one
// leaves a trace at the path that is returned.
func noBus(t *testing.T) (trace string) {
	t.Helper()
	if _, err := busAddress(func(string) string { return "" }); err == nil {
		missing(t, "a user without a session bus")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	dir := t.TempDir()
	trace = filepath.Join(dir, "started")
	script := "#!/bin/sh\necho started >" + trace + "\n"
	if err := os.WriteFile(filepath.Join(dir, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	return trace
}

func TestKeyringWithoutBus(t *testing.T) {
	trace := noBus(t)
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		o := testOptions(t.TempDir())
		for _, kind := range []Kind{KindKeyring, KindAuto} {
			if _, err := Open(kind, o); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		// A bus that went away after opening.
		k := newKeyringBackend(o)
		if _, err := k.operation().Get(t.Context(), keyItem("dev")); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
		if c := k.condition(t.Context()); c != ConditionSilent {
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

func TestKeyringDeadAddress(t *testing.T) {
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
		if _, err := OpenKeyring(testOptions(dir)); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", address, err)
		}
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unsupported:x=y")
	if _, err := openKeyring(t, testOptions(dir)).Get(t.Context(), "dev"); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// operations are those that need the keyring, by name.
func operations(s *Store) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Get":        func(ctx context.Context) error { _, err := s.Get(ctx, "dev"); return err },
		"KeyID":      func(ctx context.Context) error { _, err := s.KeyID(ctx, "dev"); return err },
		"Put":        func(ctx context.Context) error { return s.Put(ctx, "dev", testKey(2)) },
		"Delete":     func(ctx context.Context) error { return s.Delete(ctx, "dev") },
		"SealingKey": func(ctx context.Context) error { _, err := s.SealingKey(ctx); return err },
		"Rotation":   func(ctx context.Context) error { _, err := s.Rotation(ctx, "dev"); return err },
	}
}

// wantAll fails unless every operation that needs the keyring ends in want, in under five seconds.
func wantAll(t *testing.T, s *Store, want error) {
	t.Helper()
	for name, op := range operations(s) {
		began := time.Now()
		err := op(t.Context())
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
		for _, other := range []error{ErrNotFound, ErrLocked, ErrUnavailable, ErrRefused, ErrTooBig, ErrCorrupt} {
			if other != want && errors.Is(err, other) {
				t.Errorf("%s: %v is of two kinds", name, err)
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		t.Logf("%s: %v", name, err)
	}
}

func TestKeyringBusWithoutService(t *testing.T) {
	startBus(t, noServices)
	wantAll(t, openKeyring(t, testOptions(t.TempDir())), ErrUnavailable)
}

// The bus starts gnome-keyring, which has no collection: a server where nobody ever logged in to a desktop.
func TestKeyringWithoutCollection(t *testing.T) {
	startBus(t, systemServices)
	needs(t, "gnome-keyring-daemon")
	wantAll(t, openKeyring(t, testOptions(t.TempDir())), ErrUnavailable)
}

func TestKeyringMute(t *testing.T) {
	b := startBus(t, noServices)
	overhear(t, b.own(t, secretsName))
	o := testOptions(t.TempDir())
	s := openKeyring(t, o)
	began := time.Now()
	_, err := s.Get(t.Context(), "dev")
	if took := time.Since(began); !errors.Is(err, ErrUnavailable) || took < 3*time.Second || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}

	o.Timeout = 100 * time.Millisecond
	wantAll(t, openKeyring(t, o), ErrUnavailable)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := openKeyring(t, o).Get(ctx, "dev"); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestKeyringDeniedByBus(t *testing.T) {
	startBus(t, denySecrets).startKeyring(t)
	wantAll(t, openKeyring(t, testOptions(t.TempDir())), ErrRefused)
}

// Errors that no keyring here can be brought to give.
func TestKeyringErrorNames(t *testing.T) {
	for name, want := range map[string]error{
		secretError + "NoSession":     ErrUnavailable,
		busError + "LimitsExceeded":   ErrUnavailable,
		busError + "AccessDenied":     ErrRefused,
		busError + "UnknownInterface": ErrUnavailable,
	} {
		o := newKeyringBackend(testOptions(t.TempDir())).operation()
		if got := o.explain(t.Context(), dbus.Error{Name: name}); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// Locked, and no desktop to ask on: told at once.
func TestKeyringLockedHeadless(t *testing.T) {
	for name, config := range map[string]string{"no prompter": noServices, "prompter without display": systemServices} {
		t.Run(name, func(t *testing.T) {
			b := startBus(t, config)
			b.startKeyring(t)
			o := testOptions(t.TempDir())
			mustPut(t, openKeyring(t, o), "other", testKey(1))
			b.lock(t)
			s := openKeyring(t, o) // which has not read anything before
			wantAll(t, s, ErrLocked)
			if id, err := s.KeyID(t.Context(), "other"); err != nil || id != testKey(1).AccessKeyID {
				t.Errorf("the index needs the keyring: %q, %v", id, err)
			}
			wantNames(t, s, "other")
		})
	}
}

func TestKeyringDialogDismissed(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	b.startKeyring(t)
	b.lock(t)
	s := openKeyring(t, testOptions(t.TempDir()))
	for range operations(s) {
		p.answer <- ""
	}
	wantAll(t, s, ErrRefused)
}

// Where nobody is to be asked, a locked keyring says so and shows nothing.
func TestKeyringNoPrompt(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	b.startKeyring(t)
	o := testOptions(t.TempDir())
	o.NoPrompt = true
	s := openKeyring(t, o)
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unlocked keyring without the key: %v", err)
	}
	b.lock(t)
	wantAll(t, s, ErrLocked)
	select {
	case <-p.shown:
		t.Error("a dialog was shown")
	default:
	}
}

// A dialog that a human is looking at is not cut off by the timeout: only the context ends the wait.
func TestKeyringDialogUnanswered(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	b.startKeyring(t)
	b.lock(t)
	o := testOptions(t.TempDir())
	o.Timeout = time.Second
	s := openKeyring(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(ctx, "dev")
		got <- err
	}()
	<-p.shown
	select {
	case err := <-got:
		t.Fatalf("the dialog was cut off: %v", err)
	case <-time.After(2 * o.Timeout):
	}
	cancel()
	if err := <-got; !errors.Is(err, ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.answer <- ""
}

// A human who takes longer than the timeout, and then types the password.
func TestKeyringDialogAnswered(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	b.startKeyring(t)
	o := testOptions(t.TempDir())
	o.Timeout = time.Second
	s := openKeyring(t, o)
	mustPut(t, s, "dev", testKey(1))
	b.lock(t)
	go func() {
		<-p.shown
		<-time.After(2 * o.Timeout)
		p.answer <- testPassphrase
	}()
	wantKey(t, s, "dev", testKey(1))
}

// The daemon dies while its dialog is up, and the library waits for ever.
func TestKeyringDiesMidDialog(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	daemon := b.startKeyring(t)
	b.lock(t)
	o := testOptions(t.TempDir())
	o.Timeout = time.Second
	s := openKeyring(t, o)
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(t.Context(), "dev")
		got <- err
	}()
	<-p.shown
	if err := daemon.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// The bus itself dies while a dialog is up: the library panics.
func TestKeyringBusDiesMidDialog(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	b.startKeyring(t)
	b.lock(t)
	s := openKeyring(t, testOptions(t.TempDir()))
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(t.Context(), "dev")
		got <- err
	}()
	<-p.shown
	b.kill(t)
	if err := <-got; !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	} else {
		t.Log(err)
	}
}

func TestKeyringDiesBetweenCalls(t *testing.T) {
	b := startBus(t, noServices)
	daemon := b.startKeyring(t)
	s := openKeyring(t, testOptions(t.TempDir()))
	mustPut(t, s, "dev", testKey(1))
	b.await(t, secretsName, func() {
		if err := daemon.Kill(); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	wantNames(t, s, "dev")

	b.startKeyring(t)
	wantKey(t, s, "dev", testKey(1))
}

// Some orders of first calls end gnome-keyring when many clients come and go.
func TestKeyringManyClients(t *testing.T) {
	b := startBus(t, noServices)
	daemon := b.startKeyring(t)
	s := openKeyring(t, testOptions(t.TempDir()))
	mustPut(t, s, "dev", testKey(1))
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 50 {
				if got, err := s.Get(t.Context(), "dev"); err != nil || got != testKey(1) {
					t.Errorf("one of many: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if pid := b.owner(); pid != daemon.Pid {
		t.Errorf("the keyring is process %d now, not %d", pid, daemon.Pid)
	}
}

// What is stored is what go-keyring stores, and the other way round.
func TestKeyringIsGoKeyrings(t *testing.T) {
	startBus(t, noServices).startKeyring(t)
	s := openKeyring(t, testOptions(t.TempDir()))
	mustPut(t, s, "dev", testKey(1))
	secret, err := encodeValue(testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	// Get comes first: see keyringtest.Greet.
	if got, err := keyring.Get("awsexec", "dev"); err != nil || got != string(secret) {
		t.Errorf("go-keyring reads something else: %v", err)
	}
	if secret, err = encodeValue(testKey(2)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"dev", "new"} {
		if err := keyring.Set("awsexec", name, string(secret)); err != nil {
			t.Fatal(err)
		}
		wantKey(t, s, name, testKey(2))
	}
	mustPut(t, s, "new", testKey(3))
	if err := s.Delete(t.Context(), "dev"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]error{"dev": keyring.ErrNotFound, "new": nil} {
		if _, err := keyring.Get("awsexec", name); !errors.Is(err, want) {
			t.Errorf("%s: go-keyring says %v, want %v", name, err, want)
		}
	}
}

// What answers at the address of the bus may be no bus.
func TestKeyringOddBus(t *testing.T) {
	for name, says := range map[string]string{
		"mute": "", "refuses": "REJECTED EXTERNAL\r\n", "no line": strings.Repeat("x", 4096),
		"hangs up": "\x00", "garbage": "REJECTED EXTERNAL\r\nOK 1\r\nERROR\r\n" + strings.Repeat("garbage!", 8),
		"huge": "REJECTED EXTERNAL\r\nOK 1\r\nERROR\r\nl\x02\x00\x01\xff\xff\xff\x7f\x01\x00\x00\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(busHome(t), "s")
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
			o := testOptions(t.TempDir())
			o.Timeout = 200 * time.Millisecond
			began := time.Now()
			if _, err := openKeyring(t, o).Get(t.Context(), "dev"); !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
			if took := time.Since(began); took > long {
				t.Errorf("took %v", took)
			}
		})
	}
}

// Nobody accepts connections to the socket, or there are too many that wait.
func TestKeyringBusThatAcceptsNobody(t *testing.T) {
	path := filepath.Join(busHome(t), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 1)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+path)
	o := testOptions(t.TempDir())
	o.Timeout = 200 * time.Millisecond
	for range 4 {
		quick(t, func() {
			s, err := OpenKeyring(o)
			if err == nil {
				_, err = s.Get(t.Context(), "dev")
			}
			if !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
		})
	}
}

func TestKeyringNothingInClear(t *testing.T) {
	b := startBus(t, noServices)
	b.startKeyring(t)
	mustPut(t, openKeyring(t, testOptions(filepath.Join(b.home, "data"))), "dev", testKey(1))
	noSecretIn(t, b.home)
}
