package keyring

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// TestFailuresAreToldApart checks that each failure of a keyring has its own
// kind, in bounded time, and never looks like a store without the key.
func TestFailuresAreToldApart(t *testing.T) {
	const patience = time.Second
	for _, row := range []struct {
		name    string
		prepare func(t *testing.T) (during func()) // during is called while a call is on its way; it may be nil
		want    error
		say     string
	}{
		{"no bus", func(t *testing.T) func() { bustest.NoBus(t); return nil }, backend.ErrUnavailable, "no D-Bus session"},
		{"no service", func(t *testing.T) func() { bustest.Start(t, bustest.NoServices); return nil }, backend.ErrUnavailable, "no keyring service on the D-Bus session"},
		{"no collection", func(t *testing.T) func() { withoutCollection(t); return nil }, backend.ErrUnavailable, "the session has no keyring to keep keys in"},
		{"locked, nobody to ask", func(t *testing.T) func() {
			b := bustest.Start(t, bustest.NoServices)
			b.StartKeyring(t)
			b.Lock(t)
			return nil
		}, backend.ErrLocked, "could not be unlocked"},
		{"dialog dismissed", func(t *testing.T) func() {
			b := bustest.Start(t, bustest.NoServices)
			p := b.StartPrompter(t)
			b.StartKeyring(t)
			b.Lock(t)
			p.Answer <- ""
			return nil
		}, backend.ErrRefused, "its dialog was dismissed"},
		{"stopped", func(t *testing.T) func() { // a daemon that has worked, and hangs
			daemon := bustest.Start(t, bustest.NoServices).StartKeyring(t)
			if err := daemon.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			return nil
		}, backend.ErrUnavailable, "no answer in "},
		{"never answers", func(t *testing.T) func() {
			bustest.Overhear(t, bustest.Start(t, bustest.NoServices).Own(t, secretsName))
			return nil
		}, backend.ErrUnavailable, "no answer in "},
		{"dies mid-call", func(t *testing.T) func() {
			conn := bustest.Start(t, bustest.NoServices).Own(t, secretsName)
			calls := bustest.Overhear(t, conn)
			return func() {
				<-calls
				conn.Close()
			}
		}, backend.ErrUnavailable, ""},
		{"bus dies mid-call", func(t *testing.T) func() {
			b := bustest.Start(t, bustest.NoServices)
			calls := bustest.Overhear(t, b.Own(t, secretsName))
			return func() {
				<-calls
				b.Kill(t)
			}
		}, backend.ErrUnavailable, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			during := row.prepare(t)
			o := testOptions()
			o.Timeout = patience
			began := time.Now()
			k := New(o)
			err := k.Reachable()
			if err == nil {
				if during != nil {
					go during()
				}
				_, err = client{k}.Get(t.Context(), "dev")
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if !errors.Is(err, row.want) || !strings.Contains(err.Error(), row.say) {
				t.Fatalf("%v, want %v that says %q", err, row.want, row.say)
			}
			wantKind(t, row.name, err, row.want)
			t.Log(err)
		})
	}
}

// TestComesBack checks that a keyring that hangs for a while is found again by
// the next call.
func TestComesBack(t *testing.T) {
	daemon := bustest.Start(t, bustest.NoServices).StartKeyring(t)
	o := testOptions()
	s := open(t, o)
	mustPut(t, s, "dev", secret1)
	if err := daemon.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Get(ctx, "dev"); !errors.Is(err, backend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := daemon.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	wantKey(t, s, "dev", secret1)
}
