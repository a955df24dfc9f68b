// Package rotate replaces a stored access key with a new one of the same user.
//
// A rotation goes through the steps
//
//	begin    ask, and check whether IAM has room for one more key
//	create   write the journal, have IAM make a key, and put that into the journal
//	adopt    wait until the new key works, then make it current
//	retire   switch the old key off, check that the new one works, delete the old one and the journal
//
// each of which leaves a working key under the name. A later run finds the
// journal and goes on with the step that was not finished.
package rotate

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/keystore"
)

// Keys are stored keys, as keystore.Store has them.
type Keys interface {
	// Get returns the key kept under name; the error wraps keystore.ErrNotFound
	// if there is none.
	Get(ctx context.Context, name string) (aws.Credentials, error)

	// Replace puts c in place of the key kept under name if that has the id keyID;
	// else the error wraps keystore.ErrChanged. When it returns nil, it has seen c
	// in the store.
	Replace(ctx context.Context, name, keyID string, c aws.Credentials) error

	// Copies returns where the key with the id keyID is kept.
	Copies(ctx context.Context, keyID string) ([]keystore.Copy, error)

	// Kind returns which kind of store has the keys.
	Kind() keystore.Kind
}

// Journals keep what has begun beside the keys.
type Journals interface {
	// Rotation returns the journal of the key kept under name; the error wraps
	// keystore.ErrNotFound if there is none.
	Rotation(ctx context.Context, name string) (keystore.Rotation, error)

	// PutRotation keeps r. When it returns nil, it has seen r in the store. The
	// error wraps keystore.ErrChanged if the key kept under name is neither r.Old
	// nor r.New.
	PutRotation(ctx context.Context, name string, r keystore.Rotation) error

	// EndRotation removes the journal, if there is one. When it returns nil, it has
	// seen that there is none.
	EndRotation(ctx context.Context, name string) error
}

// Locks keep all other processes from changing a key. The wait for one is
// bounded.
type Locks interface {
	// LockKey is held by whoever changes the key kept under name.
	LockKey(ctx context.Context, name string) (release func(), err error)

	// LockKeyID is held by whoever stores the key with this id, or deletes it
	// at AWS. It is taken after LockKey.
	LockKeyID(ctx context.Context, keyID string) (release func(), err error)
}

// AWS is how AWS is reached for the profile of the key.
type AWS interface {
	// WhoAmI returns whose key c is.
	WhoAmI(ctx context.Context, c aws.Credentials) (awsapi.Identity, error)

	// IAM returns the IAM that c signs the calls of.
	IAM(c aws.Credentials) IAM

	// MFASession returns a session made with MFA from the current key. It is called
	// at most once, and only if Rotation.MFA is true.
	MFASession(ctx context.Context) (aws.Credentials, error)
}

// IAM is the part of AWS IAM that a rotation needs. Its errors are those of awsapi.
type IAM interface {
	Inventory
	Changes
}

// Inventory shows the keys of a user.
type Inventory interface {
	// AccessKeys lists them. One that was made a moment ago may still be missing.
	AccessKeys(ctx context.Context) ([]awsapi.AccessKey, error)

	// AccessKeyLastUsed returns the last use of one.
	AccessKeyLastUsed(ctx context.Context, id string) (awsapi.KeyUse, error)
}

// Changes make and end the keys of a user.
type Changes interface {
	// CreateAccessKey makes one, and asks for it only once. If the error wraps
	// awsapi.ErrOutcomeUnknown, there may be one whose secret nobody has.
	CreateAccessKey(ctx context.Context) (aws.Credentials, error)

	// DeactivateAccessKey switches one off.
	DeactivateAccessKey(ctx context.Context, id string) error

	// ActivateAccessKey switches one on.
	ActivateAccessKey(ctx context.Context, id string) error

	// DeleteAccessKey deletes one.
	DeleteAccessKey(ctx context.Context, id string) error
}

// Person is asked and told.
type Person interface {
	// Confirm returns nil if the answer is yes.
	Confirm(ctx context.Context, q Question) error

	// Tell says what has happened.
	Tell(e Event)

	// Waiting says what is being waited for, until done is called.
	Waiting(w Wait) (done func())

	// Debug reports what went wrong without consequences.
	Debug(err error)
}

// Rotation is a stored key that is to be replaced, and all that this takes. All
// members but Unattended and MFA are required.
type Rotation struct {
	Name       string // of the key
	MFA        bool   // IAM is called with a session that was made with MFA
	Unattended bool   // nobody is asked

	Keys     Keys
	Journals Journals
	Locks    Locks
	AWS      AWS
	Person   Person

	// Plaintext returns the keys in the AWS files as they are now.
	Plaintext func() ([]awsfiles.PlaintextKey, error)

	// Forget removes the sessions made from a key that was under the name, unless it
	// has another one.
	Forget func(keyID string)

	Now   func() time.Time
	Pause time.Duration // before AWS is asked once more whether it knows a new key
}

// Run replaces the key, or finishes a rotation that was not finished. The error
// is that of LockKey, or an [*Error].
func (r *Rotation) Run(ctx context.Context) error {
	release, err := r.Locks.LockKey(ctx, r.Name)
	if err != nil {
		return err
	}
	defer release()
	s := &run{Rotation: r}
	if err := s.start(ctx); err != nil {
		return &Error{r.Name, r.MFA, s.begun, err}
	}
	return nil
}

// Unfinished returns the journal of a rotation of the key called name; the zero
// value if there is none.
func Unfinished(ctx context.Context, journals Journals, name string) (keystore.Rotation, error) {
	journal, err := journals.Rotation(ctx, name)
	if errors.Is(err, keystore.ErrNotFound) {
		err = nil
	}
	return journal, err
}
