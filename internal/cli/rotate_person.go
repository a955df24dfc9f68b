package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/awsexec/awsexec/internal/rotate"
	"github.com/awsexec/awsexec/internal/session"
	"github.com/awsexec/awsexec/internal/visible"
)

// rotationPerson puts into words what a rotation asks and tells. It implements
// rotate.Person.
type rotationPerson struct {
	ui     *ui
	person *session.Person
	name   string // of the key
	store  string // that has it
}

func (p rotationPerson) Confirm(ctx context.Context, question rotate.Question) error {
	switch q := question.(type) {
	case rotate.Replace:
		text := fmt.Sprintf("replace key %s (%q) of %s by a new one, and delete it at AWS?", visible.KeyID(q.KeyID), p.name, q.OwnerARN)
		return unasked(p.person.Confirm(ctx, text), "rotate")
	case rotate.Delete:
		p.ui.note("%v", q.Key)
		return p.person.Confirm(ctx, fmt.Sprintf("delete key %s at AWS?", q.Key.Key.ID))
	default:
		return fmt.Errorf("unknown question %T", q)
	}
}

func (p rotationPerson) Tell(event rotate.Event) {
	switch e := event.(type) {
	case rotate.Resumed:
		p.ui.note("going on with the rotation of %q that was begun on %s", p.name, e.Began.Local().Format(time.DateTime))
	case rotate.Made:
		p.ui.note("key %s is made, and stored beside the old one", visible.KeyID(e.KeyID))
	case rotate.Adopted:
		p.ui.note("key %s is current", visible.KeyID(e.KeyID))
	case rotate.SwitchedOn:
		p.ui.note("key %s is switched on again at AWS", visible.KeyID(e.KeyID))
	case rotate.Deleted:
		p.ui.note("key %s is deleted at AWS", visible.KeyID(e.KeyID))
	case rotate.Abandoned:
		p.ui.warnOfRemains(e.Remains)
	}
}

func (p rotationPerson) Waiting(w rotate.Wait) (done func()) {
	return p.person.Waiting("for " + map[rotate.Wait]string{
		rotate.ForKeystore:  p.store,
		rotate.ForSTS:       "AWS STS",
		rotate.ForIAM:       "AWS IAM",
		rotate.ForNewKey:    "AWS to know the new key",
		rotate.ForSwitchOff: "AWS to switch off the old key",
		rotate.ForDeletion:  "AWS to delete the old key",
	}[w])
}

func (p rotationPerson) Debug(err error) { p.ui.Debug("%v", err) }

// warnOfRemains warns of the keys that a rotation leaves at AWS.
func (u *ui) warnOfRemains(r rotate.Remains) {
	if r.Unknown {
		u.Warn(errUnknownKey)
	}
	for _, id := range r.KeyIDs {
		u.Warn(keyLeftError{id})
	}
}

// errUnknownKey warns of a key whose id nobody knows.
var errUnknownKey = errors.New("a rotation was not finished; it may have made a key at AWS whose secret did not arrive here")

// keyLeftError warns of a key that a rotation leaves at AWS.
type keyLeftError struct{ keyID string }

func (e keyLeftError) Error() string {
	return fmt.Sprintf("a rotation was not finished; its key %s may still be active at AWS", e.keyID)
}
