// Package backend is the contract between package keystore and what keeps its
// items: the keyring of the operating system (internal/keyring) or an encrypted
// file (internal/agefile).
//
// It is a leaf, so that both sides can use the same kinds of error. Package
// keystore exports these under the same names.
package backend

import "context"

// Item names a secret. No service has a slash in it.
type Item struct{ Service, Name string }

// Backend keeps short secrets, text of about a kilobyte at most. Operations of
// several goroutines may overlap. The caller makes sure that only one process
// at a time calls Set and Delete.
type Backend interface {
	// Begin begins an operation, which ends when end is called.
	Begin() (o Operation, end func())
	// String names the backend in messages.
	String() string
}

// Operation works on the items of a backend. It is for one goroutine. Its
// errors wrap the kinds of this package, and neither they nor what is logged
// holds a secret.
//
// Only Prepare asks a person; the caller holds no lock meanwhile. The other
// methods return [ErrUnprepared] where a person is needed: the caller releases
// its lock, calls Prepare, and begins again. All are bounded: Prepare by its
// context, the others together by the timeout of the backend.
type Operation interface {
	// Prepare does what needs a person, so that the other methods need none.
	Prepare(ctx context.Context, n Need) error
	// Get returns a copy of the secret, or ErrNotFound.
	Get(ctx context.Context, it Item) ([]byte, error)
	// Set stores the secret. It may succeed without having stored anything: the
	// keyring of a system does when its dialog is dismissed.
	Set(ctx context.Context, it Item, secret []byte) error
	// Delete removes the item, or returns ErrNotFound. It may succeed without
	// effect, as Set may.
	Delete(ctx context.Context, it Item) error
}

// Need is what an operation prepares for.
type Need int

const (
	ToRead   Need = iota
	ToWrite       // to change what is there
	ToCreate      // to set an item, which may make a new file
)
