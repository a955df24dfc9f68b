package rotate

import (
	"time"

	"github.com/awsexec/awsexec/keystore"
)

// Event is a step that was done: [Resumed], [Made], [Adopted], [SwitchedOn],
// [Deleted] or [Abandoned].
type Event interface{ event() }

type (
	// Resumed says that a rotation goes on that began at that time.
	Resumed struct{ Began time.Time }

	// Made says that AWS made the new key, and that it is in the journal.
	Made struct{ KeyID string }

	// Adopted says that the new key is current.
	Adopted struct{ KeyID string }

	// SwitchedOn says that the old key, which had been switched off, works again
	// because it is needed.
	SwitchedOn struct{ KeyID string }

	// Deleted says that a key is no longer at AWS.
	Deleted struct{ KeyID string }

	// Abandoned says that an earlier rotation does not go on.
	Abandoned struct{ Remains }
)

func (Resumed) event()    {}
func (Made) event()       {}
func (Adopted) event()    {}
func (SwitchedOn) event() {}
func (Deleted) event()    {}
func (Abandoned) event()  {}

// Remains are what a rotation that does not go on leaves at AWS.
type Remains struct {
	KeyIDs  []string // of keys that may still be active
	Unknown bool     // there may be one more key, whose id nobody knows
}

// RemainsOf returns what the rotation with this journal leaves at AWS besides the
// key with the id known. The zero journal leaves nothing.
func RemainsOf(journal keystore.Rotation, known string) Remains {
	var r Remains
	for _, id := range []string{journal.Old.AccessKeyID, journal.New.AccessKeyID} {
		if id != "" && id != known {
			r.KeyIDs = append(r.KeyIDs, id)
		}
	}
	r.Unknown = journal.Old.AccessKeyID != "" && journal.New.AccessKeyID == ""
	return r
}

// Question is something to confirm: [Replace] or [Delete].
type Question interface{ question() }

type (
	// Replace asks whether to replace the stored key with this id, which belongs to
	// the user with this ARN.
	Replace struct{ KeyID, OwnerARN string }

	// Delete asks whether to delete a key at AWS.
	Delete struct{ Key *KeyInTheWay }
)

func (Replace) question() {}
func (Delete) question()  {}

// Wait is what is being waited for.
type Wait int

const (
	ForKeystore  Wait = iota
	ForSTS            // to return whose key it is
	ForIAM            // to list keys, or to make one
	ForNewKey         // to be known to AWS
	ForSwitchOff      // of the old key
	ForDeletion       // of the old key
)
