package keyring

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// TestWithoutCollection uses a gnome-keyring that the bus starts and that has
// no collection, as on a server where nobody ever logged in to a desktop.
func TestWithoutCollection(t *testing.T) {
	bustest.Start(t, bustest.SystemServices)
	bustest.Needs(t, "gnome-keyring-daemon")
	wantAll(t, open(t, testOptions()), backend.ErrUnavailable)
}

func TestMute(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	bustest.Overhear(t, b.Own(t, secretsName))
	o := testOptions()
	s := open(t, o)
	began := time.Now()
	_, err := s.Get(t.Context(), "dev")
	if took := time.Since(began); !errors.Is(err, backend.ErrUnavailable) || took < 3*time.Second || took > 10*time.Second {
		t.Errorf("%v after %v", err, took)
	}

	o.Timeout = 100 * time.Millisecond
	wantAll(t, open(t, o), backend.ErrUnavailable)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := open(t, o).Get(ctx, "dev"); !errors.Is(err, backend.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestDeniedByBus(t *testing.T) {
	bustest.Start(t, bustest.DenySecrets).StartKeyring(t)
	wantAll(t, open(t, testOptions()), backend.ErrRefused)
}

// TestErrorNames checks errors that no keyring here can be made to return.
func TestErrorNames(t *testing.T) {
	for name, want := range map[string]error{
		secretError + "NoSession":     backend.ErrUnavailable,
		busError + "LimitsExceeded":   backend.ErrUnavailable,
		busError + "AccessDenied":     backend.ErrRefused,
		busError + "UnknownInterface": backend.ErrUnavailable,
	} {
		o := New(testOptions()).operation()
		if got := o.explain(t.Context(), dbus.Error{Name: name}); !errors.Is(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestLockedHeadless checks that a locked keyring without a desktop to ask on
// fails at once.
func TestLockedHeadless(t *testing.T) {
	for name, config := range map[string]string{"no prompter": bustest.NoServices, "prompter without display": bustest.SystemServices} {
		t.Run(name, func(t *testing.T) {
			b := bustest.Start(t, config)
			b.StartKeyring(t)
			o := testOptions()
			mustPut(t, open(t, o), "other", secret1)
			b.Lock(t)
			s := open(t, o) // which has not read anything before
			wantAll(t, s, backend.ErrLocked)
		})
	}
}

func TestDialogDismissed(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	b.StartKeyring(t)
	b.Lock(t)
	s := open(t, testOptions())
	for range operations(s) {
		p.Answer <- ""
	}
	wantAll(t, s, backend.ErrRefused)
}

// TestNoPrompt checks that with prompts off a locked keyring is an error and
// shows no dialog.
func TestNoPrompt(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	b.StartKeyring(t)
	o := testOptions()
	o.NoPrompt = true
	s := open(t, o)
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, backend.ErrNotFound) {
		t.Errorf("an unlocked keyring without the key: %v", err)
	}
	b.Lock(t)
	wantAll(t, s, backend.ErrLocked)
	select {
	case <-p.Shown:
		t.Error("a dialog was shown")
	default:
	}
}

// TestDialogUnanswered checks that the timeout does not cut off a dialog that a
// person is looking at: only the context ends the wait.
func TestDialogUnanswered(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	b.StartKeyring(t)
	b.Lock(t)
	o := testOptions()
	o.Timeout = time.Second
	s := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(ctx, "dev")
		got <- err
	}()
	<-p.Shown
	select {
	case err := <-got:
		t.Fatalf("the dialog was cut off: %v", err)
	case <-time.After(2 * o.Timeout):
	}
	cancel()
	if err := <-got; !errors.Is(err, backend.ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.Answer <- ""
}

// TestDialogAnswered has a person take longer than the timeout and then type
// the password.
func TestDialogAnswered(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	b.StartKeyring(t)
	o := testOptions()
	o.Timeout = time.Second
	s := open(t, o)
	mustPut(t, s, "dev", secret1)
	b.Lock(t)
	go func() {
		<-p.Shown
		<-time.After(2 * o.Timeout)
		p.Answer <- bustest.Password
	}()
	wantKey(t, s, "dev", secret1)
}

// TestDiesMidDialog checks that the wait ends when the keyring dies while its
// dialog is up. The library alone would wait for ever.
func TestDiesMidDialog(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	daemon := b.StartKeyring(t)
	b.Lock(t)
	o := testOptions()
	o.Timeout = time.Second
	s := open(t, o)
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(t.Context(), "dev")
		got <- err
	}()
	<-p.Shown
	if err := daemon.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, backend.ErrUnavailable) {
		t.Error(err)
	}
}

// TestBusDiesMidDialog checks that the wait ends when the bus dies while a
// dialog is up. The library alone would panic.
func TestBusDiesMidDialog(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	b.StartKeyring(t)
	b.Lock(t)
	s := open(t, testOptions())
	got := make(chan error, 1)
	go func() {
		_, err := s.Get(t.Context(), "dev")
		got <- err
	}()
	<-p.Shown
	b.Kill(t)
	if err := <-got; !errors.Is(err, backend.ErrUnavailable) {
		t.Error(err)
	} else {
		t.Log(err)
	}
}

func TestDiesBetweenCalls(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	daemon := b.StartKeyring(t)
	s := open(t, testOptions())
	mustPut(t, s, "dev", secret1)
	b.Await(t, secretsName, func() {
		if err := daemon.Kill(); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, backend.ErrUnavailable) {
		t.Error(err)
	}
	b.StartKeyring(t)
	wantKey(t, s, "dev", secret1)
}

// TestManyClients checks that many clients do not crash gnome-keyring, as some
// orders of first calls do.
func TestManyClients(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	daemon := b.StartKeyring(t)
	s := open(t, testOptions())
	mustPut(t, s, "dev", secret1)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 50 {
				if got, err := s.Get(t.Context(), "dev"); err != nil || got != secret1 {
					t.Errorf("one of many: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if pid := b.Owner(); pid != daemon.Pid {
		t.Errorf("the keyring is process %d now, not %d", pid, daemon.Pid)
	}
}

// TestItemsAreGoKeyrings checks that go-keyring reads what is stored here, and
// the other way round.
func TestItemsAreGoKeyrings(t *testing.T) {
	bustest.Start(t, bustest.NoServices).StartKeyring(t)
	s := open(t, testOptions())
	mustPut(t, s, "dev", secret1)
	// Get comes first: see keyringtest.Greet.
	if got, err := keyring.Get("awsexec", "dev"); err != nil || got != secret1 {
		t.Errorf("go-keyring reads something else: %v", err)
	}
	for _, name := range []string{"dev", "new"} {
		if err := keyring.Set("awsexec", name, secret2); err != nil {
			t.Fatal(err)
		}
		wantKey(t, s, name, secret2)
	}
	mustPut(t, s, "new", secret3)
	if err := s.Delete(t.Context(), "dev"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]error{"dev": keyring.ErrNotFound, "new": nil} {
		if _, err := keyring.Get("awsexec", name); !errors.Is(err, want) {
			t.Errorf("%s: go-keyring returned %v, want %v", name, err, want)
		}
	}
}
