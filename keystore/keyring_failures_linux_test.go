package keystore

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What can be wrong with a keyring is told apart, in bounded time, and never taken for a store without the key.
func TestKeyringFailuresAreToldApart(t *testing.T) {
	const patience = time.Second
	for _, row := range []struct {
		name    string
		prepare func(t *testing.T) (during func()) // during is called while a call is on its way; it may be nil
		want    error
		say     string
	}{
		{"no bus", func(t *testing.T) func() { noBus(t); return nil }, ErrUnavailable, "no D-Bus session"},
		{"no service", func(t *testing.T) func() { startBus(t, noServices); return nil }, ErrUnavailable, "no keyring service on the D-Bus session"},
		{"no collection", func(t *testing.T) func() { withoutCollection(t); return nil }, ErrUnavailable, "the session has no keyring to keep keys in"},
		{"locked, nobody to ask", func(t *testing.T) func() {
			b := startBus(t, noServices)
			b.startKeyring(t)
			b.lock(t)
			return nil
		}, ErrLocked, "could not be unlocked"},
		{"dialog dismissed", func(t *testing.T) func() {
			b := startBus(t, noServices)
			p := b.startPrompter(t)
			b.startKeyring(t)
			b.lock(t)
			p.answer <- ""
			return nil
		}, ErrRefused, "its dialog was dismissed"},
		{"stopped", func(t *testing.T) func() { // a daemon that has worked, and hangs
			daemon := startBus(t, noServices).startKeyring(t)
			if err := daemon.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			return nil
		}, ErrUnavailable, "no answer in " + patience.String()},
		{"never answers", func(t *testing.T) func() {
			overhear(t, startBus(t, noServices).own(t, secretsName))
			return nil
		}, ErrUnavailable, "no answer in " + patience.String()},
		{"dies mid-call", func(t *testing.T) func() {
			conn := startBus(t, noServices).own(t, secretsName)
			calls := overhear(t, conn)
			return func() {
				<-calls
				conn.Close()
			}
		}, ErrUnavailable, ""},
		{"bus dies mid-call", func(t *testing.T) func() {
			b := startBus(t, noServices)
			calls := overhear(t, b.own(t, secretsName))
			return func() {
				<-calls
				b.kill(t)
			}
		}, ErrUnavailable, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			during := row.prepare(t)
			o := testOptions(t.TempDir())
			o.Timeout = patience
			began := time.Now()
			s, err := OpenKeyring(o)
			if err == nil {
				if during != nil {
					go during()
				}
				_, err = s.Get(t.Context(), "dev")
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.say) {
				t.Fatalf("%v, want %v that says %q", err, row.want, row.say)
			}
			for _, other := range []error{ErrNotFound, ErrLocked, ErrUnavailable, ErrRefused, ErrTooBig, ErrCorrupt} {
				if other != row.want && errors.Is(err, other) {
					t.Errorf("%v is of two kinds", err)
				}
			}
			t.Log(err)
		})
	}
}

// A daemon that hangs for a while is found again by the next call.
func TestKeyringComesBack(t *testing.T) {
	daemon := startBus(t, noServices).startKeyring(t)
	o := testOptions(t.TempDir())
	s := openKeyring(t, o)
	mustPut(t, s, "dev", testKey(1))
	if err := daemon.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, "dev"); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := daemon.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wantKey(t, s, "dev", testKey(1))
	wantNames(t, s, "dev")
}
