package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/keystore"
)

// lostWithin is how far apart the beginning of a rotation, by the clock of this machine, and the making of its key, by that of AWS, can be.
const lostWithin = 15 * time.Minute

// room sees to it that the user has one key fewer than IAM allows.
func (r *rotation) room(ctx context.Context) error {
	iam, err := r.iam(ctx)
	if err != nil {
		return err
	}
	done := r.ui.Waiting("for AWS IAM")
	list, err := iam.AccessKeys(ctx)
	done()
	if err != nil {
		return err
	}
	r.before = nil
	for _, key := range list {
		lost := r.begun && !slices.Contains(r.journal.Before, key.ID) && key.Created.Sub(r.journal.Began).Abs() < lostWithin
		if key.ID != r.journal.Old.AccessKeyID && (lost || len(list) >= awsapi.MaxAccessKeys) {
			if err := r.offerToDelete(ctx, iam, key, lost); err != nil {
				return err
			}
			continue
		}
		r.before = append(r.before, key.ID)
	}
	return nil
}

// offerToDelete has a key deleted that is in the way. Lost says that it was made by an earlier run, or at least after that had begun.
// Nobody knows that it is not in use somewhere: a person is asked, and --yes is enough only for a lost key that was never used.
func (r *rotation) offerToDelete(ctx context.Context, iam *awsapi.IAM, key awsapi.AccessKey, lost bool) error {
	taken := keyInTheWay{key: key, lost: lost}
	if err := r.unstored(ctx, taken); err != nil {
		return err
	}
	use, err := iam.AccessKeyLastUsed(ctx, key.ID)
	taken.use, taken.useKnown = use, err == nil
	if err != nil {
		r.ui.Debug("%v", err)
	}
	neverUsed := err == nil && use == awsapi.KeyUse{}
	if r.yes && !(lost && neverUsed) {
		return taken
	}
	if !r.yes {
		r.ui.note("%v", taken)
		if err := r.confirm(ctx, fmt.Sprintf("delete key %s at AWS?", key.ID), ""); err != nil {
			return fmt.Errorf("%w: %w", taken, err)
		}
	}
	release, err := r.lockKeyID(ctx, key.ID)
	if err != nil {
		return err
	}
	defer release()
	if err := r.unstored(ctx, taken); err != nil { // since the question was asked
		return err
	}
	if err := iam.DeleteAccessKey(ctx, key.ID); err != nil && !isCode(err, "NoSuchEntity") {
		return err
	}
	r.ui.note("key %s is deleted at AWS", mask(key.ID))
	return nil
}

// unstored returns taken as an error if a keystore has it.
func (r *rotation) unstored(ctx context.Context, taken keyInTheWay) error {
	keys, err := r.session.Keys()
	if err != nil {
		return err
	}
	copies, err := keys.Copies(ctx, taken.key.ID)
	if err != nil {
		return err
	}
	if len(copies) == 0 {
		return nil
	}
	taken.storedAs = copies[0].Name
	if copies[0].Kind != keys.Kind() {
		taken.elsewhere = copies[0].Kind
	}
	return taken
}

// keyInTheWay is a key of the user beside the current one.
type keyInTheWay struct {
	key      awsapi.AccessKey
	lost     bool
	storedAs string

	elsewhere keystore.Kind // the other keystore, if that has it
	use       awsapi.KeyUse
	useKnown  bool
}

func (e keyInTheWay) Error() string {
	status := "active"
	if !e.key.Active {
		status = "switched off"
	}
	used := "never used"
	switch {
	case e.storedAs != "":
		used = fmt.Sprintf("stored as %q", e.storedAs)
	case !e.useKnown:
		used = "last use not known"
	case e.use != awsapi.KeyUse{}:
		used = fmt.Sprintf("last used on %s for %s in %s", e.use.Time.Local().Format(time.DateTime), e.use.Service, e.use.Region)
	}
	why := fmt.Sprintf("IAM lets a user have %d keys, and there is another one", awsapi.MaxAccessKeys)
	if e.lost {
		why = "a key was made at AWS after the rotation began, and its secret did not arrive here"
	}
	return fmt.Sprintf("%s: %s, made on %s, %s, %s", why, e.key.ID, e.key.Created.Local().Format(time.DateTime), status, used)
}
