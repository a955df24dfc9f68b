package migrate

import (
	"cmp"
	"context"
	"errors"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// Planner knows what is in the files and in the keystore. All members but the
// last two are required.
type Planner struct {
	Config *profile.Config
	Files  profile.Files // that Config was read from
	Self   string        // path of this program
	Keys   Keys

	// Command returns the credential_process of the profile called name, whose key
	// may be a foreign one; see [Key].
	Command func(name string, foreign bool) string

	NoVerify bool // AWS is not asked whose keys these are
	Replace  bool // of other keys that are stored under the names
}

// Plan is a key that can be moved, and what that takes.
type Plan struct {
	key     Key
	profile *profile.Profile
	edits   []edit
}

// Plan returns what it takes to move keys, the changes of the files that result,
// and an error for each key that cannot be moved.
func (p *Planner) Plan(ctx context.Context, keys []Key) (plans []Plan, changes []Change, failed []*Error) {
	files := newContents(p.Files)
	for _, k := range keys {
		plan, err := p.plan(ctx, k, files)
		if err != nil {
			failed = append(failed, &Error{k.Profile, err})
			continue
		}
		plans = append(plans, plan)
	}
	return plans, files.changes(), failed
}

// plan returns what it takes to move k, and applies its edits to files.
func (p *Planner) plan(ctx context.Context, k Key, files *contents) (Plan, error) {
	if err := cmp.Or(k.Skip, k.Err); err != nil {
		return Plan{}, err
	}
	of, err := p.Config.Profile(k.Profile)
	if err != nil {
		return Plan{}, err
	}
	if _, err := p.compare(ctx, k); err != nil {
		return Plan{}, err
	}
	plan := Plan{key: k, profile: of, edits: p.edits(k)}
	return plan, files.apply(plan.edits)
}

// stored is what the keystore has under the name of a key.
type stored struct {
	same bool   // that very key
	old  string // id of the key to be replaced; "" if there is none
}

// compare returns what the keystore has under the name of k. The error is a
// [*TakenError] if that must not be replaced.
func (p *Planner) compare(ctx context.Context, k Key) (stored, error) {
	key := k.Credentials()
	there, err := p.Keys.KeyID(ctx, k.Profile)
	if err != nil {
		return stored{}, unlessNotFound(err)
	}
	if there == key.AccessKeyID {
		kept, err := p.Keys.Get(ctx, k.Profile)
		switch {
		case err != nil:
			return stored{}, unlessNotFound(err) // the index was out of date
		case kept.AccessKeyID == key.AccessKeyID && kept.SecretAccessKey == key.SecretAccessKey:
			return stored{same: true}, nil // from a run that was interrupted
		case !p.NoVerify && !k.Foreign:
			return stored{}, nil // AWS will show which secret is right
		}
	}
	if !p.Replace {
		return stored{}, &TakenError{k.Profile, there, k.Where()}
	}
	return stored{old: there}, nil
}

// unlessNotFound returns err, or nil if it says that there is no key.
func unlessNotFound(err error) error {
	if errors.Is(err, keystore.ErrNotFound) {
		return nil
	}
	return err
}
