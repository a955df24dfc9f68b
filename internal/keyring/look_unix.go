//go:build unix && !darwin

package keyring

import (
	"context"
	"errors"
	"path"

	"github.com/godbus/dbus/v5"

	"github.com/awsexec/awsexec/internal/backend"
)

// Look returns the state of the keyring, and where these items are, without
// starting its service, unlocking it or showing a dialog.
func (k *Keyring) Look(ctx context.Context, items ...backend.Item) (Condition, []Sight) {
	p := k.newPatience()
	s, err := connect(ctx, &p, k.opts.Env, false, false)
	var sights []Sight
	locked := false
	if err == nil {
		defer s.close()
		sights, locked, err = s.look(ctx, &p, items)
	}
	if errors.Is(err, errSilent) && ctx.Err() == nil {
		k.noteSilence()
	}
	_, answered := errors.AsType[dbus.Error](err)
	switch {
	case errors.Is(err, errNoService), errors.Is(err, errNoKeyring):
		return Absent, nil
	case answered:
		return Unknown, nil
	case err != nil:
		return Silent, nil
	case locked:
		return Locked, sights
	}
	return Open, sights
}

// look returns where items are, and whether using them needs a person: to unlock
// a collection that has one or may have it, or to agree.
func (s *service) look(ctx context.Context, p *patience, items []backend.Item) (sights []Sight, locked bool, err error) {
	seen := 0
	for _, it := range items {
		f, err := s.search(ctx, p, it)
		if err != nil {
			return nil, false, err
		}
		for _, object := range f.objects {
			sight := Sight{Item: it}
			if sight.Locked, err = s.isLocked(ctx, p, object); err != nil {
				return nil, false, err
			}
			if sight.Keyring, err = s.label(ctx, p, collectionOf(object)); err != nil {
				return nil, false, err
			}
			sights = append(sights, sight)
			locked = locked || sight.Locked
		}
		seen += min(1, len(f.objects))
	}
	if locked || len(items) > 0 && seen == len(items) {
		return sights, locked, nil
	}
	home, err := s.home(ctx, p)
	if errors.Is(err, errNoDefault) {
		return sights, false, nil
	}
	if err == nil {
		locked, err = s.isLocked(ctx, p, home)
	}
	return sights, locked, err
}

// label returns the name that a collection has for people.
func (s *service) label(ctx context.Context, p *patience, collection dbus.ObjectPath) (label string, err error) {
	if err := s.property(ctx, p, collection, collectionInterface, "Label", &label); isSilence(err) {
		return "", err
	}
	if label == "" { // it need not have one
		label = path.Base(string(collection))
	}
	return label, nil
}
