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

// Backend stores short secrets: text of about a kilobyte at most. Operations of
// several goroutines may overlap. The caller ensures that only one process at a
// time calls Set and Delete.
type Backend interface {
	// Begin begins an operation, which ends when end is called.
	Begin() (o Operation, end func())
	// String names the backend in messages.
	String() string
}

// Operation works on the items of a backend. It is for one goroutine. Its
// errors wrap the kinds of this package. Neither its errors nor its debug
// messages hold a secret.
//
// Only Prepare asks a person, while the caller holds no lock. The other methods
// return [ErrUnprepared] if they need a person. The caller then releases its
// lock, calls Prepare, and begins again. The context limits Prepare; the
// timeout of the backend limits the other methods together.
type Operation interface {
	// Prepare does what needs a person, so that the other methods need none.
	Prepare(ctx context.Context, n Need) error
	// Get returns a copy of the secret, or ErrNotFound.
	Get(ctx context.Context, it Item) ([]byte, error)
	// Set stores the secret. It may succeed without storing anything: some
	// keyrings do that when their dialog is dismissed.
	Set(ctx context.Context, it Item, secret []byte) error
	// Delete removes the item, or returns ErrNotFound. It may succeed without
	// effect, as Set may.
	Delete(ctx context.Context, it Item) error
}

// Need is the purpose that an operation prepares for.
type Need int

const (
	ToRead   Need = iota
	ToWrite       // to change existing items
	ToCreate      // to set an item, which may create a file
	ToProve       // to change who may open the store, or for how long; what stays open does not count
)
