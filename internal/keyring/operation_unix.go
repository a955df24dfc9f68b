//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/awsexec/awsexec/internal/backend"
)

// Operation works on items of the Secret Service in the form that go-keyring
// writes: with the attributes service and username. It is one conversation,
// which starts with the first call, and starts again, a few times, when the
// service leaves the bus. Operations that do not overlap share a conversation,
// because some keyrings give their consent to a conversation.
type Operation struct {
	keyring  *Keyring
	patience patience
	service  *service // nil while there is no conversation
	left     bool     // the service has left during this operation
}

// idle is the conversation that the last operation has left for the next one.
type idle struct {
	mu      sync.Mutex
	service *service // nil if there is none
}

// attempts is how often a call is made if the service keeps leaving the bus.
const attempts = 3

func account(name string) string { return name }

// Begin begins an operation. It does not connect yet.
func (k *Keyring) Begin() (backend.Operation, func()) {
	o := k.operation()
	return o, o.end
}

func (k *Keyring) operation() *Operation {
	return &Operation{keyring: k, patience: k.newPatience()}
}

// end leaves the conversation to the next operation, or ends it.
func (o *Operation) end() {
	k := o.keyring
	k.idle.mu.Lock()
	defer k.idle.mu.Unlock()
	if o.service != nil && k.idle.service == nil {
		k.idle.service, o.service = o.service, nil
	}
	o.hangUp()
}

// converse starts a conversation, or goes on with the idle one.
func (o *Operation) converse(ctx context.Context) error {
	if o.service != nil {
		return nil
	}
	k := o.keyring
	k.idle.mu.Lock()
	s := k.idle.service
	k.idle.service = nil
	k.idle.mu.Unlock()
	if s != nil && s.resume() {
		o.service = s
		return nil
	}
	if s != nil {
		s.close()
	}
	var err error
	o.service, err = connect(ctx, &o.patience, k.opts.Env, true, o.left)
	return err
}

func (o *Operation) hangUp() {
	if o.service != nil {
		o.service.close()
		o.service = nil
	}
}

// Get returns a copy of an item.
func (o *Operation) Get(ctx context.Context, it backend.Item) (secret []byte, err error) {
	err = o.try(ctx, func(s *service) error {
		s.openSession() // shares a round trip with the search
		objects, err := o.search(ctx, it)
		if err != nil {
			return err
		}
		session, err := s.sessionPath(ctx, &o.patience)
		if err != nil {
			return err
		}
		copies, locked, err := s.read(ctx, &o.patience, session, objects)
		if err != nil {
			return err
		}
		if len(locked) > 0 {
			return s.leaveLocked(locked)
		}
		chosen := copies[0]
		if differ(copies) {
			home, err := s.home(ctx, &o.patience)
			if err != nil && !errors.Is(err, errNoDefault) {
				return err
			}
			chosen = newest(copies, home)
		}
		for _, c := range copies {
			if c.object != chosen.object {
				clear(c.secret)
			}
		}
		secret = chosen.secret
		return nil
	})
	return secret, err
}

// Set stores an item: in all places where it is, or else in the user's default
// collection. If the service first asks a person, Set returns
// backend.ErrUnprepared, and Prepare asks.
func (o *Operation) Set(ctx context.Context, it backend.Item, secret []byte) error {
	return o.try(ctx, func(s *service) error {
		if s.isDone(write{"set", it, noObject}) {
			return nil
		}
		session, err := s.sessionPath(ctx, &o.patience)
		if err != nil {
			return err
		}
		objects, err := o.search(ctx, it)
		if errors.Is(err, backend.ErrNotFound) {
			return o.create(ctx, it, ss.NewSecret(session, string(secret)))
		}
		if err != nil {
			return err
		}
		var locked []dbus.ObjectPath
		for _, object := range objects { // unlike CreateItem, this never asks
			err := s.ask(ctx, &o.patience, s.call(object, itemInterface+".SetSecret", ss.NewSecret(session, string(secret))))
			if isError(err, secretError+"IsLocked") {
				locked = append(locked, object)
			} else if err != nil {
				return err
			}
		}
		if len(locked) > 0 {
			return s.leaveLocked(locked)
		}
		return nil
	})
}

// create makes an item in the user's default collection.
func (o *Operation) create(ctx context.Context, it backend.Item, secret ss.Secret) error {
	s, p := o.service, &o.patience
	home, err := s.home(ctx, p)
	if err != nil {
		return err
	}
	properties := map[string]dbus.Variant{
		itemInterface + ".Label":      dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", account(it.Name), it.Service)),
		itemInterface + ".Attributes": dbus.MakeVariant(attributes(it)),
	}
	var created, prompt dbus.ObjectPath
	const replace = true
	err = s.ask(ctx, p, s.call(home, collectionInterface+".CreateItem", properties, secret, replace), &created, &prompt)
	if isError(err, secretError+"IsLocked") {
		return s.leaveLocked([]dbus.ObjectPath{home})
	}
	if err != nil {
		return err
	}
	return s.leave(write{"set", it, noObject}, prompt)
}

// Delete removes an item from all places where it is. It asks as Set does.
func (o *Operation) Delete(ctx context.Context, it backend.Item) error {
	deleted := false
	return o.try(ctx, func(s *service) error {
		objects, err := o.search(ctx, it)
		if errors.Is(err, backend.ErrNotFound) && (deleted || s.done.deletes(it)) { // by a service that has left since, or after a prompt
			s.done = write{}
			return nil
		}
		if err != nil {
			return err
		}
		for _, object := range objects {
			if s.isDone(write{"delete", it, object}) { // without effect
				continue
			}
			var prompt dbus.ObjectPath
			deleted = true
			err := s.ask(ctx, &o.patience, s.call(object, itemInterface+".Delete"), &prompt)
			if isError(err, secretError+"IsLocked") {
				return s.leaveLocked([]dbus.ObjectPath{object})
			}
			if err == nil {
				err = s.leave(write{"delete", it, object}, prompt)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Prepare asks a person to unlock what the last call found locked, or to answer
// the prompt that it left. An operation that has made no call yet needs
// nothing: it will find out what it needs.
func (o *Operation) Prepare(ctx context.Context, _ backend.Need) error {
	return o.try(ctx, func(s *service) error {
		if s.prompt == noObject && len(s.locked) == 0 {
			return nil
		}
		release, err := o.askAlone(ctx)
		if err != nil {
			return err
		}
		defer release()
		if s.prompt != noObject {
			return o.finish(ctx)
		}
		if err := o.unlock(ctx); err != nil {
			return err
		}
		s.locked, s.collections = nil, nil // KeePassXC has other objects now
		return nil
	})
}

// unlock asks a person to unlock those of the collections and items in locked
// that are still locked.
func (o *Operation) unlock(ctx context.Context) error {
	s, p := o.service, &o.patience
	locked, err := s.stillLocked(ctx, p)
	switch {
	case err != nil || len(locked) == 0:
		return err
	case o.keyring.opts.NoPrompt:
		return errMayNotAsk
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = s.ask(ctx, p, s.call(secretsPath, serviceInterface+".Unlock", locked), &unlocked, &prompt)
	if err == nil && prompt != noObject {
		err = s.show(ctx, p, o.keyring.opts.Timeout, prompt)
	}
	if err != nil {
		return err
	}
	locked, err = s.stillLocked(ctx, p)
	if err == nil && len(locked) > 0 {
		err = fmt.Errorf("%w: it could not be unlocked", backend.ErrLocked)
	}
	return err
}

// askAlone waits until no other operation of this process asks a person,
// because one answer may be enough for all of them.
func (o *Operation) askAlone(ctx context.Context) (release func(), err error) {
	began := time.Now()
	select {
	case o.keyring.asking <- struct{}{}:
		return func() { <-o.keyring.asking }, nil
	case <-ctx.Done():
		return nil, unanswered(ctx, time.Since(began))
	}
}

// search returns the objects of an item, which are in unlocked collections. It
// returns backend.ErrUnprepared if a person must first unlock a collection that
// has the item, or that may have it.
func (o *Operation) search(ctx context.Context, it backend.Item) ([]dbus.ObjectPath, error) {
	s, p := o.service, &o.patience
	f, err := s.search(ctx, p, it)
	switch {
	case err != nil:
		return nil, err
	case len(f.closed) > 0: // even if there are other copies: they may be outdated
		return nil, s.leaveLocked(f.closed)
	case len(f.objects) > 0:
		return f.objects, nil
	case len(f.locked) == 0:
		return nil, backend.ErrNotFound
	}
	home, err := s.home(ctx, p)
	switch {
	case err != nil && !errors.Is(err, errNoDefault):
		return nil, err
	case slices.Contains(f.locked, home):
		return nil, s.leaveLocked([]dbus.ObjectPath{home})
	case !o.keyring.listed(it): // do not ask for keyrings that have nothing of ours
		return nil, backend.ErrNotFound
	}
	silent, err := s.silent(ctx, p, f.locked)
	switch {
	case err != nil:
		return nil, err
	case len(silent) > 0:
		return nil, s.leaveLocked(silent)
	}
	return nil, backend.ErrNotFound
}

// try runs f in a conversation, and in a new one when the service leaves the
// bus. It wraps the error in a kind.
func (o *Operation) try(ctx context.Context, f func(*service) error) (err error) {
	for range attempts {
		err = o.converse(ctx)
		if err == nil {
			err = f(o.service)
		}
		if !outdated(err) {
			break
		}
		o.left = o.service == nil || !o.service.reused
		o.hangUp()
	}
	return o.explain(ctx, err)
}

// Absent reports whether there is no keyring. It starts the keyring's service
// if the bus can.
func (o *Operation) Absent(ctx context.Context) (bool, error) {
	err := o.try(ctx, func(*service) error { return nil })
	switch {
	case errors.Is(err, errNoService), errors.Is(err, errNoKeyring):
		return true, nil
	case errors.Is(err, backend.ErrUnavailable):
		return false, err
	}
	return false, nil
}

// outdated reports whether err may be caused by a service, or an item, that no
// longer exists.
func outdated(err error) bool {
	if errors.Is(err, errGone) {
		return true
	}
	for _, name := range []string{secretError + "NoSession", secretError + "NoSuchObject", busError + "UnknownObject", busError + "UnknownMethod"} {
		if isError(err, name) {
			return true
		}
	}
	return false
}

// explain wraps err in a kind, unless it has one.
func (o *Operation) explain(ctx context.Context, err error) error {
	for _, kind := range []error{nil, backend.ErrNotFound, backend.ErrLocked, backend.ErrUnavailable, backend.ErrRefused} {
		if errors.Is(err, kind) {
			return err
		}
	}
	switch {
	case errors.Is(err, errSilent):
		return o.keyring.noAnswer(ctx, &o.patience)
	case isError(err, busError+"AccessDenied"):
		return fmt.Errorf("%w: %w", backend.ErrRefused, err)
	}
	return fmt.Errorf("%w: %w", backend.ErrUnavailable, err)
}

// attributes returns the attributes that identify an item.
func attributes(it backend.Item) map[string]string {
	return map[string]string{"service": it.Service, "username": account(it.Name)}
}

// listed reports whether the index has the item.
func (k *Keyring) listed(it backend.Item) bool { return k.opts.Listed != nil && k.opts.Listed(it) }
