package bustest

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"
)

const (
	// IsLocked is the error for what is locked.
	IsLocked = "org.freedesktop.Secret.Error.IsLocked"

	noSuchObject    = "org.freedesktop.Secret.Error.NoSuchObject"
	promptCompleted = "org.freedesktop.Secret.Prompt.Completed"
	noObject        = dbus.ObjectPath("/")
)

// Scripted is a Secret Service that does what a test says. All other calls it
// answers well, at first with one collection, the default one.
type Scripted struct {
	Conn *dbus.Conn

	Mu          sync.Mutex                     // guards what follows
	Hooks       map[string]func(*dbus.Message) // by method, or property; a hook answers the call, or does not
	Items       map[dbus.ObjectPath]*Item
	Collections map[dbus.ObjectPath]*Collection
	Default     dbus.ObjectPath            // the default collection, or "/"
	prompts     map[dbus.ObjectPath]func() // what a prompt that is not dismissed does
	Shown       chan dbus.ObjectPath       // prompts that are up
	count       int
}

// Collection is a collection of items.
type Collection struct {
	Locked bool
	Silent bool // while it is locked it does not know its items, as in KeePassXC
}

// Item is an item of the collection that its path begins with.
type Item struct {
	Attributes map[string]string
	Secret     []byte
	Locked     bool
	Modified   uint64 // in Unix seconds
}

// StartScripted starts a service and returns when it has the name, from whoever
// had it, who stays on the bus. Prepare is called before it takes the name.
func (b *Bus) StartScripted(t *testing.T, hooks map[string]func(*Scripted, *dbus.Message), prepare ...func(*Scripted)) *Scripted {
	t.Helper()
	s := &Scripted{
		Conn: b.Dial(t), Hooks: map[string]func(*dbus.Message){}, Items: map[dbus.ObjectPath]*Item{},
		Collections: map[dbus.ObjectPath]*Collection{LoginCollection: {}}, Default: LoginCollection,
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

// End ends the service. It hears nothing from then on: a message that arrives while
// its connection is closed would make godbus panic.
func (s *Scripted) End() {
	s.Conn.Eavesdrop(nil)
	s.Conn.Close()
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
	prompt := SecretsPath + "/prompt/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.prompts[prompt] = do
	return prompt
}

// Answer ends a prompt as a person does.
func (s *Scripted) Answer(prompt dbus.ObjectPath, dismissed bool) {
	s.Mu.Lock()
	if !dismissed {
		s.prompts[prompt]()
	}
	s.Mu.Unlock()
	_ = s.Conn.Emit(prompt, promptCompleted, dismissed, dbus.MakeVariant(""))
}

// SetLocked locks or unlocks all collections.
func (s *Scripted) SetLocked(locked bool) {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	s.Lock(locked)
}

// Lock is SetLocked for a caller that holds Mu.
func (s *Scripted) Lock(locked bool) {
	for _, c := range s.Collections {
		c.Locked = locked
	}
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
	at := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	item, collection := s.Items[at], s.Collections[at]
	if item != nil {
		collection = s.Collections[dbus.ObjectPath(path.Dir(string(at)))]
	}
	isLocked := collection != nil && collection.Locked || item != nil && item.Locked
	switch method := member(m); method {
	case "Collections":
		s.Reply(m, dbus.MakeVariant(slices.Sorted(maps.Keys(s.Collections))))
	case "ReadAlias":
		s.Reply(m, s.Default)
	case "OpenSession":
		s.Reply(m, dbus.MakeVariant(""), SecretsPath+"/session/1")
	case "Unlock":
		objects := m.Body[0].([]dbus.ObjectPath)
		s.Reply(m, []dbus.ObjectPath{}, s.Prompt(func() { s.unlock(objects) }))
	case "Prompt":
		s.Reply(m)
		s.Shown <- at
	case "Locked", "Label", "SearchItems", "Items", "CreateItem":
		if collection == nil {
			s.Fail(m, noSuchObject)
			return
		}
		s.serveCollection(method, m, at, isLocked)
	default:
		if item == nil {
			s.Fail(m, noSuchObject)
			return
		}
		s.serveItem(method, m, item, isLocked)
	}
}

// serveCollection answers a call of a collection, or one that items have too.
func (s *Scripted) serveCollection(method string, m *dbus.Message, at dbus.ObjectPath, isLocked bool) {
	switch method {
	case "Locked":
		s.Reply(m, dbus.MakeVariant(isLocked))
	case "Label":
		s.Reply(m, dbus.MakeVariant("The "+path.Base(string(at))))
	case "SearchItems":
		s.Reply(m, s.in(at, m.Body[0].(map[string]string)))
	case "Items":
		s.Reply(m, dbus.MakeVariant(s.in(at, nil)))
	case "CreateItem":
		if isLocked {
			s.Fail(m, IsLocked)
			return
		}
		s.Reply(m, s.Create(m), noObject)
	}
}

// in returns the items of a collection that have these attributes, as far as
// the collection knows them.
func (s *Scripted) in(collection dbus.ObjectPath, attributes map[string]string) []dbus.ObjectPath {
	found := []dbus.ObjectPath{}
	if c := s.Collections[collection]; c.Locked && c.Silent {
		return found
	}
	for _, at := range slices.Sorted(maps.Keys(s.Items)) {
		if path.Dir(string(at)) == string(collection) && (attributes == nil || maps.Equal(s.Items[at].Attributes, attributes)) {
			found = append(found, at)
		}
	}
	return found
}

// serveItem answers a call of an item.
func (s *Scripted) serveItem(method string, m *dbus.Message, item *Item, isLocked bool) {
	switch {
	case method == "Modified":
		s.Reply(m, dbus.MakeVariant(item.Modified))
	case isLocked:
		s.Fail(m, IsLocked)
	case method == "GetSecret":
		s.Reply(m, ss.Secret{Session: m.Body[0].(dbus.ObjectPath), Value: item.Secret})
	case method == "SetSecret":
		item.Secret = m.Body[0].([]any)[2].([]byte)
		s.Reply(m)
	case method == "Delete":
		delete(s.Items, m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath))
		s.Reply(m, noObject)
	}
}

// unlock unlocks collections, and items with their collections.
func (s *Scripted) unlock(objects []dbus.ObjectPath) {
	for _, object := range objects {
		if item := s.Items[object]; item != nil {
			item.Locked = false
			object = dbus.ObjectPath(path.Dir(string(object)))
		}
		s.Collections[object].Locked = false
	}
}

// Create stores the item of a CreateItem call. The caller holds Mu.
func (s *Scripted) Create(m *dbus.Message) dbus.ObjectPath {
	collection := m.Headers[dbus.FieldPath].Value().(dbus.ObjectPath)
	attributes := m.Body[0].(map[string]dbus.Variant)["org.freedesktop.Secret.Item.Attributes"].Value().(map[string]string)
	return s.add(collection, &Item{Attributes: attributes, Secret: m.Body[1].([]any)[2].([]byte)})
}

// Put stores an item in the default collection, behind the client's back.
func (s *Scripted) Put(service, name string, secret []byte) *Item {
	return s.PutIn(LoginCollection, service, name, secret)
}

// PutIn is Put for a collection, which it makes if it is not there.
func (s *Scripted) PutIn(collection dbus.ObjectPath, service, name string, secret []byte) *Item {
	s.Mu.Lock()
	defer s.Mu.Unlock()
	if s.Collections[collection] == nil {
		s.Collections[collection] = &Collection{}
	}
	item := &Item{Attributes: map[string]string{"service": service, "username": name}, Secret: secret}
	s.add(collection, item)
	return item
}

func (s *Scripted) add(collection dbus.ObjectPath, item *Item) dbus.ObjectPath {
	s.count++
	at := collection + "/" + dbus.ObjectPath(strconv.Itoa(s.count))
	s.Items[at] = item
	return at
}
