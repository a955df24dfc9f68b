// Package migrate moves long-term keys out of the AWS files into the keystore.
//
// [Find] returns the keys in the files, [Planner.Plan] what a move of them takes
// and changes, and [Mover.Move] moves them. A key that cannot be moved does not
// keep the others from it.
package migrate

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/rotate"
)

// Keys are the stored keys, as keystore.Store has them. They may be opened by the
// first call.
type Keys interface {
	// KeyID returns the id of the key kept under name. The error wraps
	// keystore.ErrNotFound if there is none.
	KeyID(ctx context.Context, name string) (string, error)

	// Get returns the key kept under name; the error is as for KeyID.
	Get(ctx context.Context, name string) (aws.Credentials, error)
}

// Custody changes stored keys, as custody.Custody does.
type Custody interface {
	// LockKey keeps all others from changing the key called name. The error wraps
	// custody.ErrBusy if another process holds the lock.
	LockKey(ctx context.Context, name string) (release func(), err error)

	// LockKeyID keeps all others from storing the key with this id and from
	// deleting it at AWS. It is taken after LockKey; the error is as for that.
	LockKeyID(ctx context.Context, id string) (release func(), err error)

	// CheckRetiring returns an error if a rotation is going to delete the key with
	// this id, which is to be stored under name.
	CheckRetiring(ctx context.Context, name, id string) error

	// Put stores key under name in place of the key with the id old, "" if there
	// is none, and returns what an unfinished rotation of that leaves at AWS.
	Put(ctx context.Context, name string, key aws.Credentials, old string) (rotate.Remains, error)
}

// Editor edits AWS files, as awsfiles.Editor does.
type Editor interface {
	// Edit applies edit to the file at path, with a backup.
	Edit(ctx context.Context, path string, edit awsfiles.EditFunc) (changed bool, err error)

	// Backups returns the backups of the files that were changed.
	Backups() []awsfiles.Backup
}

// Owner returns whose key c is, asking AWS as profile p says.
type Owner func(ctx context.Context, p *profile.Profile, c aws.Credentials) (awsapi.Identity, error)
