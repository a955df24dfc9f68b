//go:build unix && !darwin

package keyring

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path"
	"slices"

	"github.com/godbus/dbus/v5"
	ss "github.com/zalando/go-keyring/secret_service"

	"github.com/awsexec/awsexec/internal/backend"
)

// A service has one or more collections, which its users know as keyrings,
// wallets or databases. Users make new ones, make another one the default, and
// move items. So items are looked for in all collections, changed where they
// are, and made in the default one.

// Collections that gnome-keyring has under these names.
const (
	collectionPath    = secretsPath + "/collection/"
	loginCollection   = collectionPath + "login"   // the keyring of the desktop session
	sessionCollection = collectionPath + "session" // in memory only
)

// findCollections finds the collections of the service.
//
// This property must be the first thing that gnome-keyring is asked for, and
// the answer must come before the next call: some versions register a new
// client only then, and abort when other calls come first.
func (s *service) findCollections(ctx context.Context, p *patience) error {
	if err := s.property(ctx, p, secretsPath, serviceInterface, "Collections", &s.collections); err != nil {
		return err
	}
	if len(s.collections) == 0 || slices.Equal(s.collections, []dbus.ObjectPath{sessionCollection}) {
		return errNoKeyring
	}
	return nil
}

// home returns the collection that new items are made in: the user's default,
// or, if the user has none, the only one that it can be.
func (s *service) home(ctx context.Context, p *patience) (dbus.ObjectPath, error) {
	var home dbus.ObjectPath
	err := s.ask(ctx, p, s.call(secretsPath, serviceInterface+".ReadAlias", "default"), &home)
	if err != nil || home != noObject {
		return home, err
	}
	lasting := slices.DeleteFunc(slices.Clone(s.collections), func(c dbus.ObjectPath) bool { return c == sessionCollection })
	switch {
	case slices.Contains(lasting, loginCollection):
		return loginCollection, nil
	case len(lasting) == 1:
		return lasting[0], nil
	}
	return noObject, errNoDefault
}

// found is where an item is. If several collections have a copy, there are
// several objects.
type found struct {
	objects []dbus.ObjectPath
	closed  []dbus.ObjectPath // the locked collections with a copy
	locked  []dbus.ObjectPath // all locked collections, if there is no copy
}

// search looks for an item in all collections. A locked collection of KeePassXC
// does not know its items.
func (s *service) search(ctx context.Context, p *patience, it backend.Item) (f found, err error) {
	if s.collections == nil {
		if err := s.findCollections(ctx, p); err != nil {
			return f, err
		}
	}
	if !s.gnome {
		return s.searchEach(ctx, p, it)
	}
	// This is one call, and gnome-keyring serves one call at a time.
	var closed []dbus.ObjectPath
	if err := s.ask(ctx, p, s.call(secretsPath, serviceInterface+".SearchItems", attributes(it)), &f.objects, &closed); err != nil {
		return f, err
	}
	for _, object := range closed {
		f.objects = append(f.objects, object)
		if c := collectionOf(object); !slices.Contains(f.closed, c) {
			f.closed = append(f.closed, c)
		}
	}
	if len(f.objects) == 0 {
		f.locked, err = s.lockedOf(ctx, p, s.lockCalls())
	}
	return f, err
}

// searchEach is search with a call for each collection: when KeePassXC is asked
// for all at once, and all are locked, it shows a dialog.
func (s *service) searchEach(ctx context.Context, p *patience, it backend.Item) (f found, err error) {
	searches := make([]*dbus.Call, len(s.collections))
	for i, c := range s.collections { // all calls share a round trip
		searches[i] = s.call(c, collectionInterface+".SearchItems", attributes(it))
	}
	locks := s.lockCalls()
	for _, search := range searches {
		var objects []dbus.ObjectPath
		if err := s.ask(ctx, p, search, &objects); err != nil && !isError(err, secretError+"IsLocked") {
			return f, err
		}
		f.objects = append(f.objects, objects...)
	}
	if f.locked, err = s.lockedOf(ctx, p, locks); err != nil {
		return f, err
	}
	for _, c := range f.locked {
		if slices.ContainsFunc(f.objects, func(object dbus.ObjectPath) bool { return within(object, c) }) {
			f.closed = append(f.closed, c)
		}
	}
	return f, nil
}

// lockCalls asks for the state of each collection.
func (s *service) lockCalls() []*dbus.Call {
	calls := make([]*dbus.Call, len(s.collections))
	for i, c := range s.collections {
		calls[i] = s.get(c, collectionInterface, "Locked")
	}
	return calls
}

// lockedOf returns the collections that are locked, from the answers to
// lockCalls.
func (s *service) lockedOf(ctx context.Context, p *patience, calls []*dbus.Call) (locked []dbus.ObjectPath, err error) {
	for i, call := range calls {
		var is bool
		if err := s.ask(ctx, p, call, &is); err != nil {
			return nil, err
		}
		if is {
			locked = append(locked, s.collections[i])
		}
	}
	return locked, nil
}

// silent returns those of the locked collections that do not list their items.
func (s *service) silent(ctx context.Context, p *patience, locked []dbus.ObjectPath) (silent []dbus.ObjectPath, err error) {
	for _, c := range locked {
		var items []dbus.ObjectPath
		if err := s.property(ctx, p, c, collectionInterface, "Items", &items); err != nil && !isError(err, secretError+"IsLocked") {
			return nil, err
		}
		if len(items) == 0 {
			silent = append(silent, c)
		}
	}
	return silent, nil
}

// itemCopy is an item in one of the collections.
type itemCopy struct {
	object   dbus.ObjectPath
	secret   []byte
	modified uint64 // in Unix seconds; 0 if the service does not tell
}

// read reads the copies of an item. It returns those that are locked, by
// themselves, separately.
func (s *service) read(ctx context.Context, p *patience, session dbus.ObjectPath, objects []dbus.ObjectPath) (copies []itemCopy, locked []dbus.ObjectPath, err error) {
	secrets, times := make([]*dbus.Call, len(objects)), make([]*dbus.Call, len(objects))
	for i, object := range objects {
		secrets[i] = s.call(object, itemInterface+".GetSecret", session)
		if len(objects) > 1 {
			times[i] = s.get(object, itemInterface, "Modified")
		}
	}
	for i, object := range objects {
		c := itemCopy{object: object}
		var got ss.Secret
		err := s.ask(ctx, p, secrets[i], &got)
		c.secret = got.Value
		if times[i] != nil && err == nil {
			if err := s.ask(ctx, p, times[i], &c.modified); isSilence(err) {
				return nil, nil, err
			}
		}
		isLocked := isError(err, secretError+"IsLocked")
		if err == nil && len(c.secret) == 0 { // KWallet answers so where it is locked
			err = s.property(ctx, p, object, itemInterface, "Locked", &isLocked)
		}
		switch {
		case isLocked:
			locked = append(locked, object)
		case err != nil:
			return nil, nil, err
		default:
			copies = append(copies, c)
		}
	}
	return copies, locked, nil
}

// newest returns the copy that was written last. Of several that were written
// in the same second, it is the one in the user's default collection.
func newest(copies []itemCopy, home dbus.ObjectPath) itemCopy {
	elsewhere := func(c itemCopy) int {
		if within(c.object, home) {
			return 0
		}
		return 1
	}
	return slices.MinFunc(copies, func(a, b itemCopy) int {
		return cmp.Or(cmp.Compare(b.modified, a.modified), cmp.Compare(elsewhere(a), elsewhere(b)), cmp.Compare(a.object, b.object))
	})
}

// differ reports whether not all copies hold the same.
func differ(copies []itemCopy) bool {
	return slices.ContainsFunc(copies, func(c itemCopy) bool { return !bytes.Equal(c.secret, copies[0].secret) })
}

// collectionOf returns the collection that an item is in.
func collectionOf(object dbus.ObjectPath) dbus.ObjectPath {
	return dbus.ObjectPath(path.Dir(string(object)))
}

// within reports whether an item is in a collection.
func within(object, collection dbus.ObjectPath) bool {
	return collectionOf(object) == collection
}

// isSilence reports whether err ends the conversation.
func isSilence(err error) bool { return errors.Is(err, errSilent) || errors.Is(err, errGone) }

// isLocked reports whether a collection or an item is locked.
func (s *service) isLocked(ctx context.Context, p *patience, object dbus.ObjectPath) (locked bool, err error) {
	kind := collectionInterface
	for _, c := range s.collections {
		if within(object, c) {
			kind = itemInterface
		}
	}
	err = s.property(ctx, p, object, kind, "Locked", &locked)
	return locked, err
}
