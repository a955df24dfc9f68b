package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/interrupt"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/provider"
	"github.com/awsexec/awsexec/keystore"
)

// rotation is one run of awsexec rotate. It goes through the steps
//
//	begin    ask, and see whether IAM has room for one more key
//	create   write the journal, have IAM make a key, and put that into the journal
//	adopt    wait until the new key works, then make it current
//	retire   switch the old key off, see that the new one works, delete the old one and the journal
//
// each of which leaves a working key under the name. A later run finds the journal and goes on with the step that was not finished.
type rotation struct {
	*app
	p      *profile.Profile
	client awsapi.Client
	yes    bool

	journal keystore.Rotation
	begun   bool            // the journal is in the keystore
	before  []string        // the user's keys before the new one
	withMFA aws.Credentials // made with MFA, once it was needed
}

// Limits of the wait for AWS to know a new key, in units of deps.pause: the usual one is half a second.
const (
	acceptMost   = 120
	acceptLonger = 10 // the longest single wait
	acceptTimes  = 3  // how often in a row AWS must know it: it is many machines
)

// storeLimit bounds how long a new key may take to get into the keystore, where a person may have to unlock that.
const storeLimit = 2 * time.Minute

// run does what is left of the rotation. The caller has the lock of the key's name.
func (r *rotation) run(ctx context.Context) error {
	keys, err := r.session.Keys()
	if err != nil {
		return err
	}
	done := r.session.WaitForKeys()
	current, err := keys.Get(ctx, r.p.Name)
	if err == nil {
		r.journal, err = unfinished(ctx, keys, r.p.Name)
	}
	done()
	if err != nil {
		return err
	}
	r.begun = r.journal.Old.AccessKeyID != ""
	adopted := r.begun && current.AccessKeyID == r.journal.New.AccessKeyID
	if r.begun && !adopted && current.AccessKeyID != r.journal.Old.AccessKeyID {
		// add --force has put another key there, and was killed before it could tell
		if err := keys.EndRotation(ctx, r.p.Name); err != nil {
			return err
		}
		r.tellOfRemains(r.journal, current.AccessKeyID)
		r.journal, r.begun = keystore.Rotation{}, false
	}
	if !r.begun {
		r.journal.Old = current
	}
	release, err := r.lockKeyID(ctx, r.journal.Old.AccessKeyID)
	if err != nil {
		return err
	}
	defer release()
	if err := r.uncopied(ctx, r.p.Name, r.journal.Old.AccessKeyID); err != nil {
		return err
	}
	if !r.begun {
		return r.begin(ctx)
	}
	r.ui.note("going on with the rotation of %q that was begun on %s", r.p.Name, r.journal.Began.Local().Format(time.DateTime))
	switch {
	case adopted:
		return r.readopt(ctx)
	case r.journal.New.AccessKeyID == "":
		return r.recreate(ctx)
	default:
		return r.adopt(ctx)
	}
}

// begin asks whether to rotate, and whether IAM has room for one more key.
func (r *rotation) begin(ctx context.Context) error {
	current := r.journal.Old
	done := r.ui.Waiting("for AWS STS")
	who, err := r.client.WhoAmI(ctx, current)
	done()
	if err != nil {
		return err
	}
	if !r.yes {
		question := fmt.Sprintf("replace key %s (%q) of %s by a new one, and delete it at AWS?", mask(current.AccessKeyID), r.p.Name, who.ARN)
		if err := r.confirm(ctx, question, "to do it without being asked: awsexec rotate "+quoteWord(r.p.Name)+" --yes"); err != nil {
			return err
		}
	}
	if err := r.room(ctx); err != nil {
		return err
	}
	err = r.create(ctx)
	if isRefusal(err) && r.journal.New.AccessKeyID == "" {
		return r.giveUp(ctx, err)
	}
	return err
}

// recreate goes on after a run that did not learn whether IAM made the key. If it did, its secret is lost.
func (r *rotation) recreate(ctx context.Context) error {
	if err := r.room(ctx); err != nil {
		return err
	}
	return r.create(ctx) // if IAM refuses that, it may be for the lost key: the journal stays
}

// create has IAM make the key. From then on until it is stored, nothing but SIGKILL stops us: a secret is told only once.
func (r *rotation) create(ctx context.Context) error {
	r.journal.Before, r.journal.Began = r.before, r.now().UTC().Truncate(time.Second)
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
	done := r.ui.Waiting("for AWS IAM")
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
	r.ui.note("key %s is made, and stored beside the old one", mask(made.AccessKeyID))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.adopt(ctx)
}

// write puts the journal into the keystore.
func (r *rotation) write(ctx context.Context) error {
	keys, err := r.session.Keys()
	if err != nil {
		return err
	}
	defer r.session.WaitForKeys()()
	err = keys.PutRotation(ctx, r.p.Name, r.journal)
	r.begun = r.begun || err == nil
	return err
}

// takeBack deletes the new key at AWS, because it cannot be used for reason.
func (r *rotation) takeBack(ctx context.Context, iam *awsapi.IAM, reason error) error {
	id := r.journal.New.AccessKeyID
	if keys, err := r.session.Keys(); err == nil {
		if copies, err := keys.Copies(ctx, id); err == nil && len(copies) > 0 {
			return fmt.Errorf("the new key %s is not deleted again, since it is stored as %q: %w", id, copies[0].Name, reason)
		}
	}
	if err := iam.DeleteAccessKey(ctx, id); err != nil && !isCode(err, "NoSuchEntity") {
		return fmt.Errorf("the new key %s is of no use, and is still at AWS: %w: %w", id, reason, err)
	}
	return r.giveUp(ctx, fmt.Errorf("the new key is deleted again: %w", reason))
}

// giveUp ends the rotation for reason; the old key stays.
func (r *rotation) giveUp(ctx context.Context, reason error) error {
	keys, err := r.session.Keys()
	if err == nil {
		err = keys.EndRotation(ctx, r.p.Name)
	}
	if err != nil {
		return errors.Join(reason, err)
	}
	r.begun = false
	return reason
}

// adopt waits until AWS knows the new key, and makes it current.
func (r *rotation) adopt(ctx context.Context) error {
	keys, err := r.session.Keys()
	if err != nil {
		return err
	}
	err = r.works(ctx, acceptTimes)
	if errors.Is(err, errUnknownKey) {
		return r.refused(ctx, err)
	}
	if err != nil {
		return err
	}
	done := r.session.WaitForKeys()
	err = keys.Replace(ctx, r.p.Name, r.journal.Old.AccessKeyID, r.journal.New)
	done()
	if errors.Is(err, keystore.ErrChanged) || errors.Is(err, keystore.ErrNotFound) {
		iam := r.client.IAM(r.journal.New) // the one that is current may be another user's
		if r.withMFA.AccessKeyID != "" {
			iam = r.client.IAM(r.withMFA)
		}
		return r.takeBack(ctx, iam, err)
	}
	if err != nil {
		return err
	}
	r.ui.note("key %s is current", mask(r.journal.New.AccessKeyID))
	return r.retire(ctx)
}

// refused ends or suspends a rotation whose new key AWS has not come to know.
func (r *rotation) refused(ctx context.Context, err error) error {
	id := r.journal.New.AccessKeyID
	iam, iamErr := r.iam(ctx)
	if iamErr != nil {
		return errors.Join(err, iamErr)
	}
	list, listErr := iam.AccessKeys(ctx)
	if isCode(listErr, "InvalidClientTokenId") {
		return fmt.Errorf("%w: %w: %w", errNeitherWorks, err, listErr)
	}
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	at := slices.IndexFunc(list, func(k awsapi.AccessKey) bool { return k.ID == id })
	switch {
	case at < 0:
		return r.giveUp(ctx, fmt.Errorf("the new key %s is no longer at AWS", id))
	case !list[at].Active:
		return inactiveError{id}
	default:
		return err
	}
}

var (
	// errUnknownKey says that AWS has not come to know the new key in the time that it had.
	errUnknownKey = errors.New("AWS does not know the new key yet")

	errNeitherWorks = errors.New("AWS takes neither the old key nor the new one")
)

// inactiveError is a new key that somebody has switched off.
type inactiveError struct{ keyID string }

func (e inactiveError) Error() string {
	return fmt.Sprintf("the new key %s has been switched off at AWS", e.keyID)
}

// readopt goes on after a run that had made the new key current. Should AWS not know that any more, the old one is taken back.
func (r *rotation) readopt(ctx context.Context) error {
	err := r.works(ctx, 1)
	if err == nil {
		return r.retire(ctx)
	}
	if !errors.Is(err, errUnknownKey) {
		return err
	}
	if _, oldErr := r.client.WhoAmI(ctx, r.journal.Old); oldErr != nil {
		return fmt.Errorf("%w: %w: %w", errNeitherWorks, err, oldErr)
	}
	keys, keysErr := r.session.Keys()
	if keysErr != nil {
		return keysErr
	}
	if err := keys.Replace(ctx, r.p.Name, r.journal.New.AccessKeyID, r.journal.Old); err != nil {
		return err
	}
	return r.giveUp(ctx, fmt.Errorf("AWS does not take the new key %s any more, so that the old one is current again: %w", r.journal.New.AccessKeyID, err))
}

// retire takes the old key out of use: the new one is current. Before each step that cannot be undone without the new key, it
// looks whether that is still so.
func (r *rotation) retire(ctx context.Context) error {
	old := r.journal.Old.AccessKeyID
	r.forget(old)
	iam, err := r.iam(ctx)
	if err == nil {
		err = r.mayRetire(ctx)
	}
	if err != nil {
		return err
	}
	err = r.untilKnown(ctx, "for AWS to switch off the old key", 1, func() error { return iam.DeactivateAccessKey(ctx, old) })
	if err == nil {
		err = r.works(ctx, 1)
	}
	if err == nil {
		err = r.mayRetire(ctx)
	}
	if err == nil {
		err = r.untilKnown(ctx, "for AWS to delete the old key", 1, func() error { return iam.DeleteAccessKey(ctx, old) })
	}
	if err != nil && !isCode(err, "NoSuchEntity") { // that is: deleted, by an earlier run or somebody else
		return err
	}
	keys, err := r.session.Keys()
	if err == nil {
		err = keys.EndRotation(ctx, r.p.Name)
	}
	if err != nil {
		return err
	}
	r.ui.note("key %s is deleted at AWS", mask(old))
	return nil
}

// mayRetire returns nil if the new key is what the keystore has under the name, and nobody has the old one. The locks keep every
// awsexec from changing that; a backup that is restored, or another program, knows none.
func (r *rotation) mayRetire(ctx context.Context) error {
	keys, err := r.session.Keys()
	if err != nil {
		return err
	}
	made := r.journal.New
	current, err := keys.Get(ctx, r.p.Name)
	if err != nil && !errors.Is(err, keystore.ErrNotFound) {
		return err
	}
	if current.AccessKeyID != made.AccessKeyID || current.SecretAccessKey != made.SecretAccessKey {
		return notCurrentError{r.p.Name, r.journal.Old.AccessKeyID, made.AccessKeyID, current.AccessKeyID}
	}
	return r.uncopied(ctx, r.p.Name, r.journal.Old.AccessKeyID)
}

// notCurrentError is a new key that is no more what the keystore has under the name, but current, or nothing if that is "".
type notCurrentError struct{ name, old, made, current string }

func (e notCurrentError) Error() string {
	has := "has no key under this name any more"
	if e.current != "" {
		has = fmt.Sprintf("has %s under this name now, not the new key", mask(e.current))
	}
	return fmt.Sprintf("the keystore %s; keys %s and %s are left at AWS", has, e.old, e.made)
}

// iam signs by the current key itself where the profile has no MFA device, because IAM takes no session that was made without; else by
// one session for the whole run.
func (r *rotation) iam(ctx context.Context) (*awsapi.IAM, error) {
	if r.p.MFASerial == "" {
		keys, err := r.session.Keys()
		if err != nil {
			return nil, err
		}
		current, err := keys.Get(ctx, r.p.Name)
		return r.client.IAM(current), err
	}
	if r.withMFA.AccessKeyID == "" {
		var err error
		r.withMFA, err = r.session.KeySession(ctx, r.p)
		if err != nil {
			return nil, err
		}
	}
	return r.client.IAM(r.withMFA), nil
}

// works returns nil once AWS has known the new key so many times in a row.
func (r *rotation) works(ctx context.Context, times int) error {
	return r.untilKnown(ctx, "for AWS to know the new key", times, func() error {
		_, err := r.client.WhoAmI(ctx, r.journal.New)
		return err
	})
}

// untilKnown makes a call until it has succeeded so many times in a row. It goes on, ever slower and for a minute at most, as long as AWS
// does not know the key: what is done to a key is known everywhere only after a while. Source: "Changes that I make are not
// always immediately visible" in the IAM User Guide.
func (r *rotation) untilKnown(ctx context.Context, what string, times int, call func() error) error {
	defer r.ui.Waiting(what)()
	succeeded, wait := 0, 1
	for waited := 0; ; waited += wait {
		switch err := call(); {
		case err == nil:
			succeeded, wait = succeeded+1, 1
			if succeeded == times {
				return nil
			}
		case !isCode(err, "InvalidClientTokenId"):
			return err
		case waited >= acceptMost:
			return fmt.Errorf("%w: %w", errUnknownKey, err)
		default:
			succeeded, wait = 0, min(2*wait, acceptLonger)
			r.ui.Debug("not known yet: %v", err)
		}
		if err := provider.Pause(ctx, time.Duration(wait)*r.pause); err != nil {
			return err
		}
	}
}

// isRefusal says whether AWS said no, so that nothing was done.
func isRefusal(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && !errors.Is(err, awsapi.ErrOutcomeUnknown)
}

// isCode says whether err is an error of AWS with this code.
func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}
