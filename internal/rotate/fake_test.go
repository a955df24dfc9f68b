package rotate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/awsexec/awsexec/internal/awsapi"
	"github.com/awsexec/awsexec/internal/awsfiles"
	"github.com/awsexec/awsexec/internal/ststest"
	"github.com/awsexec/awsexec/keystore"
)

const name = "work"

var first = fakeKey(1)

func fakeKey(n int) aws.Credentials {
	return aws.Credentials{AccessKeyID: fmt.Sprintf("AKIAIOSFODNN7%07d", n), SecretAccessKey: fmt.Sprintf("%s/%d", ststest.Marker, n)}
}

var errFault = errors.New("fault")

// world is a keystore and the keys of one user at AWS, all in memory. Its calls
// are counted, and one of them can fail.
type world struct {
	t *testing.T

	stored    map[string]aws.Credentials
	elsewhere map[string]string // ids of keys in the other store, and their names there
	journals  map[string]keystore.Rotation
	damaged   bool // the journal
	plain     []awsfiles.PlaintextKey

	atAWS  map[string]awsKey
	made   int
	locked map[string]bool

	calls  []string
	failAt int               // number of the call that fails, from 1; 0 for none
	late   bool              // it fails when it has had its effect
	before map[string]func() // called before the first call of that name

	events []Event
	asked  []Question
	answer error
	debugs []error
	forgot []string
}

type awsKey struct {
	awsapi.AccessKey
	secret string
	use    awsapi.KeyUse
}

func newWorld(t *testing.T) *world {
	return &world{
		t: t, stored: map[string]aws.Credentials{name: first}, journals: map[string]keystore.Rotation{},
		atAWS: map[string]awsKey{first.AccessKeyID: active(first)}, made: 1, locked: map[string]bool{}, before: map[string]func(){},
	}
}

func active(c aws.Credentials) awsKey {
	return awsKey{AccessKey: awsapi.AccessKey{ID: c.AccessKeyID, Active: true, Created: time.Unix(1000, 0)}, secret: c.SecretAccessKey}
}

// rotate runs a rotation of work, unattended.
func (w *world) rotate() error {
	w.t.Helper()
	return w.rotation().Run(w.t.Context())
}

func (w *world) rotation() *Rotation {
	return &Rotation{
		Name: name, Unattended: true, Keys: w, Journals: w, Locks: w, AWS: w, Person: w,
		Plaintext: func() ([]awsfiles.PlaintextKey, error) { return w.plain, nil },
		Forget:    func(id string) { w.forgot = append(w.forgot, id) },
		Now:       func() time.Time { return time.Unix(1000, 0) }, Pause: time.Nanosecond,
	}
}

// call counts a call, and does what it does unless it is the one that fails.
func (w *world) call(what string, do func() error) error {
	if hook := w.before[what]; hook != nil {
		delete(w.before, what)
		hook()
	}
	w.calls = append(w.calls, what)
	if len(w.calls) != w.failAt {
		return do()
	}
	if w.late {
		_ = do()
	}
	return errFault
}

func (w *world) Get(_ context.Context, name string) (c aws.Credentials, err error) {
	return c, w.call("Get", func() error {
		var found bool
		if c, found = w.stored[name]; !found {
			return keystore.ErrNotFound
		}
		return nil
	})
}

func (w *world) Replace(_ context.Context, name, keyID string, c aws.Credentials) error {
	return w.call("Replace", func() error {
		if current, found := w.stored[name]; !found {
			return keystore.ErrNotFound
		} else if current.AccessKeyID != keyID {
			return keystore.ErrChanged
		}
		w.stored[name] = c
		return nil
	})
}

func (w *world) Copies(_ context.Context, keyID string) (copies []keystore.Copy, err error) {
	return copies, w.call("Copies", func() error {
		for name, c := range w.stored {
			if c.AccessKeyID == keyID {
				copies = append(copies, keystore.Copy{Name: name, Kind: keystore.KindFile})
			}
		}
		if name, found := w.elsewhere[keyID]; found {
			copies = append(copies, keystore.Copy{Name: name, Kind: keystore.KindKeyring})
		}
		return nil
	})
}

func (w *world) Kind() keystore.Kind { return keystore.KindFile }

func (w *world) Rotation(_ context.Context, name string) (r keystore.Rotation, err error) {
	return r, w.call("Rotation", func() error {
		if w.damaged {
			return keystore.ErrCorrupt
		}
		var found bool
		if r, found = w.journals[name]; !found {
			return keystore.ErrNotFound
		}
		return nil
	})
}

func (w *world) PutRotation(_ context.Context, name string, r keystore.Rotation) error {
	return w.call("PutRotation", func() error {
		w.journals[name], w.damaged = r, false
		return nil
	})
}

func (w *world) EndRotation(_ context.Context, name string) error {
	return w.call("EndRotation", func() error {
		delete(w.journals, name)
		return nil
	})
}

func (w *world) LockKey(_ context.Context, name string) (func(), error) {
	return w.lock("name " + name)
}

func (w *world) LockKeyID(_ context.Context, id string) (func(), error) { return w.lock("id " + id) }

func (w *world) lock(what string) (func(), error) {
	if w.locked[what] {
		return nil, errFault
	}
	w.locked[what] = true
	return func() { delete(w.locked, what) }, nil
}

func (w *world) WhoAmI(_ context.Context, c aws.Credentials) (awsapi.Identity, error) {
	return awsapi.Identity{ARN: "arn"}, w.call("WhoAmI", func() error { return w.knows(c) })
}

// knows returns what AWS says to a call that c has signed.
func (w *world) knows(c aws.Credentials) error {
	if key := w.atAWS[c.AccessKeyID]; !key.Active || key.secret != c.SecretAccessKey {
		return &smithy.GenericAPIError{Code: "InvalidClientTokenId"}
	}
	return nil
}

func (w *world) IAM(c aws.Credentials) IAM { return fakeIAM{w, c} }

func (w *world) MFASession(context.Context) (aws.Credentials, error) {
	return aws.Credentials{}, w.call("MFASession", func() error { return errFault })
}

// fakeIAM is IAM as a key or a session calls it.
type fakeIAM struct {
	*world
	signer aws.Credentials
}

func (i fakeIAM) do(what string, do func() error) error {
	return i.call(what, func() error {
		if err := i.knows(i.signer); err != nil {
			return err
		}
		return do()
	})
}

func (i fakeIAM) AccessKeys(context.Context) (keys []awsapi.AccessKey, err error) {
	return keys, i.do("AccessKeys", func() error {
		for key := range maps.Values(i.atAWS) {
			keys = append(keys, key.AccessKey)
		}
		return nil
	})
}

func (i fakeIAM) AccessKeyLastUsed(_ context.Context, id string) (use awsapi.KeyUse, err error) {
	return use, i.do("AccessKeyLastUsed", func() error {
		use = i.atAWS[id].use
		return nil
	})
}

func (i fakeIAM) CreateAccessKey(context.Context) (c aws.Credentials, err error) {
	err = i.do("CreateAccessKey", func() error {
		if len(i.atAWS) >= awsapi.MaxAccessKeys {
			return &smithy.GenericAPIError{Code: "LimitExceeded"}
		}
		i.made++
		c = fakeKey(i.made)
		i.atAWS[c.AccessKeyID] = active(c)
		return nil
	})
	if errors.Is(err, errFault) {
		return aws.Credentials{}, fmt.Errorf("%w: %w", awsapi.ErrOutcomeUnknown, err)
	}
	return c, err
}

func (i fakeIAM) DeactivateAccessKey(_ context.Context, id string) error {
	return i.change("DeactivateAccessKey", id, func(key awsKey) {
		key.Active = false
		i.atAWS[id] = key
	})
}

func (i fakeIAM) ActivateAccessKey(_ context.Context, id string) error {
	return i.change("ActivateAccessKey", id, func(key awsKey) {
		key.Active = true
		i.atAWS[id] = key
	})
}

func (i fakeIAM) DeleteAccessKey(_ context.Context, id string) error {
	return i.change("DeleteAccessKey", id, func(awsKey) { delete(i.atAWS, id) })
}

func (i fakeIAM) change(what, id string, change func(awsKey)) error {
	return i.do(what, func() error {
		key, found := i.atAWS[id]
		if !found {
			return &smithy.GenericAPIError{Code: "NoSuchEntity"}
		}
		if !i.locked["id "+id] && id != fakeKey(i.made).AccessKeyID { // nobody else can have a new key
			i.t.Errorf("%s of %s without its lock", what, id)
		}
		change(key)
		return nil
	})
}

func (w *world) Confirm(_ context.Context, q Question) error {
	w.asked = append(w.asked, q)
	return w.answer
}

func (w *world) Tell(e Event) { w.events = append(w.events, e) }

func (w *world) Waiting(Wait) func() { return func() {} }

func (w *world) Debug(err error) { w.debugs = append(w.debugs, err) }
