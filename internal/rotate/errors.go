package rotate

import (
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/visible"
	"github.com/awsexec/awsexec/keystore"
)

// Error is the error of a rotation that was cut short.
type Error struct {
	Name  string
	MFA   bool // as in Rotation
	Begun bool // there is something left to finish
	Err   error
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	if e.Begun {
		return fmt.Sprintf("the rotation of key %q is not finished: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("key %q is not rotated: %v", e.Name, e.Err)
}

var (
	// ErrUnknownKey is the error if AWS does not know the new key in time.
	ErrUnknownKey = errors.New("AWS does not know the new key yet")

	// ErrNeitherWorks is the error if AWS rejects both keys.
	ErrNeitherWorks = errors.New("AWS rejects both the old key and the new one")
)

// InactiveError is the error for a new key that somebody has switched off.
type InactiveError struct{ KeyID string }

func (e *InactiveError) Error() string {
	return fmt.Sprintf("the new key %s has been switched off at AWS", e.KeyID)
}

// NotCurrentError is the error if the keystore no longer has the new key under
// the name.
type NotCurrentError struct {
	Old, New string // ids of keys that are left at AWS
	Current  string // id of the key that the keystore has; "" for none
}

func (e *NotCurrentError) Error() string {
	has := "no longer has a key under this name"
	if e.Current != "" {
		has = fmt.Sprintf("has %s under this name now, not the new key", visible.KeyID(e.Current))
	}
	return fmt.Sprintf("the keystore %s; keys %s and %s are left at AWS", has, e.Old, e.New)
}

// CopyError is the error if the key that is about to be deleted is elsewhere, too.
type CopyError struct {
	Name, KeyID string
	StoredAs    string                 // another name that the keystore has it under; "" if it is in the AWS files
	Elsewhere   keystore.Kind          // which other keystore has it, if StoredAs is not in the same one
	InFile      *awsfiles.PlaintextKey // where else it is
}

func (e *CopyError) Error() string {
	var where string
	switch {
	case e.Elsewhere != "":
		where = fmt.Sprintf("stored as %q in the other keystore", e.StoredAs)
	case e.StoredAs != "":
		where = fmt.Sprintf("stored as %q", e.StoredAs)
	default:
		where = fmt.Sprintf("in plaintext at %s", e.InFile.Pos)
	}
	return fmt.Sprintf("key %s (%q) is %s too, where it would stop working", visible.KeyID(e.KeyID), e.Name, where)
}

// KeyInTheWay is a second key of the user, which leaves no room for a new one.
type KeyInTheWay struct {
	Key       awsapi.AccessKey
	Lost      bool          // it was made after an earlier run began, most likely by that
	StoredAs  string        // the name that a keystore has it under; "" for none
	Elsewhere keystore.Kind // which other keystore has it, if StoredAs is not in the same one
	Use       awsapi.KeyUse
	UseKnown  bool
}

func (e *KeyInTheWay) Error() string {
	status := "active"
	if !e.Key.Active {
		status = "switched off"
	}
	used := "never used"
	switch {
	case e.StoredAs != "":
		used = fmt.Sprintf("stored as %q", e.StoredAs)
	case !e.UseKnown:
		used = "last use unknown"
	case e.Use != awsapi.KeyUse{}:
		used = fmt.Sprintf("last used on %s for %s in %s", e.Use.Time.Local().Format(time.DateTime), e.Use.Service, e.Use.Region)
	}
	why := fmt.Sprintf("IAM lets a user have %d keys, and there is another one", awsapi.MaxAccessKeys)
	if e.Lost {
		why = "a key was made at AWS after the rotation began, and its secret did not arrive here"
	}
	return fmt.Sprintf("%s: %s, made on %s, %s, %s", why, e.Key.ID, e.Key.Created.Local().Format(time.DateTime), status, used)
}

// refused reports whether AWS refused a call, so that it did nothing.
func refused(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && !errors.Is(err, awsapi.ErrOutcomeUnknown)
}

// isGone reports whether IAM says that there is no such key.
func isGone(err error) bool { return hasCode(err, "NoSuchEntity") }

// isUnknown reports whether AWS does not know the key that signed.
func isUnknown(err error) bool { return hasCode(err, "InvalidClientTokenId") }

func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}
