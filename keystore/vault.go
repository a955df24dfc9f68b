package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/awsexec/awsexec/internal/agefile"
	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/keyindex"
	"github.com/awsexec/awsexec/internal/keyitem"
	"github.com/awsexec/awsexec/internal/keyring"
	"github.com/awsexec/awsexec/internal/sealingkey"
)

// vault is a backend with the index of its names and the sealing key.
type vault struct {
	kind    Kind
	backend backend.Backend
	items   backend.Operation // nil outside of an operation
	keyring *keyring.Keyring  // the same as backend; nil for other kinds
	file    *agefile.File     // the same as backend; nil for other kinds
	index   keyindex.Index
	holder  sealingkey.Holder
	memory  *memory
}

// begin returns a copy of v in an operation on its items, which ends when the
// function is called.
func (v *vault) begin() (*vault, func()) {
	during := *v
	var end func()
	during.items, end = v.backend.Begin()
	return &during, end
}

// preparations bounds how often a person is asked in one operation.
const preparations = 5

// prepared runs f. If f could not go on without a person, it asks one and runs
// f again.
func (v *vault) prepared(ctx context.Context, n backend.Need, f func() error) error {
	for range preparations {
		if err := f(); !errors.Is(err, backend.ErrUnprepared) {
			return err
		}
		if err := v.items.Prepare(ctx, n); err != nil {
			return err
		}
	}
	return f()
}

// read is get for callers that hold no lock: it asks a person where one is
// needed.
func (v *vault) read(ctx context.Context, name string) (c aws.Credentials, err error) {
	err = v.prepared(ctx, backend.ToRead, func() (err error) {
		c, err = v.get(ctx, name)
		return err
	})
	return c, err
}

// get returns the key kept under name.
func (v *vault) get(ctx context.Context, name string) (aws.Credentials, error) {
	secret, err := v.items.Get(ctx, keyitem.OfKey(name))
	if err != nil {
		return aws.Credentials{}, err
	}
	defer clear(secret)
	return keyitem.DecodeKey(secret)
}

// errDiffers reports that an item does not hold what was just written to it.
var errDiffers = fmt.Errorf("%w: the stored value differs after the write", ErrRefused)

// setAndCheck stores secret and reads it back.
func (v *vault) setAndCheck(ctx context.Context, it backend.Item, secret []byte) error {
	got, err := v.setAndRead(ctx, it, secret)
	defer clear(got)
	if err == nil && !bytes.Equal(got, secret) {
		err = errDiffers
	}
	return err
}

// setAndRead stores secret and returns what the item holds then.
func (v *vault) setAndRead(ctx context.Context, it backend.Item, secret []byte) ([]byte, error) {
	if err := v.items.Set(ctx, it, secret); err != nil {
		return nil, err
	}
	got, err := v.items.Get(ctx, it)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, fmt.Errorf("read back: %w", ErrRefused)
	case err != nil:
		return nil, fmt.Errorf("%w: it is missing after the write", err)
	}
	return got, nil
}

// explain adds the names of the key and the store to err.
func (v *vault) explain(name string, err error) error {
	if err == nil {
		return nil
	}
	return &KeyError{Name: name, Store: v.backend.String(), Err: err}
}
