package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/custody"
	"github.com/awsexec/awsexec/internal/profile"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// newCustody returns the custody of the keystore that was opened.
func newCustody(sess *session.Session, out *ui, timing timing) custody.Custody {
	return custody.Custody{
		Locks:   custody.Locks{Keys: sess.Opened(), Patience: timing.lockPatience},
		Forget:  func(keyID string) { forget(sess, out, keyID) },
		Waiting: sess.WaitForKeys,
	}
}

// forget removes the sessions made from a long-term key. A failure to do so is no
// reason to undo what was done to the key.
func forget(sess *session.Session, out *ui, keyID string) {
	sessions, err := sess.Cache()
	if err == nil {
		err = sessions.Forget(keyID)
	}
	if err != nil {
		out.Warn(fmt.Errorf("sessions of key %s: %w", visible.KeyID(keyID), err))
	}
}

// lazyKeys are the stored keys. It opens the keystore at the first call, and
// implements migrate.Keys.
type lazyKeys struct{ sess *session.Session }

func (l lazyKeys) KeyID(ctx context.Context, name string) (string, error) {
	return l.sess.KeyID(ctx, name)
}

func (l lazyKeys) Get(ctx context.Context, name string) (aws.Credentials, error) {
	keys, err := l.sess.Keys()
	if err != nil {
		return aws.Credentials{}, err
	}
	defer l.sess.WaitForKeys()()
	return keys.Get(ctx, name)
}

// owner returns a function that asks AWS whose key it is. It implements
// migrate.Owner.
func owner(sess *session.Session, out *ui) func(context.Context, *profile.Profile, aws.Credentials) (awsapi.Identity, error) {
	return func(ctx context.Context, p *profile.Profile, key aws.Credentials) (awsapi.Identity, error) {
		client, err := sess.Client(p)
		if err != nil {
			return awsapi.Identity{}, err
		}
		defer out.Waiting("for AWS STS")()
		return client.WhoAmI(ctx, key)
	}
}

// errRootKey warns of a key that can do everything.
var errRootKey = errors.New("this is a key of the account's root user, which can do everything")

// tellOwner says whose key it is.
func (u *ui) tellOwner(keyID string, who awsapi.Identity) {
	u.note("key %s belongs to %s in account %s", visible.KeyID(keyID), who.ARN, who.Account)
	if strings.HasSuffix(who.ARN, ":root") {
		u.Warn(errRootKey)
	}
}

// otherNameError warns of a key that the keystore has under two names.
type otherNameError struct{ keyID, name, other string }

func (e *otherNameError) Error() string {
	return fmt.Sprintf("key %s is stored as %q too: when one of the two is rotated, the other stops working", visible.KeyID(e.keyID), e.other)
}

// warnOfOtherName warns if the key that was stored under name has another name.
func (u *ui) warnOfOtherName(ctx context.Context, keys *keystore.Store, name, id string) {
	entries, err := keys.List(ctx)
	if err != nil {
		u.Debug("names of the key: %v", err)
	}
	for _, e := range entries {
		if e.AccessKeyID == id && e.Name != name {
			u.Warn(&otherNameError{id, name, e.Name})
			return
		}
	}
}
