package migrate

import (
	"fmt"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/rotate"
)

// Event is something that happened: [Verified], [Abandoned], [Moved], [*Error],
// [*ForeignError], [*LinkedError] or [*CopiedError].
type Event interface{ event() }

type (
	// Verified says that AWS confirmed a key.
	Verified struct {
		KeyID string
		Owner awsapi.Identity
	}

	// Abandoned says that an earlier rotation of a key ended without its new key.
	Abandoned struct{ rotate.Remains }

	// Moved says that a key is in the keystore, and no longer in the files.
	Moved struct{ Key Key }
)

func (Verified) event()      {}
func (Abandoned) event()     {}
func (Moved) event()         {}
func (*Error) event()        {}
func (*ForeignError) event() {}
func (*LinkedError) event()  {}
func (*CopiedError) event()  {}

// ForeignError warns of a key that is one of another service than AWS. It is stored
// as it is, and makes no sessions.
type ForeignError struct{ Profile, Service string }

func (e *ForeignError) Error() string {
	s := fmt.Sprintf("key of profile %q: no key of AWS, which is not asked whose it is", e.Profile)
	if e.Service != "" {
		s += "; the profile uses " + e.Service
	}
	return s
}

// LinkedError warns of a file that had a key and has other names.
type LinkedError struct{ awsfiles.HardLink }

func (e *LinkedError) Error() string {
	return fmt.Sprintf("%s had other names (hard links), under which its keys are still in plaintext", e.Path)
}

// CopiedError warns of a file that still has the secret of a key that was moved.
type CopiedError struct {
	Profile string
	Path    string
	Ours    bool // it is one of the AWS files
}

func (e *CopiedError) Error() string {
	return fmt.Sprintf("the secret of profile %q is still in plaintext in %s", e.Profile, e.Path)
}
