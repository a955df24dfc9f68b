package keyring

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/keyringtest"
)

// long is a time that only something that waits in vain exceeds.
const long = 10 * time.Second

// quick fails unless do ends long before the keyring's timeout could end it.
func quick(t *testing.T, do func()) {
	t.Helper()
	began := time.Now()
	do()
	if took := time.Since(began); took > long {
		t.Errorf("took %v", took)
	}
}

// TestReplacedMidCall checks that a call is made again when the service gives
// its name to another one, or ends, in the middle of it.
func TestReplacedMidCall(t *testing.T) {
	get := func(t *testing.T, s client) { wantKey(t, s, "dev", secret1) }
	set := func(t *testing.T, s client) { mustPut(t, s, "new", secret2) }
	remove := func(t *testing.T, s client) {
		if err := s.Delete(t.Context(), "dev"); err != nil {
			t.Error(err)
		}
	}
	for call, op := range map[string]func(*testing.T, client){
		"Collections": get, "OpenSession": get, "SearchItems": get, "GetSecret": get, "Locked": set, "CreateItem": set, "Delete": remove,
	} {
		for how, leave := range map[string]func(*bustest.Scripted){
			"stays without an answer": func(*bustest.Scripted) {},
			"ends":                    func(s *bustest.Scripted) { s.End() },
			"answers too late":        func(s *bustest.Scripted) {},
		} {
			t.Run(call+", "+how, func(t *testing.T) {
				b := bustest.Start(t, bustest.NoServices)
				reached := make(chan struct{})
				var late *dbus.Message
				first := b.StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){call: func(_ *bustest.Scripted, m *dbus.Message) {
					late = m
					close(reached)
				}})
				put(first, "dev", secret1)
				o := testOptions()
				o.Timeout = time.Minute
				s := open(t, o)
				var replacing sync.WaitGroup
				replacing.Go(func() {
					<-reached
					b.StartScripted(t, nil, func(second *bustest.Scripted) { put(second, "dev", secret1) })
					leave(first)
					if how == "answers too late" {
						first.Mu.Lock()
						first.ServeWell(late)
						first.Mu.Unlock()
					}
				})
				quick(t, func() { op(t, s) })
				replacing.Wait()
			})
		}
	}
}

// reactivated starts a bus that starts gnome-keyring, with a locked collection,
// when the present one has ended.
func reactivated(t *testing.T) *bustest.Bus {
	home := bustest.Home(t)
	config, err := keyringtest.ActivateKeyring(home)
	bustest.Require(t, err)
	return bustest.StartIn(t, home, config)
}

// killMidCall kills the keyring when it has got a call that it does not answer.
func killMidCall(t *testing.T, b *bustest.Bus) {
	t.Helper()
	pid := b.Owner()
	var unique string
	if err := b.Conn.BusObject().Call(busMethod+"GetNameOwner", 0, secretsName).Store(&unique); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	monitor := b.Dial(t)
	if err := monitor.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{"type='method_call'"}, uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
	calls := bustest.Overhear(t, monitor)
	go func() {
		for m := range calls {
			if to := m.Headers[dbus.FieldDestination].Value(); to == unique || to == secretsName {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				return
			}
		}
	}()
}

// TestReactivatedMidCall kills the keyring during a call; the bus starts
// another one, which is locked.
func TestReactivatedMidCall(t *testing.T) {
	for _, row := range []struct {
		name     string
		noPrompt bool
		prompter bool
		typed    string // "" dismisses the dialog
		leave    bool   // nobody answers
		want     error
		say      string
	}{
		{name: "nobody to ask", want: backend.ErrLocked, say: "could not be unlocked"},
		{name: "prompts off", noPrompt: true, prompter: true, want: backend.ErrLocked, say: "prompts are switched off"},
		{name: "unlocked", prompter: true, typed: bustest.Password},
		{name: "dismissed", prompter: true, want: backend.ErrRefused, say: "its dialog was dismissed"},
		{name: "left alone", prompter: true, leave: true, want: backend.ErrLocked, say: "nobody answered its dialog in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := reactivated(t)
			b.StartKeyring(t)
			o := testOptions()
			o.NoPrompt = row.noPrompt
			o.Timeout = time.Minute
			s := open(t, o)
			mustPut(t, s, "dev", secret1)
			var p *bustest.Prompter
			if row.prompter {
				p = b.StartPrompter(t)
			}
			ctx := t.Context()
			if row.leave {
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				go func() {
					<-p.Shown
					cancel()
				}()
			} else if row.prompter {
				p.Answer <- row.typed
			}
			killMidCall(t, b)
			quick(t, func() {
				got, err := s.Get(ctx, "dev")
				if !errors.Is(err, row.want) || err != nil && !strings.Contains(err.Error(), row.say) || err == nil && got != secret1 {
					t.Errorf("%v, want %v that says %q", err, row.want, row.say)
				}
			})
			if row.noPrompt && len(p.Shown) > 0 {
				t.Error("a dialog was shown")
			}
		})
	}
}

// TestReactivatedMidDialog kills the keyring while its dialog is up. The one
// that the bus starts then asks again.
func TestReactivatedMidDialog(t *testing.T) {
	b := reactivated(t)
	p := b.StartPrompter(t)
	daemon := b.StartKeyring(t)
	o := testOptions()
	o.Timeout = time.Minute
	s := open(t, o)
	mustPut(t, s, "dev", secret1)
	b.Lock(t)
	go func() {
		<-p.Shown
		_ = daemon.Kill()
		p.Answer <- "" // it has nobody to tell
		<-p.Shown
		p.Answer <- bustest.Password
	}()
	quick(t, func() { wantKey(t, s, "dev", secret1) })
}

// TestServiceThatDoesNotStart checks the errors for a service that does not
// come up.
func TestServiceThatDoesNotStart(t *testing.T) {
	for _, row := range []struct{ name, program, say string }{
		{"ends", "/bin/false", "no keyring service"},
		{"is not there", "/none", "no keyring service"},
		{"never takes the name", "/bin/sh -c 'echo $$ >%s; exec sleep 60'", "no answer in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			home := bustest.Home(t)
			pid := filepath.Join(home, "pid")
			config, err := keyringtest.Activate(home, map[string]string{secretsName: strings.Replace(row.program, "%s", pid, 1)})
			if err != nil {
				t.Fatal(err)
			}
			bustest.StartIn(t, home, config)
			bustest.KillLater(t, pid)
			o := testOptions()
			o.Timeout = time.Second
			for _, name := range []string{"Get", "Put"} {
				op := operations(open(t, o))[name]
				began := time.Now()
				if err := op(t.Context()); !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), row.say) {
					t.Errorf("%s: %v", name, err)
				}
				if took := time.Since(began); took > long {
					t.Errorf("%s took %v", name, took)
				}
			}
		})
	}
}

// TestSlow checks that all calls of an operation together take no longer than
// one may, however slowly a service answers.
func TestSlow(t *testing.T) {
	const timeout = 500 * time.Millisecond
	b := bustest.Start(t, bustest.NoServices)
	slow := func(s *bustest.Scripted, m *dbus.Message) {
		time.AfterFunc(timeout*2/5, func() {
			s.Mu.Lock()
			defer s.Mu.Unlock()
			s.ServeWell(m)
		})
	}
	hooks := map[string]func(*bustest.Scripted, *dbus.Message){}
	for _, member := range []string{"Collections", "Locked", "OpenSession", "SearchItems", "GetSecret", "CreateItem", "Delete"} {
		hooks[member] = slow
	}
	put(b.StartScripted(t, hooks), "dev", secret1)
	o := testOptions()
	o.Timeout = timeout
	for _, name := range []string{"Get", "Put", "Delete"} {
		op := operations(open(t, o))[name]
		began := time.Now()
		if err := op(t.Context()); !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "no answer in ") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > long {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// TestStopsMidDialog checks that a daemon that stops while its dialog is up is
// not waited for.
func TestStopsMidDialog(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	p := b.StartPrompter(t)
	daemon := b.StartKeyring(t)
	b.Lock(t)
	o := testOptions()
	o.Timeout = time.Second
	s := open(t, o)
	go func() {
		<-p.Shown
		_ = daemon.Signal(syscall.SIGSTOP)
	}()
	quick(t, func() {
		if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, backend.ErrUnavailable) || !strings.Contains(err.Error(), "no answer in ") {
			t.Error(err)
		}
	})
}

// TestItemLocked uses a keyring that asks about single items: consent is for
// one connection.
func TestItemLocked(t *testing.T) {
	for _, dismissed := range []bool{false, true} {
		service := bustest.Start(t, bustest.NoServices).StartScripted(t, nil)
		item := put(service, "dev", secret1)
		service.Mu.Lock()
		item.Locked = true
		service.Mu.Unlock()
		go func() { service.Answer(<-service.Shown, dismissed) }()
		got, err := open(t, testOptions()).Get(t.Context(), "dev")
		if dismissed && !errors.Is(err, backend.ErrRefused) || !dismissed && (err != nil || got != secret1) {
			t.Errorf("dismissed: %v; %v", dismissed, err)
		}
	}
}

// TestDialogGivenUp checks that a dialog that is given up while it comes up
// counts as one that nobody answered.
func TestDialogGivenUp(t *testing.T) {
	service := bustest.Start(t, bustest.NoServices).StartScripted(t, nil)
	service.SetLocked(true)
	s := open(t, testOptions())
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-service.Shown
		cancel()
	}()
	if _, err := s.Get(ctx, "dev"); !errors.Is(err, backend.ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestAnswersTwice checks that repeated answers, and those to the prompts of
// others, are ignored.
func TestAnswersTwice(t *testing.T) {
	twice := func(s *bustest.Scripted, m *dbus.Message) {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		for range 2 {
			s.ServeWell(m)
		}
	}
	b := bustest.Start(t, bustest.NoServices)
	service := b.StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){
		"Collections": twice, "Locked": twice, "OpenSession": twice, "SearchItems": twice, "GetSecret": twice, "CreateItem": twice,
	})
	service.SetLocked(true)
	stranger := b.Dial(t)
	go func() {
		prompt := <-service.Shown
		_ = stranger.Emit(prompt, promptInterface+".Completed", true, dbus.MakeVariant(""))
		service.Answer("/org/freedesktop/secrets/prompt/other", true)
		service.Answer(prompt, false)
		service.Answer(prompt, true)
	}()
	s := open(t, testOptions())
	mustPut(t, s, "dev", secret1)
	wantKey(t, s, "dev", secret1)
}
