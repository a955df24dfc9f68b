package provider

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/keystore"
)

// Keys are the long-term keys at rest. KeyID and Get wrap keystore.ErrNotFound
// if there is no key of that name. All may be called at once.
type Keys interface {
	// List returns the names in the keystore's index, each with whether the key
	// is there for certain. It reads no key. A keystore that cannot be opened has
	// none.
	List(ctx context.Context) map[string]bool
	// KeyID returns the access key id alone, without reading the secret where
	// that can be helped.
	KeyID(ctx context.Context, name string) (string, error)
	// Get returns the key.
	Get(ctx context.Context, name string) (aws.Credentials, error)
}

// Find returns what Decide does with the keys of a keystore. It reads a key only
// where the keystore's index leaves open which way is taken: a read that finds
// nothing takes as long as one that does.
func Find(ctx context.Context, p *profile.Profile, env func(string) string, keys Keys, f Flags) (*Plan, error) {
	if kind, err := ofEnvironment(env, f); kind != "" || err != nil { // without opening the keystore
		plan := &Plan{Kind: kind, Profile: p, fromEnvironment: true}
		return plan, cmp.Or(err, checkMFA(plan))
	}
	listed, stored := keys.List(ctx), Stored{}
	for name := range listed {
		stored[name] = nil
	}
	asked := map[string]bool{}
	for {
		plan, err := Decide(p, env, stored, f)
		name, open := openIn(plan, err)
		if !open || listed[name] || asked[name] {
			if err == nil {
				err = checkMFA(plan)
			}
			if err != nil {
				return nil, err
			}
			return plan, nil
		}
		asked[name] = true
		_, keyErr := keys.KeyID(ctx, name)
		if _, doubtful := listed[name]; !doubtful || errors.Is(keyErr, keystore.ErrNotFound) {
			stored[name] = keyErr
		}
	}
}

// openIn returns the name of the key that a decision depends on; ok is false if
// it depends on none.
func openIn(plan *Plan, err error) (name string, ok bool) {
	if missing, ok := errors.AsType[*profile.NotFoundError](err); ok {
		return missing.Name, true
	}
	for plan != nil && plan.From != nil {
		plan = plan.From
	}
	if err != nil || plan == nil || plan.Kind != StoredKey {
		return "", false
	}
	return plan.Profile.Name, true
}
