package keystore

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/flock"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// TestKeyringAsksWithoutLock checks that others can use the store whenever a
// person is asked: by a keyring that is locked again under the lock of the
// store, and by one that asks about every change.
func TestKeyringAsksWithoutLock(t *testing.T) {
	once := func(s *bustest.Scripted, member string, do func(*dbus.Message)) {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		s.Hooks[member] = func(m *dbus.Message) {
			s.Mu.Lock()
			defer s.Mu.Unlock()
			delete(s.Hooks, member)
			do(m)
		}
	}
	put := func(ctx context.Context, s *Store) error { return s.Put(ctx, "dev", testKey(2)) }
	remove := func(ctx context.Context, s *Store) error { return s.Delete(ctx, "dev") }
	for _, row := range []struct {
		name    string
		prepare func(*bustest.Scripted)
		op      func(context.Context, *Store) error
		gone    bool // the key is not there afterwards
	}{
		{"locked before put", func(s *bustest.Scripted) { s.SetLocked(true) }, put, false},
		{"locked during put", func(s *bustest.Scripted) {
			once(s, "CreateItem", func(m *dbus.Message) {
				s.Lock(true)
				s.Fail(m, bustest.IsLocked)
			})
		}, put, false},
		{"locked before the read that checks", func(s *bustest.Scripted) {
			once(s, "CreateItem", func(m *dbus.Message) {
				s.Reply(m, s.Create(m), dbus.ObjectPath("/"))
				s.Lock(true)
			})
		}, put, false},
		{"asks about a put", func(s *bustest.Scripted) {
			once(s, "CreateItem", func(m *dbus.Message) { s.Reply(m, dbus.ObjectPath("/"), s.Prompt(func() { s.Create(m) })) })
		}, put, false},
		{"locked during delete", func(s *bustest.Scripted) {
			once(s, "Delete", func(m *dbus.Message) {
				s.Lock(true)
				s.Fail(m, bustest.IsLocked)
			})
		}, remove, true},
		{"asks about a delete", func(s *bustest.Scripted) {
			once(s, "Delete", func(m *dbus.Message) {
				path := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
				s.Reply(m, s.Prompt(func() { delete(s.Items, path) }))
			})
		}, remove, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			service := bustest.Start(t, bustest.NoServices).StartScripted(t, nil)
			putKey(t, service, "dev", 1)
			row.prepare(service)
			s := openKeyring(t, testOptions(t.TempDir()))
			ended := make(chan error, 1)
			go func() { ended <- row.op(t.Context(), s) }()
			prompt := <-service.Shown
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			release, err := flock.Lock(ctx, filepath.Join(s.dir, lockName))
			if err != nil {
				t.Fatal("the lock is held while a person is asked:", err)
			}
			release()
			service.Answer(prompt, false)
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
			if len(service.Shown) > 0 {
				t.Error("a person was asked twice")
			}
		})
	}
}

// TestKeyringLocksAgainAndAgain checks that a keyring that keeps locking itself
// does not ask a person endlessly.
func TestKeyringLocksAgainAndAgain(t *testing.T) {
	service := bustest.Start(t, bustest.NoServices).StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){"GetSecret": func(s *bustest.Scripted, m *dbus.Message) {
		s.SetLocked(true)
		s.Fail(m, bustest.IsLocked)
	}})
	putKey(t, service, "dev", 1)
	asked := make(chan int)
	done := make(chan struct{})
	go func() {
		n := 0
		for {
			select {
			case prompt := <-service.Shown:
				n++
				service.Answer(prompt, false)
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

// putKey stores a test key in a scripted service, behind the store's back.
func putKey(t *testing.T, s *bustest.Scripted, name string, n int) {
	t.Helper()
	secret, err := keyitem.EncodeKey(testKey(n))
	if err != nil {
		t.Fatal(err)
	}
	it := keyitem.OfKey(name)
	s.Put(it.Service, it.Name, secret)
}
