package rotate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/keystore"
)

// run is one run of a rotation.
type run struct {
	*Rotation

	journal keystore.Rotation
	begun   bool            // the journal is in the keystore
	session aws.Credentials // made with MFA, once it was needed
}

// storeLimit bounds how long it may take to store a new key, for which a person
// may have to unlock the keystore.
const storeLimit = 2 * time.Minute

// start finds out what is left to do and does it.
func (r *run) start(ctx context.Context) error {
	current, err := r.current(ctx)
	if err != nil {
		return err
	}
	r.begun = r.journal.Old.AccessKeyID != ""
	adopted := r.begun && current.AccessKeyID == r.journal.New.AccessKeyID
	if r.begun && !adopted && current.AccessKeyID != r.journal.Old.AccessKeyID {
		// Another key was put there, by a process that was killed before it
		// could end the rotation.
		if err := r.Journals.EndRotation(ctx, r.Name); err != nil {
			return err
		}
		r.Person.Tell(Abandoned{RemainsOf(r.journal, current.AccessKeyID)})
		r.journal, r.begun = keystore.Rotation{}, false
	}
	if !r.begun {
		r.journal.Old = current
	}
	release, err := r.Locks.LockKeyID(ctx, r.journal.Old.AccessKeyID)
	if err != nil {
		return err
	}
	defer release()
	if err := r.uncopied(ctx); err != nil {
		return err
	}
	if !r.begun {
		return r.begin(ctx)
	}
	r.Person.Tell(Resumed{r.journal.Began})
	switch {
	case adopted:
		return r.readopt(ctx)
	case r.journal.New.AccessKeyID == "":
		return r.recreate(ctx)
	default:
		return r.adopt(ctx)
	}
}

// current reads the key and its journal, if there is one, and returns the key.
func (r *run) current(ctx context.Context) (aws.Credentials, error) {
	defer r.Person.Waiting(ForKeystore)()
	current, err := r.Keys.Get(ctx, r.Name)
	if err == nil {
		r.journal, err = Unfinished(ctx, r.Journals, r.Name)
		if errors.Is(err, keystore.ErrCorrupt) { // the key itself works, and a new journal replaces this one
			r.Person.Debug(err)
			r.Person.Tell(Abandoned{Remains{Unknown: true}})
			err = nil
		}
	}
	return current, err
}

// begin asks whether to rotate, and whether IAM has room for one more key.
func (r *run) begin(ctx context.Context) error {
	done := r.Person.Waiting(ForSTS)
	who, err := r.AWS.WhoAmI(ctx, r.journal.Old)
	done()
	if err != nil {
		return err
	}
	if !r.Unattended {
		if err := r.Person.Confirm(ctx, Replace{r.journal.Old.AccessKeyID, who.ARN}); err != nil {
			return err
		}
	}
	before, err := r.room(ctx)
	if err != nil {
		return err
	}
	err = r.create(ctx, before)
	if refused(err) && r.journal.New.AccessKeyID == "" {
		return r.giveUp(ctx, err)
	}
	return err
}

// recreate goes on after a run that did not learn whether IAM made the key. If
// IAM did, the secret is lost.
func (r *run) recreate(ctx context.Context) error {
	before, err := r.room(ctx)
	if err != nil {
		return err
	}
	return r.create(ctx, before) // IAM may refuse it because of the lost key, so the journal stays
}

// create has IAM make the key, for a user who has the keys before. Until it is
// stored, nothing but SIGKILL stops awsexec: IAM tells a secret only once.
func (r *run) create(ctx context.Context, before []string) error {
	r.journal.Before, r.journal.Began = before, r.Now().UTC().Truncate(time.Second)
	if err := r.write(ctx); err != nil {
		return err
	}
	iam, err := r.iam(ctx)
	if err != nil {
		return err
	}
	shielded, release := interrupt.Shield(ctx)
	defer release()
	inTime, cancel := context.WithTimeout(shielded, storeLimit)
	defer cancel()
	done := r.Person.Waiting(ForIAM)
	made, err := iam.CreateAccessKey(inTime)
	done()
	if err != nil {
		return err
	}
	r.journal.New = made
	if err := r.write(inTime); err != nil {
		return r.takeBack(inTime, iam, err)
	}
	release()
	r.Person.Tell(Made{made.AccessKeyID})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.adopt(ctx)
}

// write puts the journal into the keystore.
func (r *run) write(ctx context.Context) error {
	defer r.Person.Waiting(ForKeystore)()
	err := r.Journals.PutRotation(ctx, r.Name, r.journal)
	r.begun = r.begun || err == nil
	return err
}

// takeBack deletes the new key at AWS, which cannot be used because of reason.
func (r *run) takeBack(ctx context.Context, iam IAM, reason error) error {
	id := r.journal.New.AccessKeyID
	if copies, err := r.Keys.Copies(ctx, id); err == nil && len(copies) > 0 {
		return fmt.Errorf("the new key %s is not deleted, since it is stored as %q: %w", id, copies[0].Name, reason)
	}
	if err := iam.DeleteAccessKey(ctx, id); err != nil && !isGone(err) {
		return fmt.Errorf("the new key %s cannot be used, and is still at AWS: %w: %w", id, reason, err)
	}
	return r.giveUp(ctx, fmt.Errorf("the new key was deleted again: %w", reason))
}

// giveUp ends the rotation because of reason. The old key stays.
func (r *run) giveUp(ctx context.Context, reason error) error {
	if err := r.Journals.EndRotation(ctx, r.Name); err != nil {
		return fmt.Errorf("%w; %w", reason, err)
	}
	r.begun = false
	return reason
}

// adopt waits until AWS knows the new key, and makes it current.
func (r *run) adopt(ctx context.Context) error {
	err := r.works(ctx, acceptTimes)
	if errors.Is(err, ErrUnknownKey) {
		return r.notKnown(ctx, err)
	}
	if err != nil {
		return err
	}
	done := r.Person.Waiting(ForKeystore)
	err = r.Keys.Replace(ctx, r.Name, r.journal.Old.AccessKeyID, r.journal.New)
	done()
	if errors.Is(err, keystore.ErrChanged) || errors.Is(err, keystore.ErrNotFound) {
		iam := r.AWS.IAM(r.journal.New) // the one that is current may be another user's
		if r.session.AccessKeyID != "" {
			iam = r.AWS.IAM(r.session)
		}
		return r.takeBack(ctx, iam, err)
	}
	if err != nil {
		return err
	}
	r.Person.Tell(Adopted{r.journal.New.AccessKeyID})
	return r.retire(ctx)
}

// notKnown ends or suspends a rotation whose new key AWS does not know.
func (r *run) notKnown(ctx context.Context, err error) error {
	id := r.journal.New.AccessKeyID
	iam, iamErr := r.iam(ctx)
	if iamErr != nil {
		return fmt.Errorf("%w; %w", err, iamErr)
	}
	list, listErr := iam.AccessKeys(ctx)
	if isUnknown(listErr) {
		return fmt.Errorf("%w: %w: %w", ErrNeitherWorks, err, listErr)
	}
	if listErr != nil {
		return fmt.Errorf("%w; %w", err, listErr)
	}
	at := slices.IndexFunc(list, func(k awsapi.AccessKey) bool { return k.ID == id })
	switch {
	case at < 0:
		return r.giveUp(ctx, fmt.Errorf("the new key %s is no longer at AWS", id))
	case !list[at].Active:
		return &InactiveError{id}
	default:
		return err
	}
}

// readopt goes on after a run that made the new key current. If AWS no longer
// knows that, the old key becomes current again.
func (r *run) readopt(ctx context.Context) error {
	err := r.works(ctx, 1)
	if err == nil {
		return r.retire(ctx)
	}
	if !errors.Is(err, ErrUnknownKey) {
		return err
	}
	if _, oldErr := r.AWS.WhoAmI(ctx, r.journal.Old); oldErr != nil {
		return fmt.Errorf("%w: %w: %w", ErrNeitherWorks, err, oldErr)
	}
	if err := r.Keys.Replace(ctx, r.Name, r.journal.New.AccessKeyID, r.journal.Old); err != nil {
		return err
	}
	return r.giveUp(ctx, fmt.Errorf("AWS no longer knows the new key %s, so the old one is current again: %w", r.journal.New.AccessKeyID, err))
}

// retire takes the old key out of use: the new one is current. It checks that
// again before it switches off the old key, and before it deletes that.
func (r *run) retire(ctx context.Context) error {
	old := r.journal.Old.AccessKeyID
	r.Forget(old)
	iam, err := r.iam(ctx)
	if err == nil {
		err = r.mayRetire(ctx)
	}
	if err != nil {
		return err
	}
	err = r.untilKnown(ctx, ForSwitchOff, 1, func() error { return iam.DeactivateAccessKey(ctx, old) })
	if err == nil {
		err = r.works(ctx, 1)
	}
	if err == nil {
		if err := r.mayRetire(ctx); err != nil {
			return r.switchOn(ctx, iam, err)
		}
		err = r.untilKnown(ctx, ForDeletion, 1, func() error { return iam.DeleteAccessKey(ctx, old) })
	}
	if err != nil && !isGone(err) { // else an earlier run or somebody else has deleted it
		return err
	}
	if err := r.Journals.EndRotation(ctx, r.Name); err != nil {
		return err
	}
	r.Person.Tell(Deleted{old})
	return nil
}

// switchOn ends a run because of reason. If that says that the old key is in use,
// it switches that on again.
func (r *run) switchOn(ctx context.Context, iam IAM, reason error) error {
	old := r.journal.Old.AccessKeyID
	var other *NotCurrentError
	var copied *CopyError
	if !errors.As(reason, &other) && !errors.As(reason, &copied) {
		return reason
	}
	if err := iam.ActivateAccessKey(ctx, old); err != nil {
		return fmt.Errorf("%w; %w", reason, err)
	}
	r.Person.Tell(SwitchedOn{old})
	return reason
}

// mayRetire returns nil if the keystore has the new key under the name, and
// nobody has the old one. Locks keep every awsexec from changing that, but not
// another program, or somebody who restores a backup.
func (r *run) mayRetire(ctx context.Context) error {
	made := r.journal.New
	current, err := r.Keys.Get(ctx, r.Name)
	if err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	if current.AccessKeyID != made.AccessKeyID || current.SecretAccessKey != made.SecretAccessKey {
		return &NotCurrentError{r.journal.Old.AccessKeyID, made.AccessKeyID, current.AccessKeyID}
	}
	return r.uncopied(ctx)
}

// uncopied returns a [*CopyError] if the old key is anywhere but under the name.
func (r *run) uncopied(ctx context.Context) error {
	id := r.journal.Old.AccessKeyID
	copies, err := r.Keys.Copies(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range copies {
		switch {
		case c.Kind != r.Keys.Kind():
			return &CopyError{Name: r.Name, KeyID: id, StoredAs: c.Name, Elsewhere: c.Kind}
		case c.Name != r.Name:
			return &CopyError{Name: r.Name, KeyID: id, StoredAs: c.Name}
		}
	}
	plaintext, err := r.Plaintext()
	if err != nil {
		return err
	}
	for _, k := range plaintext { // also of profiles that cannot be resolved
		if k.Credentials.AccessKeyID == id && (!k.NoProfile || k.Profile == "DEFAULT") {
			return &CopyError{Name: r.Name, KeyID: id, InFile: &k}
		}
	}
	return nil
}
