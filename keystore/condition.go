package keystore

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/keyring"
)

// Condition is the state of a store, as far as it is known without reading from
// it.
type Condition string

const (
	ConditionOpen    Condition = "unlocked" // no person is needed to read
	ConditionLocked  Condition = "locked"   // a keyring that a person must unlock, or a file that takes a passphrase or a person with an identity
	ConditionReady   Condition = "ready"    // a file that an identity opens which needs nobody
	ConditionAbsent  Condition = "absent"   // no keyring service, or no file yet
	ConditionSilent  Condition = "silent"   // a keyring that does not answer in time
	ConditionUnknown Condition = "unknown"  // this system cannot report the state
)

// conditions maps the conditions of a keyring.
var conditions = map[keyring.Condition]Condition{
	keyring.Open:    ConditionOpen,
	keyring.Locked:  ConditionLocked,
	keyring.Absent:  ConditionAbsent,
	keyring.Silent:  ConditionSilent,
	keyring.Unknown: ConditionUnknown,
}

// Condition looks at the store without reading from it, unlocking it or showing
// a dialog. It waits for a keyring no longer than Options.Timeout.
func (s *Store) Condition(ctx context.Context) Condition {
	c, _ := s.Look(ctx)
	return c
}

// Sight is a key that is seen in a keyring without reading it. A desktop may
// have several keyrings, and several of them a key of the same name.
type Sight struct {
	Name    string // of the key
	Keyring string // the name of the keyring that has it
	Locked  bool   // a person must unlock it or agree
}

// Look is Condition that also returns where the keys in the index are. Only a
// Secret Service shows that.
func (s *Store) Look(ctx context.Context) (Condition, []Sight) {
	v, err := s.settle(ctx)
	switch {
	case errors.Is(err, ErrUnavailable):
		return ConditionSilent, nil
	case err != nil:
		return ConditionUnknown, nil
	}
	switch {
	case v.file != nil && !FileExists(Options{Dir: s.dir}):
		return ConditionAbsent, nil
	case v.file != nil && v.file.Unlocked():
		return ConditionOpen, nil
	case v.file != nil && v.file.Ready():
		return ConditionReady, nil
	case v.file != nil:
		return ConditionLocked, nil
	case v.keyring == nil: // a helper, which has no way to say
		return ConditionUnknown, nil
	}
	var items []backend.Item
	if f, _, err := v.index.Load(); err == nil {
		for _, name := range slices.Sorted(maps.Keys(f.Keys)) {
			items = append(items, keyitem.OfKey(name))
		}
	}
	condition, seen := v.keyring.Look(ctx, items...)
	var sights []Sight
	for _, s := range seen {
		sights = append(sights, Sight{Name: s.Item.Name, Keyring: s.Keyring, Locked: s.Locked})
	}
	return conditions[condition], sights
}
