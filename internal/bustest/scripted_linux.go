package bustest

import (
	"maps"
	"strconv"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

const (
	// IsLocked is the error for what is locked.
	IsLocked = "org.freedesktop.Secret.Error.IsLocked"

	promptCompleted = "org.freedesktop.Secret.Prompt.Completed"
	noObject        = dbus.ObjectPath("/")
)

// Scripted is a Secret Service that does what a test says. All other calls it
// answers well, with one collection.
type Scripted struct {
	Conn *dbus.Conn

	Mu      sync.Mutex                     // guards what follows
	Hooks   map[string]func(*dbus.Message) // by method, or property; a hook answers the call, or does not
	Items   map[dbus.ObjectPath]*Item
	Locked  bool
	prompts map[dbus.ObjectPath]func() // what a prompt that is not dismissed does
	Shown   chan dbus.ObjectPath       // prompts that are up
	count   int
}

// Item is an item of the collection.
type Item struct {
	Attributes map[string]string
	Secret     []byte
	Locked     bool
}

// StartScripted starts a service and returns when it has the name, from whoever
// had it, who stays on the bus. Prepare is called before it takes the name.
func (b *Bus) StartScripted(t *testing.T, hooks map[string]func(*Scripted, *dbus.Message), prepare ...func(*Scripted)) *Scripted {
	t.Helper()
	s := &Scripted{
		Conn: b.Dial(t), Hooks: map[string]func(*dbus.Message){}, Items: map[dbus.ObjectPath]*Item{},
		prompts: map[dbus.ObjectPath]func(){}, Shown: make(chan dbus.ObjectPath, 16),
	}
	for name, hook := range hooks {
		s.Hooks[name] = func(m *dbus.Message) { hook(s, m) }
	}
	for _, f := range prepare {
		f(s)
	}
	calls := Overhear(t, s.Conn)
	go func() {
		for m := range calls {
			if m.Type == dbus.TypeMethodCall {
				s.serve(m)
			}
		}
	}()
	b.Await(t, SecretsName, func() { // the answer to this call is overheard, too
		s.Conn.BusObject().Go("org.freedesktop.DBus.RequestName", dbus.FlagNoReplyExpected, nil, SecretsName,
			uint32(dbus.NameFlagAllowReplacement|dbus.NameFlagReplaceExisting))
	})
	return s
}

// Reply answers a call.
func (s *Scripted) Reply(m *dbus.Message, values ...any) {
	r := &dbus.Message{Type: dbus.TypeMethodReply, Body: values, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: m.Headers[dbus.FieldSender],
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
	}}
	if len(values) > 0 {
		r.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(values...))
	}
	s.Conn.Send(r, nil)
}

// Fail answers a call with the error of that name.
func (s *Scripted) Fail(m *dbus.Message, name string) {
	s.Conn.Send(&dbus.Message{Type: dbus.TypeError, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldDestination: m.Headers[dbus.FieldSender],
		dbus.FieldReplySerial: dbus.MakeVariant(m.Serial()),
		dbus.FieldErrorName:   dbus.MakeVariant(name),
	}}, nil)
}

// Prompt makes a prompt that calls do when it is answered. The caller holds Mu.
func (s *Scripted) Prompt(do func()) dbus.ObjectPath {
	s.count++
	path := SecretsPath + "/prompt/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.prompts[path] = do
	return path
}

// Answer ends a prompt as a person does.
func (s *Scripted) Answer(path dbus.ObjectPath, dismissed bool) {
	s.Mu.Lock()
	if !dismissed {
		s.prompts[path]()
	}
	s.Mu.Unlock()
	_ = s.Conn.Emit(path, promptCompleted, dismissed, dbus.MakeVariant(""))
}

// SetLocked locks or unlocks the collection.
func (s *Scripted) SetLocked(locked bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Locked = locked
}

func (s *Scripted) serve(m *dbus.Message) {
	s.Mu.Lock()
	hook := s.Hooks[member(m)]
	s.Mu.Unlock()
	if hook != nil {
		hook(m)
		return
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.ServeWell(m)
}

// member returns the method of a call, or the property that it reads.
func member(m *dbus.Message) string {
	name := m.Headers[dbus.FieldMember].Value().(string)
	if name == "Get" {
		name = m.Body[1].(string)
	}
	return name
}

// ServeWell answers a call as a good service does. The caller holds Mu.
func (s *Scripted) ServeWell(m *dbus.Message) {
	path := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	item := s.Items[path]
	switch member(m) {
	case "Collections":
		s.Reply(m, dbus.MakeVariant([]dbus.ObjectPath{LoginCollection}))
	case "Locked":
		s.Reply(m, dbus.MakeVariant(s.Locked || item != nil && item.Locked))
	case "OpenSession":
		s.Reply(m, dbus.MakeVariant(""), SecretsPath+"/session/1")
	case "SearchItems":
		found := []dbus.ObjectPath{}
		for path, item := range s.Items {
			if maps.Equal(item.Attributes, m.Body[0].(map[string]string)) {
				found = append(found, path)
			}
		}
		s.Reply(m, found)
	case "GetSecret":
		if s.Locked || item.Locked {
			s.Fail(m, IsLocked)
			return
		}
		s.Reply(m, ss.Secret{Session: m.Body[0].(dbus.ObjectPath), Value: item.Secret})
	case "CreateItem":
		if s.Locked {
			s.Fail(m, IsLocked)
			return
		}
		s.Reply(m, s.Create(m), noObject)
	case "Delete":
		delete(s.Items, path)
		s.Reply(m, noObject)
	case "Unlock":
		objects := m.Body[0].([]dbus.ObjectPath)
		s.Reply(m, []dbus.ObjectPath{}, s.Prompt(func() {
			for _, object := range objects {
				if item := s.Items[object]; item != nil {
					item.Locked = false
				} else {
					s.Locked = false
				}
			}
		}))
	case "Prompt":
		s.Reply(m)
		s.Shown <- path
	}
}

// Create stores the item of a CreateItem call. The caller holds Mu.
func (s *Scripted) Create(m *dbus.Message) dbus.ObjectPath {
	attributes := m.Body[0].(map[string]dbus.Variant)["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	secret := m.Body[1].([]any)[2].([]byte)
	for path, item := range s.Items {
		if maps.Equal(item.Attributes, attributes) {
			item.Secret = secret
			return path
		}
	}
	s.count++
	path := LoginCollection + "/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.Items[path] = &Item{Attributes: attributes, Secret: secret}
	return path
}

// Put stores an item behind the client's back.
func (s *Scripted) Put(service, name string, secret []byte) *Item {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.count++
	item := &Item{Attributes: map[string]string{"service": service, "username": name}, Secret: secret}
	s.Items[LoginCollection+"/"+dbus.ObjectPath(strconv.Itoa(s.count))] = item
	return item
}
