package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/custody"
)

// Mover moves keys. All members are required, Owner only if keys are verified.
type Mover struct {
	*Planner
	Custody Custody
	Editor  Editor
	Owner   Owner

	// Tell is called for what has happened, when it has.
	Tell func(Event)
}

// Move moves one key after the other and returns how many could not be moved;
// each of them was told. The error is for what ended the move of all keys.
func (m *Mover) Move(ctx context.Context, plans []Plan) (failed int, err error) {
	fail := func(p Plan, err error) {
		failed++
		m.Tell(&Error{p.key.Profile, err})
	}
	ready, release, err := m.lock(ctx, plans, fail)
	if err != nil {
		return failed, err
	}
	defer release()
	links := awsfiles.HardLinks(m.Files)
	var moved []Key
	for _, p := range ready {
		if err := m.move(ctx, p); err != nil {
			fail(p, err)
		} else {
			moved = append(moved, p.key)
		}
		if ctx.Err() != nil {
			return failed, context.Cause(ctx)
		}
	}
	m.warn(moved, links)
	return failed, nil
}

// lock takes the locks of the keys that are to be moved, those of names and then
// those of ids, each in their order. It returns the plans of the keys that no
// other awsexec is changing, and calls fail for the others.
func (m *Mover) lock(ctx context.Context, plans []Plan, fail func(Plan, error)) (ready []Plan, release func(), err error) {
	var held []func()
	release = func() {
		for _, r := range slices.Backward(held) {
			r()
		}
	}
	ready = slices.Clone(plans)
	for _, lock := range []struct {
		take func(context.Context, string) (func(), error)
		of   func(Plan) string
	}{
		{m.Custody.LockKey, func(p Plan) string { return p.key.Profile }},
		{m.Custody.LockKeyID, func(p Plan) string { return p.key.Credentials().AccessKeyID }},
	} {
		slices.SortStableFunc(ready, func(p, q Plan) int { return strings.Compare(lock.of(p), lock.of(q)) })
		var taken []Plan
		for _, p := range ready {
			if n := len(taken); n > 0 && lock.of(taken[n-1]) == lock.of(p) { // two profiles with one key
				taken = append(taken, p)
				continue
			}
			r, err := lock.take(ctx, lock.of(p))
			switch {
			case errors.Is(err, custody.ErrBusy):
				fail(p, custody.ErrBusy)
			case err != nil:
				release()
				return nil, nil, err
			default:
				held = append(held, r)
				taken = append(taken, p)
			}
		}
		ready = taken
	}
	isReady := func(p Plan) bool {
		return slices.ContainsFunc(ready, func(q Plan) bool { return p.key.Profile == q.key.Profile })
	}
	return slices.DeleteFunc(slices.Clone(plans), func(p Plan) bool { return !isReady(p) }), release, nil
}

// move stores a key and takes it out of the files. Wherever it is interrupted,
// the key is in the files or in the keystore, SDKs get credentials from the
// profile, and another run goes on from there: it finds the key in the
// credentials file, which is therefore edited last.
func (m *Mover) move(ctx context.Context, p Plan) error {
	there, err := m.compare(ctx, p.key) // again, since time has passed
	if err != nil {
		return err
	}
	if !there.same {
		if err := m.store(ctx, p, there.old); err != nil {
			return err
		}
	}
	for _, e := range p.edits {
		if _, err := m.Editor.Edit(ctx, e.path, e.apply); err != nil {
			return fmt.Errorf("it is stored, and still in plaintext: %w", err)
		}
	}
	m.Tell(Moved{p.key})
	return nil
}

// store puts the key of p into the keystore, in place of the key with the id old.
func (m *Mover) store(ctx context.Context, p Plan, old string) error {
	key := p.key.Credentials()
	if err := m.Custody.CheckRetiring(ctx, p.key.Profile, key.AccessKeyID); err != nil {
		return err
	}
	if p.key.Foreign {
		m.Tell(&ForeignError{p.key.Profile, p.key.Service})
	} else if !m.NoVerify {
		owner, err := m.Owner(ctx, p.profile, key)
		if err != nil {
			return &custody.UnverifiedError{Err: err}
		}
		m.Tell(Verified{key.AccessKeyID, owner})
	}
	remains, err := m.Custody.Put(ctx, p.key.Profile, key, old)
	if err != nil {
		return err
	}
	if remains.Unknown || len(remains.KeyIDs) > 0 {
		m.Tell(Abandoned{remains})
	}
	return nil
}

// warn tells where keys that were moved are still in plaintext. Links are the
// files that had other names before.
func (m *Mover) warn(moved []Key, links []awsfiles.HardLink) {
	for _, l := range links {
		if slices.ContainsFunc(m.Editor.Backups(), func(b awsfiles.Backup) bool { return b.Of == l.Path }) {
			m.Tell(&LinkedError{l})
		}
	}
	for _, k := range moved {
		for _, path := range awsfiles.PlaintextCopies(m.Files, k.Credentials().SecretAccessKey) {
			m.Tell(&CopiedError{k.Profile, path, path == m.Files.Config || path == m.Files.Credentials})
		}
	}
}
