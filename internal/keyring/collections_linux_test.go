package keyring

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// Collections beside the login collection.
const (
	work  = bustest.SecretsPath + "/collection/work"
	other = bustest.SecretsPath + "/collection/work_2" // its path begins with that of the other
)

// holding returns the secrets that a collection of a scripted service holds.
func holding(s *bustest.Scripted, collection dbus.ObjectPath) (secrets []string) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for at, item := range s.Items {
		if within(at, collection) {
			secrets = append(secrets, string(item.Secret))
		}
	}
	slices.Sort(secrets)
	return secrets
}

func wantHolding(t *testing.T, s *bustest.Scripted, collection dbus.ObjectPath, want ...string) {
	t.Helper()
	if got := holding(s, collection); !slices.Equal(got, want) {
		t.Errorf("%s holds %d items, want %d with the right secrets", collection, len(got), len(want))
	}
}

// change changes a scripted service behind the client's back.
func change(s *bustest.Scripted, f func()) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	f()
}

// TestCollections checks that an item is found, changed and removed wherever it
// is, and made in the user's default collection.
func TestCollections(t *testing.T) {
	scripted := func(t *testing.T) *bustest.Scripted {
		s := bustest.Start(t, bustest.NoServices).StartScripted(t, nil)
		change(s, func() { s.Collections[work] = &bustest.Collection{} })
		return s
	}
	remove := func(t *testing.T, c client, name string) {
		t.Helper()
		if err := c.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), name); !errors.Is(err, backend.ErrNotFound) {
			t.Errorf("after its removal: %v", err)
		}
	}
	t.Run("the default is not login", func(t *testing.T) {
		s := scripted(t)
		change(s, func() { s.Default = work })
		c := open(t, testOptions())
		mustPut(t, c, "dev", secret1)
		wantHolding(t, s, work, secret1)
		wantHolding(t, s, bustest.LoginCollection)
	})
	t.Run("login appears later", func(t *testing.T) {
		s := scripted(t)
		change(s, func() { s.Default = work; delete(s.Collections, bustest.LoginCollection) })
		c := open(t, testOptions())
		mustPut(t, c, "dev", secret1)
		change(s, func() {
			s.Collections[bustest.LoginCollection] = &bustest.Collection{}
			s.Default = bustest.LoginCollection
		})
		wantKey(t, c, "dev", secret1)
		mustPut(t, c, "dev", secret2)
		wantHolding(t, s, work, secret2)
		wantHolding(t, s, bustest.LoginCollection)
		remove(t, c, "dev")
	})
	t.Run("another is made the default", func(t *testing.T) {
		s := scripted(t)
		c := open(t, testOptions())
		mustPut(t, c, "dev", secret1)
		change(s, func() { s.Default = work })
		wantKey(t, c, "dev", secret1)
		mustPut(t, c, "dev", secret2)
		mustPut(t, c, "new", secret3)
		wantHolding(t, s, bustest.LoginCollection, secret2)
		wantHolding(t, s, work, secret3)
	})
	t.Run("moved", func(t *testing.T) {
		s := scripted(t)
		c := open(t, testOptions())
		mustPut(t, c, "dev", secret1)
		change(s, func() { clear(s.Items) })
		s.PutIn(other, "awsexec", "dev", []byte(secret2))
		wantKey(t, c, "dev", secret2)
		mustPut(t, c, "dev", secret3)
		wantHolding(t, s, other, secret3)
		wantHolding(t, s, work)
		wantHolding(t, s, bustest.LoginCollection)
		remove(t, c, "dev")
	})
	t.Run("its collection goes away", func(t *testing.T) {
		s := scripted(t)
		s.PutIn(work, "awsexec", "dev", []byte(secret1))
		c := open(t, testOptions())
		wantKey(t, c, "dev", secret1)
		change(s, func() { clear(s.Items); delete(s.Collections, work) })
		if _, err := c.Get(t.Context(), "dev"); !errors.Is(err, backend.ErrNotFound) {
			t.Error(err)
		}
	})
	t.Run("two copies", func(t *testing.T) {
		s := scripted(t)
		change(s, func() { s.Default = work })
		inLogin := put(s, "dev", secret1)
		inWork := s.PutIn(work, "awsexec", "dev", []byte(secret2))
		c := open(t, testOptions())
		wantKey(t, c, "dev", secret2) // of the same age: the default
		change(s, func() { inLogin.Modified = 1 })
		wantKey(t, c, "dev", secret1) // the newest
		change(s, func() { inWork.Modified = 2 })
		wantKey(t, c, "dev", secret2)
		mustPut(t, c, "dev", secret3)
		wantHolding(t, s, work, secret3)
		wantHolding(t, s, bustest.LoginCollection, secret3)
		remove(t, c, "dev")
		wantHolding(t, s, work)
		wantHolding(t, s, bustest.LoginCollection)
	})
}

// TestLockedCollections checks which locked collections a person is asked to
// unlock: those that have the item or may have it.
func TestLockedCollections(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(*bustest.Scripted)
		listed  bool // the item should be in the keyring
		want    string
		err     error
		asked   int
	}{
		{"another one, of others", func(s *bustest.Scripted) {
			put(s, "dev", secret1)
			s.PutIn(work, "mail", "me", []byte(secret3))
			s.Collections[work].Locked = true
		}, true, secret1, nil, 0},
		{"another one, of others, and no item", func(s *bustest.Scripted) {
			s.PutIn(work, "mail", "me", []byte(secret3))
			s.Collections[work].Locked = true
		}, true, "", backend.ErrNotFound, 0},
		{"the default, but the item is elsewhere", func(s *bustest.Scripted) {
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Collections[bustest.LoginCollection].Locked = true
		}, true, secret1, nil, 0},
		{"the default, and no item", func(s *bustest.Scripted) {
			s.Collections[bustest.LoginCollection].Locked = true
		}, false, "", backend.ErrNotFound, 1},
		{"another one, with the item", func(s *bustest.Scripted) {
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Collections[work].Locked = true
		}, true, secret1, nil, 1},
		{"another one, with a newer copy", func(s *bustest.Scripted) {
			put(s, "dev", secret2)
			s.PutIn(work, "awsexec", "dev", []byte(secret1)).Modified = 1
			s.Collections[work].Locked = true
		}, true, secret1, nil, 1},
		{"another one, which does not say", func(s *bustest.Scripted) {
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Collections[work].Locked, s.Collections[work].Silent = true, true
		}, true, secret1, nil, 1},
		{"another one, which does not say, and nothing expected", func(s *bustest.Scripted) {
			s.PutIn(work, "mail", "me", []byte(secret3))
			s.Collections[work].Locked, s.Collections[work].Silent = true, true
		}, false, "", backend.ErrNotFound, 0},
		{"all", func(s *bustest.Scripted) {
			put(s, "dev", secret1)
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Lock(true)
		}, true, secret1, nil, 1},
		{"the item alone, in two", func(s *bustest.Scripted) {
			put(s, "dev", secret1).Locked = true
			s.PutIn(work, "awsexec", "dev", []byte(secret1)).Locked = true
		}, true, secret1, nil, 1},
	} {
		for _, noPrompt := range []bool{false, true} {
			name := row.name
			if noPrompt {
				name += ", prompts off"
			}
			t.Run(name, func(t *testing.T) {
				s := bustest.Start(t, bustest.NoServices).StartScripted(t, nil, row.prepare)
				o := testOptions()
				o.NoPrompt = noPrompt
				o.Listed = func(backend.Item) bool { return row.listed }
				asked := make(chan int)
				done := make(chan struct{})
				go func() {
					n := 0
					for {
						select {
						case prompt := <-s.Shown:
							n++
							s.Answer(prompt, false)
						case <-done:
							asked <- n
							return
						}
					}
				}()
				got, err := open(t, o).Get(t.Context(), "dev")
				close(done)
				n := <-asked
				if noPrompt && row.asked > 0 {
					if !errors.Is(err, backend.ErrLocked) || !strings.Contains(err.Error(), "prompts are switched off") || n > 0 {
						t.Errorf("asked %d times: %v", n, err)
					}
				} else if !errors.Is(err, row.err) || got != row.want || n != row.asked {
					t.Errorf("asked %d times, want %d: %v, want %v", n, row.asked, err, row.err)
				}
			})
		}
	}
}

// TestWithoutDefault uses services without a default collection.
func TestWithoutDefault(t *testing.T) {
	for _, row := range []struct {
		name        string
		collections []dbus.ObjectPath
		home        dbus.ObjectPath // where an item is made; "" for nowhere
		say         string
	}{
		{"login", []dbus.ObjectPath{sessionCollection, work, loginCollection}, loginCollection, ""},
		{"only one", []dbus.ObjectPath{sessionCollection, work}, work, ""},
		{"several", []dbus.ObjectPath{work, other}, "", "no keyring of the session is the default one"},
		{"none that lasts", []dbus.ObjectPath{sessionCollection}, "", "the session has no keyring to keep keys in"},
		{"none", nil, "", "the session has no keyring to keep keys in"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := bustest.Start(t, bustest.NoServices).StartScripted(t, nil, func(s *bustest.Scripted) {
				s.Default = noObject
				clear(s.Collections)
				for _, c := range row.collections {
					s.Collections[c] = &bustest.Collection{}
				}
			})
			c := open(t, testOptions())
			err := c.Put(t.Context(), "dev", secret1)
			if row.home != "" {
				if err != nil {
					t.Fatal(err)
				}
				wantHolding(t, s, row.home, secret1)
				return
			}
			wantKind(t, "Put", err, backend.ErrUnavailable)
			if !strings.Contains(err.Error(), row.say) {
				t.Errorf("%v, want it to say %q", err, row.say)
			}
			if len(row.collections) > 1 { // what is there can be used all the same
				s.PutIn(work, "awsexec", "old", []byte(secret1))
				wantKey(t, c, "old", secret1)
				mustPut(t, c, "old", secret2)
			}
		})
	}
}

// TestEmptyWhereLocked uses a service that returns an empty secret instead of
// an error where a collection has just been locked, as KWallet does.
func TestEmptyWhereLocked(t *testing.T) {
	var locked atomic.Bool
	s := bustest.Start(t, bustest.NoServices).StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){
		"GetSecret": func(s *bustest.Scripted, m *dbus.Message) {
			s.Mu.Lock()
			defer s.Mu.Unlock()
			delete(s.Hooks, "GetSecret")
			locked.Store(true)
			s.Lock(true)
			at := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
			secret := s.Items[at].Secret
			s.Items[at].Secret = []byte{}
			s.Lock(false)
			s.ServeWell(m)
			s.Lock(true)
			s.Items[at].Secret = secret
		},
	})
	put(s, "dev", secret1)
	go func() { s.Answer(<-s.Shown, false) }()
	wantKey(t, open(t, testOptions()), "dev", secret1)
	if !locked.Load() {
		t.Error("the collection was never locked")
	}
}

// TestConsentIsForAConversation checks that the operations of one program share
// a conversation: it is what KeePassXC gives its consent to.
func TestConsentIsForAConversation(t *testing.T) {
	clients := make(chan any, 64)
	s := bustest.Start(t, bustest.NoServices).StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){
		"GetSecret": func(s *bustest.Scripted, m *dbus.Message) {
			clients <- m.Headers[dbus.FieldSender].Value()
			s.Mu.Lock()
			defer s.Mu.Unlock()
			s.ServeWell(m)
		},
	})
	put(s, "dev", secret1)
	put(s, "new", secret2)
	c := open(t, testOptions())
	wantKey(t, c, "dev", secret1)
	wantKey(t, c, "new", secret2)
	if first, second := <-clients, <-clients; first != second {
		t.Errorf("two connections: %v and %v", first, second)
	}
}

// TestLook checks what is seen of items without reading them, and that nobody
// is asked.
func TestLook(t *testing.T) {
	for _, row := range []struct {
		name    string
		prepare func(*bustest.Scripted)
		want    Condition
		seen    []Sight
	}{
		{"not there, open", func(*bustest.Scripted) {}, Open, nil},
		{"not there, locked", func(s *bustest.Scripted) { s.Lock(true) }, Locked, nil},
		{"not there, no default", func(s *bustest.Scripted) {
			s.Collections[work], s.Collections[other], s.Default = &bustest.Collection{}, &bustest.Collection{}, noObject
			delete(s.Collections, loginCollection)
		}, Open, nil},
		{"no keyring", func(s *bustest.Scripted) { clear(s.Collections) }, Absent, nil},
		{"there", func(s *bustest.Scripted) { put(s, "dev", secret1) }, Open, []Sight{{item("dev"), "The login", false}}},
		{"elsewhere, and the default is locked", func(s *bustest.Scripted) {
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Collections[loginCollection].Locked = true
		}, Open, []Sight{{item("dev"), "The work", false}}},
		{"in two, one of them locked", func(s *bustest.Scripted) {
			put(s, "dev", secret1)
			s.PutIn(work, "awsexec", "dev", []byte(secret1))
			s.Collections[work].Locked = true
		}, Locked, []Sight{{item("dev"), "The login", false}, {item("dev"), "The work", true}}},
		{"asks for consent", func(s *bustest.Scripted) { put(s, "dev", secret1).Locked = true }, Locked, []Sight{{item("dev"), "The login", true}}},
		{"no name", func(s *bustest.Scripted) {
			put(s, "dev", secret1)
			s.Hooks["Label"] = func(m *dbus.Message) { s.Fail(m, bustest.IsLocked) }
		}, Open, []Sight{{item("dev"), "login", false}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := bustest.Start(t, bustest.NoServices).StartScripted(t, nil, row.prepare)
			got, seen := New(testOptions()).Look(t.Context(), item("dev"))
			if got != row.want || !slices.Equal(seen, row.seen) {
				t.Errorf("%v, %v, want %v, %v", got, seen, row.want, row.seen)
			}
			if len(s.Shown) > 0 {
				t.Error("a dialog was shown")
			}
		})
	}
}

// TestReplacedMidDialog checks that the wait ends when the service gives its
// name to another one while its dialog is up: that one is asked instead.
func TestReplacedMidDialog(t *testing.T) {
	for name, leave := range map[string]func(*bustest.Scripted){
		"stays": func(*bustest.Scripted) {}, "ends": func(s *bustest.Scripted) { s.End() },
	} {
		for _, locked := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				b := bustest.Start(t, bustest.NoServices)
				first := b.StartScripted(t, nil)
				put(first, "dev", secret1)
				first.SetLocked(true)
				go func() {
					<-first.Shown
					second := b.StartScripted(t, nil, func(second *bustest.Scripted) {
						put(second, "dev", secret2)
						second.Lock(locked)
					})
					leave(first)
					if locked {
						second.Answer(<-second.Shown, false)
					}
				}()
				quick(t, func() { wantKey(t, open(t, testOptions()), "dev", secret2) })
			})
		}
	}
}

// TestGnomeCollections uses several keyrings of a real gnome-keyring.
func TestGnomeCollections(t *testing.T) {
	b := bustest.Start(t, bustest.NoServices)
	b.StartKeyring(t)
	c := open(t, testOptions())
	mustPut(t, c, "old", secret1) // into login
	own := b.CreateGnomeCollection(t, "own")
	setDefault := func(collection dbus.ObjectPath) {
		t.Helper()
		if err := b.Conn.Object(secretsName, secretsPath).Call(serviceInterface+".SetAlias", 0, "default", collection).Err; err != nil {
			t.Fatal(err)
		}
	}
	setDefault(own)
	wantKey(t, c, "old", secret1)
	mustPut(t, c, "old", secret2)
	mustPut(t, c, "new", secret3)
	for name, want := range map[string]string{"old": "login", "new": "own"} {
		state, seen := c.Look(t.Context(), item(name))
		if state != Open || len(seen) != 1 || !strings.EqualFold(seen[0].Keyring, want) {
			t.Errorf("%s: %v, %v, want it in %s", name, state, seen, want)
		}
	}

	// A locked keyring knows what it has.
	o := testOptions()
	o.NoPrompt, o.Listed = true, func(backend.Item) bool { return true }
	c = open(t, o)
	setDefault(loginCollection)
	b.LockCollection(t, own)
	wantKey(t, c, "old", secret2)
	mustPut(t, c, "other", secret1)
	if _, err := c.Get(t.Context(), "none"); !errors.Is(err, backend.ErrNotFound) {
		t.Errorf("an item that is nowhere: %v", err)
	}
	if _, err := c.Get(t.Context(), "new"); !errors.Is(err, backend.ErrLocked) {
		t.Errorf("an item in the locked keyring: %v", err)
	}
	if state, seen := c.Look(t.Context(), item("new")); state != Locked || len(seen) != 1 || !seen[0].Locked {
		t.Errorf("%v, %v", state, seen)
	}
}

// TestNothingIsWrittenWhereLocked checks that locked copies are unlocked before
// an item is changed or removed: KWallet reports no error otherwise, and forgets
// how to find an item that is removed so.
func TestNothingIsWrittenWhereLocked(t *testing.T) {
	checked := func(s *bustest.Scripted, m *dbus.Message) {
		s.Mu.Lock()
		defer s.Mu.Unlock()
		if s.Collections[collectionOf(m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath))].Locked {
			t.Errorf("%v of a locked item", m.Headers[dbus.FieldMember])
		}
		s.ServeWell(m)
	}
	s := bustest.Start(t, bustest.NoServices).StartScripted(t, map[string]func(*bustest.Scripted, *dbus.Message){"SetSecret": checked, "Delete": checked})
	put(s, "dev", secret1)
	s.PutIn(work, "awsexec", "dev", []byte(secret1))
	lock := func() {
		change(s, func() { s.Collections[work].Locked = true })
		go func() { s.Answer(<-s.Shown, false) }()
	}
	c := open(t, testOptions())
	lock()
	mustPut(t, c, "dev", secret2)
	wantHolding(t, s, work, secret2)
	lock()
	if err := c.Delete(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	wantHolding(t, s, work)
	wantHolding(t, s, loginCollection)
}
