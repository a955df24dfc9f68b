package keystore

import (
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/keyring"
)

// Condition is the state of a store, as far as it is known without reading from
// it.
type Condition string

const (
	ConditionOpen    Condition = "unlocked"
	ConditionLocked  Condition = "locked"  // a keyring that a person must unlock, or a file that takes a passphrase
	ConditionAbsent  Condition = "absent"  // no keyring service, or no file yet
	ConditionSilent  Condition = "silent"  // a keyring that does not answer in time
	ConditionUnknown Condition = "unknown" // this system cannot report the state
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
	v, err := s.settle(ctx)
	switch {
	case errors.Is(err, ErrUnavailable):
		return ConditionSilent
	case err != nil:
		return ConditionUnknown
	}
	switch {
	case v.file != nil && !FileExists(Options{Dir: s.dir}):
		return ConditionAbsent
	case v.file != nil && v.file.Unlocked():
		return ConditionOpen
	case v.file != nil:
		return ConditionLocked
	}
	return conditions[v.keyring.Condition(ctx)]
}
