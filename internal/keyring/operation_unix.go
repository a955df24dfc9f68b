//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/awsexec/awsexec/internal/backend"
)

// Operation works on items of the Secret Service in the form that go-keyring
// writes: with the attributes service and username. It is one conversation,
// which starts with the first call, and starts again, a few times, when the
// service leaves the bus.
type Operation struct {
	keyring  *Keyring
	patience patience
	service  *service // nil while there is no conversation
	left     bool     // the service has left during this operation
}

// attempts is how often a call is made if the service keeps leaving the bus.
const attempts = 3

func account(name string) string { return name }

// Begin begins an operation. It does not connect yet.
func (k *Keyring) Begin() (backend.Operation, func()) {
	o := k.operation()
	return o, o.hangUp
}

func (k *Keyring) operation() *Operation {
	return &Operation{keyring: k, patience: k.newPatience()}
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
		found, err := o.search(ctx, it)
		if err != nil {
			return err
		}
		session, err := s.sessionPath(ctx, &o.patience)
		if err != nil {
			return err
		}
		var got ss.Secret
		err = s.ask(ctx, &o.patience, s.call(found[0], itemInterface+".GetSecret", session), &got)
		if isError(err, secretError+"IsLocked") {
			s.locked = found[0]
			return backend.ErrUnprepared
		}
		secret = got.Value
		return err
	})
	return secret, err
}

// Set stores an item. If the service first asks a person, Set returns
// backend.ErrUnprepared, and Prepare asks.
func (o *Operation) Set(ctx context.Context, it backend.Item, secret []byte) error {
	return o.try(ctx, func(s *service) error {
		if s.isDone(write{"set", it}) {
			return nil
		}
		session, err := s.sessionPath(ctx, &o.patience)
		if err != nil {
			return err
		}
		properties := map[string]dbus.Variant{
			itemInterface + ".Label":      dbus.MakeVariant(fmt.Sprintf("Password for '%s' on '%s'", account(it.Name), it.Service)),
			itemInterface + ".Attributes": dbus.MakeVariant(attributes(it)),
		}
		var created, prompt dbus.ObjectPath
		const replace = true
		call := s.call(s.collection, collectionInterface+".CreateItem", properties, ss.NewSecret(session, string(secret)), replace)
		if err := s.ask(ctx, &o.patience, call, &created, &prompt); err != nil {
			return ifLocked(err)
		}
		return s.leave(write{"set", it}, prompt)
	})
}

// Delete removes an item. It asks as Set does.
func (o *Operation) Delete(ctx context.Context, it backend.Item) error {
	deleted := false
	return o.try(ctx, func(s *service) error {
		if s.isDone(write{"delete", it}) {
			return nil
		}
		found, err := o.search(ctx, it)
		if deleted && errors.Is(err, backend.ErrNotFound) { // deleted by a service that has left since
			return nil
		}
		if err != nil {
			return err
		}
		for _, path := range found {
			var prompt dbus.ObjectPath
			deleted = true
			err := s.ask(ctx, &o.patience, s.call(path, itemInterface+".Delete"), &prompt)
			if err == nil {
				err = s.leave(write{"delete", it}, prompt)
			}
			if err != nil {
				return ifLocked(err)
			}
		}
		return nil
	})
}

// Prepare asks a person to unlock what the operation needs, or to answer the
// prompt that its last call left.
func (o *Operation) Prepare(ctx context.Context, _ backend.Need) error {
	return o.try(ctx, func(s *service) error {
		release, err := o.askAlone(ctx)
		if err != nil {
			return err
		}
		defer release()
		if s.prompt != noObject {
			if o.keyring.opts.NoPrompt {
				return errMayNotAsk
			}
			return s.finish(ctx, &o.patience, o.keyring.opts.Timeout)
		}
		err = o.unlock(ctx, s.collection, collectionInterface)
		if err == nil && s.locked != noObject {
			err = o.unlock(ctx, s.locked, itemInterface)
		}
		if err == nil {
			s.locked = noObject
		}
		return err
	})
}

// unlock asks a person to unlock a collection or an item, if it is locked.
func (o *Operation) unlock(ctx context.Context, object dbus.ObjectPath, interfaceName string) error {
	s, p := o.service, &o.patience
	locked, err := s.isLocked(ctx, p, object, interfaceName)
	switch {
	case err != nil || !locked:
		return err
	case o.keyring.opts.NoPrompt:
		return errMayNotAsk
	}
	var unlocked []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err = s.ask(ctx, p, s.call(secretsPath, serviceInterface+".Unlock", []dbus.ObjectPath{object}), &unlocked, &prompt)
	if err == nil && prompt != noObject {
		err = s.show(ctx, p, o.keyring.opts.Timeout, prompt)
	}
	if err != nil {
		return err
	}
	locked, err = s.isLocked(ctx, p, object, interfaceName)
	if err == nil && locked {
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

// search returns the objects of an item. A locked collection may not know its
// items.
func (o *Operation) search(ctx context.Context, it backend.Item) (found []dbus.ObjectPath, err error) {
	s, p := o.service, &o.patience
	err = s.ask(ctx, p, s.call(s.collection, collectionInterface+".SearchItems", attributes(it)), &found)
	if err != nil || len(found) > 0 {
		return found, ifLocked(err)
	}
	locked, err := s.isLocked(ctx, p, s.collection, collectionInterface)
	switch {
	case err != nil:
		return nil, err
	case locked:
		return nil, backend.ErrUnprepared
	}
	return nil, backend.ErrNotFound
}

// try runs f in a conversation, and in a new one when the service leaves the
// bus. It wraps the error in a kind.
func (o *Operation) try(ctx context.Context, f func(*service) error) (err error) {
	for range attempts {
		err = nil
		if o.service == nil {
			o.service, err = connect(ctx, &o.patience, o.keyring.opts.Env, true, o.left)
		}
		if err == nil {
			err = f(o.service)
		}
		if !outdated(err) {
			break
		}
		o.left = true
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

// Condition returns the state of the keyring without starting its service,
// unlocking it or showing a dialog.
func (k *Keyring) Condition(ctx context.Context) Condition {
	p := k.newPatience()
	s, err := connect(ctx, &p, k.opts.Env, false, false)
	locked := false
	if err == nil {
		defer s.close()
		locked, err = s.isLocked(ctx, &p, s.collection, collectionInterface)
	}
	if errors.Is(err, errSilent) && ctx.Err() == nil {
		k.noteSilence()
	}
	_, answered := errors.AsType[dbus.Error](err)
	switch {
	case errors.Is(err, errNoService), errors.Is(err, errNoKeyring):
		return Absent
	case answered:
		return Unknown
	case err != nil:
		return Silent
	case locked:
		return Locked
	}
	return Open
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

// ifLocked returns err, or backend.ErrUnprepared if the service reports that
// something is locked.
func ifLocked(err error) error {
	if isError(err, secretError+"IsLocked") {
		return backend.ErrUnprepared
	}
	return err
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
