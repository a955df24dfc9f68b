package keystore

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/keyringtest"
)

// long is a time in which something would have ended that must not wait for it to pass.
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

// A service that gives its name to another one, or ends, in the middle of any call: the call is made again of the successor.
func TestKeyringReplacedMidCall(t *testing.T) {
	get := func(t *testing.T, s *Store) { wantKey(t, s, "dev", testKey(1)) }
	put := func(t *testing.T, s *Store) { mustPut(t, s, "new", testKey(2)) }
	remove := func(t *testing.T, s *Store) {
		if err := s.Delete(t.Context(), "dev"); err != nil {
			t.Error(err)
		}
	}
	for call, op := range map[string]func(*testing.T, *Store){
		"Collections": get, "OpenSession": get, "SearchItems": get, "GetSecret": get, "Locked": put, "CreateItem": put, "Delete": remove,
	} {
		for how, leave := range map[string]func(*scripted){
			"stays without an answer": func(*scripted) {},
			"ends":                    func(s *scripted) { s.conn.Close() },
			"answers too late":        func(s *scripted) {},
		} {
			t.Run(call+", "+how, func(t *testing.T) {
				b := startBus(t, noServices)
				reached := make(chan struct{})
				var late *dbus.Message
				first := b.startScripted(t, map[string]func(*scripted, *dbus.Message){call: func(_ *scripted, m *dbus.Message) {
					late = m
					close(reached)
				}})
				first.put(t, "dev", 1)
				o := testOptions(t.TempDir())
				o.Timeout = time.Minute
				s := openKeyring(t, o)
				go func() {
					<-reached
					second := b.startScripted(t, nil)
					second.put(t, "dev", 1)
					leave(first)
					if how == "answers too late" {
						first.mu.Lock()
						first.serveWell(late, call, late.Headers[dbus.FieldPath].Value().(dbus.ObjectPath))
						first.mu.Unlock()
					}
				}()
				quick(t, func() { op(t, s) })
			})
		}
	}
}

// reactivated is a bus that starts gnome-keyring by itself, with a locked collection, when the one that is there has ended.
func reactivated(t *testing.T) *testBus {
	home := busHome(t)
	config, err := keyringtest.ActivateKeyring(home)
	require(t, err)
	return startBusIn(t, home, config)
}

// killMidCall kills the keyring when it has got a call that it does not answer.
func (b *testBus) killMidCall(t *testing.T) {
	t.Helper()
	pid := b.owner()
	var unique string
	if err := b.conn.BusObject().Call(busMethod+"GetNameOwner", 0, secretsName).Store(&unique); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	monitor := b.dial(t, b.Address)
	if err := monitor.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, []string{"type='method_call'"}, uint32(0)).Err; err != nil {
		t.Fatal(err)
	}
	calls := overhear(t, monitor)
	go func() {
		for m := range calls {
			if to := m.Headers[dbus.FieldDestination].Value(); to == unique || to == secretsName {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				return
			}
		}
	}()
}

// The keyring is killed under a call, and the bus starts another one, which is locked.
func TestKeyringReactivatedMidCall(t *testing.T) {
	for _, row := range []struct {
		name     string
		noPrompt bool
		prompter bool
		typed    string // "" dismisses the dialog
		leave    bool   // nobody answers
		want     error
		say      string
	}{
		{name: "nobody to ask", want: ErrLocked, say: "could not be unlocked"},
		{name: "prompts off", noPrompt: true, prompter: true, want: ErrLocked, say: "prompts are switched off"},
		{name: "unlocked", prompter: true, typed: testPassphrase},
		{name: "dismissed", prompter: true, want: ErrRefused, say: "its dialog was dismissed"},
		{name: "left alone", prompter: true, leave: true, want: ErrLocked, say: "nobody answered its dialog in "},
	} {
		t.Run(row.name, func(t *testing.T) {
			b := reactivated(t)
			b.startKeyring(t)
			o := testOptions(t.TempDir())
			o.NoPrompt = row.noPrompt
			o.Timeout = time.Minute
			s := openKeyring(t, o)
			mustPut(t, s, "dev", testKey(1))
			var p *prompter
			if row.prompter {
				p = b.startPrompter(t)
			}
			ctx := t.Context()
			if row.leave {
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				go func() {
					<-p.shown
					cancel()
				}()
			} else if row.prompter {
				p.answer <- row.typed
			}
			b.killMidCall(t)
			quick(t, func() {
				got, err := s.Get(ctx, "dev")
				if !errors.Is(err, row.want) || err != nil && !strings.Contains(err.Error(), row.say) || err == nil && got != testKey(1) {
					t.Errorf("%v, want %v that says %q", err, row.want, row.say)
				}
			})
			if row.noPrompt && len(p.shown) > 0 {
				t.Error("a dialog was shown")
			}
		})
	}
}

// The keyring is killed while its dialog is up. The one that the bus starts then asks again.
func TestKeyringReactivatedMidDialog(t *testing.T) {
	b := reactivated(t)
	p := b.startPrompter(t)
	daemon := b.startKeyring(t)
	o := testOptions(t.TempDir())
	o.Timeout = time.Minute
	s := openKeyring(t, o)
	mustPut(t, s, "dev", testKey(1))
	b.lock(t)
	go func() {
		<-p.shown
		_ = daemon.Kill()
		p.answer <- "" // it has nobody to tell
		<-p.shown
		p.answer <- testPassphrase
	}()
	quick(t, func() { wantKey(t, s, "dev", testKey(1)) })
}

// What the bus starts may not come up.
func TestKeyringServiceThatDoesNotStart(t *testing.T) {
	for _, row := range []struct{ name, program, say string }{
		{"ends", "/bin/false", "no keyring service"},
		{"is not there", "/none", "no keyring service"},
		{"never takes the name", "/bin/sh -c 'echo $$ >%s; exec sleep 60'", "no answer in 1s"},
	} {
		t.Run(row.name, func(t *testing.T) {
			home := busHome(t)
			pid := filepath.Join(home, "pid")
			config, err := keyringtest.Activate(home, map[string]string{secretsName: strings.Replace(row.program, "%s", pid, 1)})
			if err != nil {
				t.Fatal(err)
			}
			startBusIn(t, home, config)
			killLater(t, pid)
			o := testOptions(t.TempDir())
			o.Timeout = time.Second
			for _, name := range []string{"Get", "Put"} {
				op := operations(openKeyring(t, o))[name]
				began := time.Now()
				if err := op(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), row.say) {
					t.Errorf("%s: %v", name, err)
				}
				if took := time.Since(began); took > 4*o.Timeout {
					t.Errorf("%s took %v", name, took)
				}
			}
		})
	}
}

// All calls of an operation together may take as long as one, however slowly a service answers.
func TestKeyringSlow(t *testing.T) {
	const timeout = 500 * time.Millisecond
	b := startBus(t, noServices)
	slow := func(s *scripted, m *dbus.Message) {
		time.AfterFunc(timeout*2/5, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			member := m.Headers[dbus.FieldMember].Value().(string)
			if member == "Get" {
				member = m.Body[1].(string)
			}
			s.serveWell(m, member, m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath))
		})
	}
	hooks := map[string]func(*scripted, *dbus.Message){}
	for _, member := range []string{"Collections", "Locked", "OpenSession", "SearchItems", "GetSecret", "CreateItem", "Delete"} {
		hooks[member] = slow
	}
	b.startScripted(t, hooks).put(t, "dev", 1)
	o := testOptions(t.TempDir())
	o.Timeout = timeout
	for _, name := range []string{"Get", "Put", "Delete"} {
		op := operations(openKeyring(t, o))[name]
		began := time.Now()
		if err := op(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no answer in 500ms") {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 4*timeout {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// A daemon that stops while its dialog is up is not waited for.
func TestKeyringStopsMidDialog(t *testing.T) {
	b := startBus(t, noServices)
	p := b.startPrompter(t)
	daemon := b.startKeyring(t)
	b.lock(t)
	o := testOptions(t.TempDir())
	o.Timeout = time.Second
	s := openKeyring(t, o)
	go func() {
		<-p.shown
		_ = daemon.Signal(syscall.SIGSTOP)
	}()
	quick(t, func() {
		if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "no answer in 500ms") {
			t.Error(err)
		}
	})
}

// A keyring that is locked again under the lock of the store, and one that asks about every change: whenever a person is asked, others can
// use the store.
func TestKeyringAsksWithoutLock(t *testing.T) {
	once := func(s *scripted, member string, do func(*dbus.Message)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hooks[member] = func(m *dbus.Message) {
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.hooks, member)
			do(m)
		}
	}
	put := func(ctx context.Context, s *Store) error { return s.Put(ctx, "dev", testKey(2)) }
	remove := func(ctx context.Context, s *Store) error { return s.Delete(ctx, "dev") }
	for _, row := range []struct {
		name    string
		prepare func(*scripted)
		op      func(context.Context, *Store) error
		gone    bool // the key is not there afterwards
	}{
		{"locked before put", func(s *scripted) { s.setLocked(true) }, put, false},
		{"locked during put", func(s *scripted) {
			once(s, "CreateItem", func(m *dbus.Message) {
				s.locked = true
				s.fail(m, secretError+"IsLocked")
			})
		}, put, false},
		{"locked before the read that checks", func(s *scripted) {
			once(s, "CreateItem", func(m *dbus.Message) {
				s.reply(m, s.create(m), noObject)
				s.locked = true
			})
		}, put, false},
		{"asks about a put", func(s *scripted) {
			once(s, "CreateItem", func(m *dbus.Message) { s.reply(m, noObject, s.prompt(func() { s.create(m) })) })
		}, put, false},
		{"locked during delete", func(s *scripted) {
			once(s, "Delete", func(m *dbus.Message) {
				s.locked = true
				s.fail(m, secretError+"IsLocked")
			})
		}, remove, true},
		{"asks about a delete", func(s *scripted) {
			once(s, "Delete", func(m *dbus.Message) {
				path := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
				s.reply(m, s.prompt(func() { delete(s.items, path) }))
			})
		}, remove, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			service := startBus(t, noServices).startScripted(t, nil)
			service.put(t, "dev", 1)
			row.prepare(service)
			s := openKeyring(t, testOptions(t.TempDir()))
			ended := make(chan error, 1)
			go func() { ended <- row.op(t.Context(), s) }()
			prompt := <-service.shown
			ctx, cancel := context.WithTimeout(t.Context(), long)
			defer cancel()
			release, err := flock.Lock(ctx, filepath.Join(s.dir, lockName))
			if err != nil {
				t.Fatal("the lock is held while a person is asked:", err)
			}
			release()
			service.answer(prompt, false)
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if row.gone {
				if _, err := s.Get(t.Context(), "dev"); !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
			} else {
				wantKey(t, s, "dev", testKey(2))
			}
			if len(service.shown) > 0 {
				t.Error("a person was asked twice")
			}
		})
	}
}

// A keyring that locks itself again and again does not have a person asked for ever.
func TestKeyringLocksAgainAndAgain(t *testing.T) {
	service := startBus(t, noServices).startScripted(t, map[string]func(*scripted, *dbus.Message){"GetSecret": func(s *scripted, m *dbus.Message) {
		s.setLocked(true)
		s.fail(m, secretError+"IsLocked")
	}})
	service.put(t, "dev", 1)
	asked := make(chan int)
	done := make(chan struct{})
	go func() {
		n := 0
		for {
			select {
			case prompt := <-service.shown:
				n++
				service.answer(prompt, false)
			case <-done:
				asked <- n
				return
			}
		}
	}()
	_, err := openKeyring(t, testOptions(t.TempDir())).Get(t.Context(), "dev")
	close(done)
	if n := <-asked; !errors.Is(err, ErrLocked) || n != preparations {
		t.Errorf("asked %d times, then %v", n, err)
	}
}

// A keyring that asks about single items: consent is for one connection.
func TestKeyringItemLocked(t *testing.T) {
	for _, dismissed := range []bool{false, true} {
		service := startBus(t, noServices).startScripted(t, nil)
		item := service.put(t, "dev", 1)
		service.mu.Lock()
		item.locked = true
		service.mu.Unlock()
		go func() { service.answer(<-service.shown, dismissed) }()
		got, err := openKeyring(t, testOptions(t.TempDir())).Get(t.Context(), "dev")
		if dismissed && !errors.Is(err, ErrRefused) || !dismissed && (err != nil || got != testKey(1)) {
			t.Errorf("dismissed: %v; %v", dismissed, err)
		}
	}
}

// A dialog that is given up while it comes up is one that nobody answered.
func TestKeyringDialogGivenUp(t *testing.T) {
	service := startBus(t, noServices).startScripted(t, nil)
	service.setLocked(true)
	s := openKeyring(t, testOptions(t.TempDir()))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-service.shown
		cancel()
	}()
	if _, err := s.Get(ctx, "dev"); !errors.Is(err, ErrLocked) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Answers that nobody waits for, and prompts of others, are no answers.
func TestKeyringAnswersTwice(t *testing.T) {
	twice := func(s *scripted, m *dbus.Message) {
		s.mu.Lock()
		defer s.mu.Unlock()
		member := m.Headers[dbus.FieldMember].Value().(string)
		if member == "Get" {
			member = m.Body[1].(string)
		}
		for range 2 {
			s.serveWell(m, member, m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath))
		}
	}
	b := startBus(t, noServices)
	service := b.startScripted(t, map[string]func(*scripted, *dbus.Message){
		"Collections": twice, "Locked": twice, "OpenSession": twice, "SearchItems": twice, "GetSecret": twice, "CreateItem": twice,
	})
	service.setLocked(true)
	stranger := b.dial(t, b.Address)
	go func() {
		prompt := <-service.shown
		_ = stranger.Emit(prompt, promptInterface+".Completed", true, dbus.MakeVariant(""))
		service.answer("/org/freedesktop/secrets/prompt/other", true)
		service.answer(prompt, false)
		service.answer(prompt, true)
	}()
	s := openKeyring(t, testOptions(t.TempDir()))
	mustPut(t, s, "dev", testKey(1))
	wantKey(t, s, "dev", testKey(1))
}
