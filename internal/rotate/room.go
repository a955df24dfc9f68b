package rotate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
)

// maxSkew is how far apart the beginning of a rotation, by the clock of this
// machine, and the creation of its key, by the clock of AWS, can be.
const maxSkew = 15 * time.Minute

// room makes room for one more key of the user at IAM, and returns the ids of the
// keys that the user has then.
func (r *run) room(ctx context.Context) (before []string, err error) {
	iam, err := r.iam(ctx)
	if err != nil {
		return nil, err
	}
	done := r.Person.Waiting(ForIAM)
	list, err := iam.AccessKeys(ctx)
	done()
	if err != nil {
		return nil, err
	}
	for _, key := range list {
		lost := r.begun && !slices.Contains(r.journal.Before, key.ID) && key.Created.Sub(r.journal.Began).Abs() < maxSkew
		if key.ID != r.journal.Old.AccessKeyID && (lost || len(list) >= awsapi.MaxAccessKeys) {
			if err := r.offerToDelete(ctx, iam, &KeyInTheWay{Key: key, Lost: lost}); err != nil {
				return nil, err
			}
			continue
		}
		before = append(before, key.ID)
	}
	return before, nil
}

// offerToDelete deletes a key that is in the way. It may be in use somewhere: so
// it asks a person first, and unattended it deletes nothing but a lost key that
// was never used.
func (r *run) offerToDelete(ctx context.Context, iam IAM, key *KeyInTheWay) error {
	if err := r.unstored(ctx, key); err != nil {
		return err
	}
	var err error
	key.Use, err = iam.AccessKeyLastUsed(ctx, key.Key.ID)
	key.UseKnown = err == nil
	if err != nil {
		r.Person.Debug(err)
	}
	neverUsed := key.UseKnown && key.Use == awsapi.KeyUse{}
	if r.Unattended && !(key.Lost && neverUsed) {
		return key
	}
	if !r.Unattended {
		if err := r.Person.Confirm(ctx, Delete{key}); err != nil {
			return fmt.Errorf("%w: %w", key, err)
		}
	}
	release, err := r.Locks.LockKeyID(ctx, key.Key.ID)
	if err != nil {
		return err
	}
	defer release()
	if err := r.unstored(ctx, key); err != nil { // again, since time has passed
		return err
	}
	if err := iam.DeleteAccessKey(ctx, key.Key.ID); err != nil && !isGone(err) {
		return err
	}
	r.Person.Tell(Deleted{key.Key.ID})
	return nil
}

// unstored returns key as an error if a keystore has it.
func (r *run) unstored(ctx context.Context, key *KeyInTheWay) error {
	copies, err := r.Keys.Copies(ctx, key.Key.ID)
	if err != nil || len(copies) == 0 {
		return err
	}
	key.StoredAs = copies[0].Name
	if copies[0].Kind != r.Keys.Kind() {
		key.Elsewhere = copies[0].Kind
	}
	return key
}
