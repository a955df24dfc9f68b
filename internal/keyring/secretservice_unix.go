//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
)

// Names of the Secret Service API
// (specifications.freedesktop.org/secret-service) and of the bus.
const (
	secretsName = "org.freedesktop.secrets"
	secretsPath = dbus.ObjectPath("/org/freedesktop/secrets")
	noObject    = dbus.ObjectPath("/")

	serviceInterface    = "org.freedesktop.Secret.Service"
	collectionInterface = "org.freedesktop.Secret.Collection"
	itemInterface       = "org.freedesktop.Secret.Item"
	promptInterface     = "org.freedesktop.Secret.Prompt"
	secretError         = "org.freedesktop.Secret.Error."

	busName   = "org.freedesktop.DBus"
	busMethod = busName + "."
	busError  = busName + ".Error."

	gnomeName         = "org.gnome.keyring" // gnome-keyring owns this too
	gnomePrompterName = "org.gnome.keyring.SystemPrompter"
	keepassName       = "org.keepassxc.KeePassXC.MainWindow" // KeePassXC owns this too
)

var (
	errNoService = fmt.Errorf("%w: no keyring service on the D-Bus session", backend.ErrUnavailable)
	errNoKeyring = fmt.Errorf("%w: the session has no keyring to keep keys in", backend.ErrUnavailable)
	errNoDefault = fmt.Errorf("%w: no keyring of the session is the default one", backend.ErrUnavailable)

	// errSilent ends a call that got no answer in time.
	errSilent = errors.New("no answer")
	// errGone ends a call whose service left the bus or gave its name to
	// another one, or whose connection to the bus closed.
	errGone = errors.New("the service left the bus")
)

// service is a conversation with the process that has the name of the Secret
// Service. Each call ends with an answer, or with errSilent or errGone; any
// other error is one that the service returned. It is for one goroutine.
type service struct {
	conn        *dbus.Conn
	signals     chan *dbus.Signal
	owner       string            // the unique name of this process on the bus, so that a successor does not get its calls
	since       dbus.Sequence     // when the process was known to be the owner
	collections []dbus.ObjectPath // the keyrings of this service; nil if they are not known
	gnome       bool              // this process is gnome-keyring
	reused      bool              // the conversation was started by an earlier operation

	opening *dbus.Call // opens the session; nil before that
	session dbus.ObjectPath

	answered map[dbus.ObjectPath]bool // the answered prompts; true if dismissed

	// What is left to a person.
	locked  []dbus.ObjectPath // collections and items to unlock
	prompt  dbus.ObjectPath   // the prompt about pending
	pending write
	done    write // the write that a person has agreed to
}

// connect starts a conversation. If start is true, the bus may start the
// service. If awaited is true, a service is about to appear by itself.
func connect(ctx context.Context, p *patience, env func(string) string, start, awaited bool) (*service, error) {
	address, err := busAddress(env)
	if err != nil {
		return nil, err
	}
	conn, err := dial(ctx, p, address)
	if err != nil {
		return nil, err
	}
	s := &service{
		conn: conn, signals: make(chan *dbus.Signal, 64), answered: map[dbus.ObjectPath]bool{},
		session: noObject, prompt: noObject,
	}
	conn.Signal(s.signals)
	err = s.find(ctx, p, start, awaited)
	if err == nil {
		err = s.findCollections(ctx, p)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// find finds the owner of the name and subscribes to changes of it.
func (s *service) find(ctx context.Context, p *patience, start, awaited bool) error {
	match := s.bus("AddMatch", "type='signal',sender='"+busName+"',member='NameOwnerChanged',arg0='"+secretsName+"'")
	gnome := s.bus("GetNameOwner", gnomeName)
	err := s.findOwner(ctx, p)
	if isError(err, busError+"NameHasNoOwner") && start {
		err = s.wait(ctx, p, s.bus("StartServiceByName", secretsName, uint32(0)))
		if isError(err, busError+"ServiceUnknown") && awaited {
			err = s.awaitOwner(ctx, p)
		}
		if err == nil {
			err = s.findOwner(ctx, p)
		}
	}
	if err == nil {
		err = s.wait(ctx, p, match)
	}
	if err == nil {
		owner := ""
		if err = s.wait(ctx, p, gnome, &owner); isError(err, busError+"NameHasNoOwner") {
			err = nil
		}
		s.gnome = owner == s.owner
	}
	return noService(err)
}

// resume prepares the conversation for the next operation. It reports whether
// the service is still the same.
func (s *service) resume() bool {
	s.reused, s.collections, s.locked, s.prompt, s.done = true, nil, nil, noObject, write{}
	for {
		select {
		case signal, ok := <-s.signals:
			if !ok || s.note(signal) {
				return false
			}
		default:
			return s.conn.Connected()
		}
	}
}

// close ends the conversation and, with it, its session at the service.
func (s *service) close() { s.conn.Close() }

func (s *service) findOwner(ctx context.Context, p *patience) error {
	call := s.bus("GetNameOwner", secretsName)
	if err := s.wait(ctx, p, call, &s.owner); err != nil {
		return err
	}
	s.since = call.ResponseSequence
	return nil
}

// awaitOwner waits until a process takes the name of the service.
func (s *service) awaitOwner(ctx context.Context, p *patience) error {
	defer p.spend(time.Now())
	timeout := time.NewTimer(p.left)
	defer timeout.Stop()
	for {
		select {
		case signal, ok := <-s.signals:
			if !ok {
				return errGone
			}
			if owner, changed := newOwner(signal); changed && owner != "" {
				return nil
			}
		case <-timeout.C:
			return dbus.Error{Name: busError + "NameHasNoOwner", Body: []any{"it ended, and none took its place"}}
		case <-ctx.Done():
			return errSilent
		}
	}
}

// openSession asks for a session to transfer secrets in, without encryption:
// the bus is on this machine and belongs to this user.
func (s *service) openSession() {
	if s.opening == nil {
		s.opening = s.call(secretsPath, serviceInterface+".OpenSession", "plain", dbus.MakeVariant(""))
	}
}

// sessionPath returns the session, and first opens it if necessary.
func (s *service) sessionPath(ctx context.Context, p *patience) (dbus.ObjectPath, error) {
	if s.session != noObject {
		return s.session, nil
	}
	s.openSession()
	var parameters dbus.Variant
	err := s.ask(ctx, p, s.opening, &parameters, &s.session)
	return s.session, err
}

func (s *service) property(ctx context.Context, p *patience, object dbus.ObjectPath, interfaceName, name string, value any) error {
	return s.ask(ctx, p, s.get(object, interfaceName, name), value)
}

// get sends a call for a property.
func (s *service) get(object dbus.ObjectPath, interfaceName, name string) *dbus.Call {
	return s.call(object, "org.freedesktop.DBus.Properties.Get", interfaceName, name)
}

// call sends a call to the service; ask waits for its answer. Calls that are
// sent without waiting share a round trip.
func (s *service) call(object dbus.ObjectPath, method string, args ...any) *dbus.Call {
	return s.conn.Object(s.owner, object).Go(method, 0, nil, args...)
}

// bus sends a call to the bus itself; wait waits for its answer.
func (s *service) bus(method string, args ...any) *dbus.Call {
	return s.conn.BusObject().Go(busMethod+method, 0, nil, args...)
}

// ask waits for the service's answer to call and stores it in values.
func (s *service) ask(ctx context.Context, p *patience, call *dbus.Call, values ...any) error {
	err := s.wait(ctx, p, call, values...)
	for _, name := range []string{"NoReply", "Disconnected", "ServiceUnknown", "NameHasNoOwner"} {
		if isError(err, busError+name) { // the process with that unique name ended
			return errGone
		}
	}
	return err
}

// wait waits for the answer to call and stores it in values.
func (s *service) wait(ctx context.Context, p *patience, call *dbus.Call, values ...any) error {
	defer p.spend(time.Now())
	timeout := time.NewTimer(p.left)
	defer timeout.Stop()
	for {
		select {
		case <-call.Done:
			if _, answer := errors.AsType[dbus.Error](call.Err); call.Err != nil && !answer {
				return errGone
			}
			if call.Err != nil || len(values) == 0 {
				return call.Err
			}
			return call.Store(values...)
		case signal, ok := <-s.signals:
			if !ok || s.note(signal) {
				return errGone
			}
		case <-timeout.C:
			return errSilent
		case <-ctx.Done():
			return errSilent
		}
	}
}

// note records a signal, and reports whether it says that the service has lost
// its name.
func (s *service) note(signal *dbus.Signal) (gone bool) {
	if signal.Name == promptInterface+".Completed" && signal.Sender == s.owner && len(signal.Body) == 2 {
		if _, again := s.answered[signal.Path]; !again { // the first answer counts
			s.answered[signal.Path], _ = signal.Body[0].(bool)
		}
	}
	owner, changed := newOwner(signal)
	return changed && s.owner != "" && signal.Sequence > s.since && owner != s.owner
}

// newOwner returns the current owner of the name of the Secret Service, if
// signal is about that.
func newOwner(signal *dbus.Signal) (owner string, changed bool) {
	if signal.Name != busMethod+"NameOwnerChanged" || signal.Sender != busName || len(signal.Body) != 3 || signal.Body[0] != secretsName {
		return "", false
	}
	owner, changed = signal.Body[2].(string)
	return owner, changed
}

func isError(err error, name string) bool {
	e, ok := errors.AsType[dbus.Error](err)
	return ok && e.Name == name
}

// noService wraps err in errNoService if it is the bus's error for a service
// that nobody offers or that cannot be started.
func noService(err error) error {
	e, ok := errors.AsType[dbus.Error](err)
	if ok && (e.Name == busError+"ServiceUnknown" || e.Name == busError+"NameHasNoOwner" || strings.HasPrefix(e.Name, busError+"Spawn.")) {
		return fmt.Errorf("%w: %w", errNoService, err)
	}
	return err
}
