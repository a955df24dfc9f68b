package keystore

import (
	"maps"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

// scripted is a Secret Service that does as a test says. What the test says nothing about it does well, with one collection.
type scripted struct {
	conn *dbus.Conn

	mu      sync.Mutex
	hooks   map[string]func(*dbus.Message) // by method, or property; a hook answers the call, or does not
	items   map[dbus.ObjectPath]*scriptedItem
	locked  bool
	prompts map[dbus.ObjectPath]func() // what a prompt that is not dismissed does
	shown   chan dbus.ObjectPath       // prompts that are up
	count   int
}

type scriptedItem struct {
	attributes map[string]string
	secret     []byte
	locked     bool
}

// startScripted starts a service and returns when it has the name, from whoever had it, who stays on the bus.
func (b *testBus) startScripted(t *testing.T, hooks map[string]func(*scripted, *dbus.Message)) *scripted {
	t.Helper()
	s := &scripted{
		conn: b.dial(t, os.Getenv("DBUS_SESSION_BUS_ADDRESS")), hooks: map[string]func(*dbus.Message){}, items: map[dbus.ObjectPath]*scriptedItem{},
		prompts: map[dbus.ObjectPath]func(){}, shown: make(chan dbus.ObjectPath, 16),
	}
	for name, hook := range hooks {
		s.hooks[name] = func(m *dbus.Message) { hook(s, m) }
	}
	calls := overhear(t, s.conn)
	go func() {
		for m := range calls {
			if m.Type == dbus.TypeMethodCall {
				s.serve(m)
			}
		}
	}()
	b.await(t, secretsName, func() { // the answer to this call is overheard, too
		s.conn.BusObject().Go(busMethod+"RequestName", dbus.FlagNoReplyExpected, nil, secretsName,
			uint32(dbus.NameFlagAllowReplacement|dbus.NameFlagReplaceExisting))
	})
	return s
}

func (s *scripted) reply(m *dbus.Message, values ...any) {
	r := &dbus.Message{Type: dbus.TypeMethodReply, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: m.Headers[dbus.FieldSender],
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
	}}
	if len(values) > 0 {
		r.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(values...))
	}
	s.conn.Send(r, nil)
}

func (s *scripted) fail(m *dbus.Message, name string) {
	s.conn.Send(&dbus.Message{Type: dbus.TypeError, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: m.Headers[dbus.FieldSender],
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
		dbus.FieldErrorName:   dbus.MakeVariant(name),
	}}, nil)
}

// prompt makes a prompt that does do when it is answered.
func (s *scripted) prompt(do func()) dbus.ObjectPath {
	s.count++
	path := secretsPath + "/prompt/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.prompts[path] = do
	return path
}

// answer ends a prompt as a person does.
func (s *scripted) answer(path dbus.ObjectPath, dismissed bool) {
	s.mu.Lock()
	if !dismissed {
		s.prompts[path]()
	}
	s.mu.Unlock()
	_ = s.conn.Emit(path, promptInterface+".Completed", dismissed, dbus.MakeVariant(""))
}

func (s *scripted) setLocked(locked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locked = locked
}

func (s *scripted) serve(m *dbus.Message) {
	member := m.Headers[dbus.FieldMember].Value().(string)
	path := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	if member == "Get" {
		member = m.Body[1].(string)
	}
	s.mu.Lock()
	hook := s.hooks[member]
	s.mu.Unlock()
	if hook != nil {
		hook(m)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serveWell(m, member, path)
}

func (s *scripted) serveWell(m *dbus.Message, member string, path dbus.ObjectPath) {
	item := s.items[path]
	switch member {
	case "Collections":
		s.reply(m, dbus.MakeVariant([]dbus.ObjectPath{loginCollection}))
	case "Locked":
		s.reply(m, dbus.MakeVariant(s.locked || item != nil && item.locked))
	case "OpenSession":
		s.reply(m, dbus.MakeVariant(""), secretsPath+"/session/1")
	case "SearchItems":
		found := []dbus.ObjectPath{}
		for path, item := range s.items {
			if maps.Equal(item.attributes, m.Body[0].(map[string]string)) {
				found = append(found, path)
			}
		}
		s.reply(m, found)
	case "GetSecret":
		if s.locked || item.locked {
			s.fail(m, secretError+"IsLocked")
			return
		}
		s.reply(m, ss.Secret{Session: m.Body[0].(dbus.ObjectPath), Value: item.secret})
	case "CreateItem":
		if s.locked {
			s.fail(m, secretError+"IsLocked")
			return
		}
		s.reply(m, s.create(m), noObject)
	case "Delete":
		delete(s.items, path)
		s.reply(m, noObject)
	case "Unlock":
		objects := m.Body[0].([]dbus.ObjectPath)
		s.reply(m, []dbus.ObjectPath{}, s.prompt(func() {
			for _, object := range objects {
				if item := s.items[object]; item != nil {
					item.locked = false
				} else {
					s.locked = false
				}
			}
		}))
	case "Prompt":
		s.reply(m)
		s.shown <- path
	}
}

// create does what a CreateItem says.
func (s *scripted) create(m *dbus.Message) dbus.ObjectPath {
	attributes := m.Body[0].(map[string]dbus.Variant)[itemInterface+".Attributes"].Value().(map[string]string)
	secret := m.Body[1].([]any)[2].([]byte)
	for path, item := range s.items {
		if maps.Equal(item.attributes, attributes) {
			item.secret = secret
			return path
		}
	}
	s.count++
	path := loginCollection + "/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.items[path] = &scriptedItem{attributes: attributes, secret: secret}
	return path
}

// put stores a key behind the client's back.
func (s *scripted) put(t *testing.T, name string, n int) *scriptedItem {
	t.Helper()
	secret, err := encodeValue(testKey(n))
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	item := &scriptedItem{attributes: attributes(keyItem(name)), secret: secret}
	s.items[loginCollection+"/"+dbus.ObjectPath(strconv.Itoa(s.count))] = item
	return item
}
