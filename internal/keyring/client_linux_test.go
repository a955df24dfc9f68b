package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/bustest"
)

// Secrets of the tests.
const (
	marker  = "S3CR3TMARKER"
	secret1 = marker + "1"
	secret2 = marker + "2"
	secret3 = marker + "3"
)

func item(name string) backend.Item { return backend.Item{Service: "awsexec", Name: name} }

func testOptions() Options { return Options{Env: os.Getenv} }

// client uses a keyring as package keystore does: when an operation needs a
// person, it calls Prepare, a few times.
type client struct{ *Keyring }

// open returns a client of a keyring that must be reachable.
func open(t *testing.T, o Options) client {
	t.Helper()
	k := New(o)
	if err := k.Reachable(); err != nil {
		t.Fatal(err)
	}
	return client{k}
}

func (c client) do(ctx context.Context, prepare bool, f func(backend.Operation) error) error {
	o, end := c.Begin()
	defer end()
	if prepare {
		if err := o.Prepare(ctx, backend.ToCreate); err != nil {
			return err
		}
	}
	for range 3 {
		if err := f(o); !errors.Is(err, backend.ErrUnprepared) {
			return err
		}
		if err := o.Prepare(ctx, backend.ToCreate); err != nil {
			return err
		}
	}
	return f(o)
}

func (c client) Get(ctx context.Context, name string) (secret string, err error) {
	err = c.do(ctx, false, func(o backend.Operation) error {
		b, err := o.Get(ctx, item(name))
		secret = string(b)
		return err
	})
	return secret, err
}

// Put stores a secret and reads it back.
func (c client) Put(ctx context.Context, name, secret string) error {
	return c.do(ctx, true, func(o backend.Operation) error {
		if err := o.Set(ctx, item(name), []byte(secret)); err != nil {
			return err
		}
		got, err := o.Get(ctx, item(name))
		if err == nil && !bytes.Equal(got, []byte(secret)) {
			err = errors.New("the stored value differs after the write")
		}
		return err
	})
}

func (c client) Delete(ctx context.Context, name string) error {
	return c.do(ctx, true, func(o backend.Operation) error { return o.Delete(ctx, item(name)) })
}

func mustPut(t *testing.T, c client, name, secret string) {
	t.Helper()
	if err := c.Put(t.Context(), name, secret); err != nil {
		t.Fatal(err)
	}
}

// wantKey checks that the keyring has this secret under name.
func wantKey(t *testing.T, c client, name, secret string) {
	t.Helper()
	if got, err := c.Get(t.Context(), name); err != nil || got != secret {
		t.Errorf("item %q is not the stored one: %v", name, err)
	}
}

// operations returns the operations of a client by name.
func operations(c client) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Get":    func(ctx context.Context) error { _, err := c.Get(ctx, "dev"); return err },
		"Put":    func(ctx context.Context) error { return c.Put(ctx, "dev", secret2) },
		"Delete": func(ctx context.Context) error { return c.Delete(ctx, "dev") },
	}
}

// wantAll checks that every operation fails with want, in time.
func wantAll(t *testing.T, c client, want error) {
	t.Helper()
	for name, op := range operations(c) {
		began := time.Now()
		err := op(t.Context())
		wantKind(t, name, err, want)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		t.Logf("%s: %v", name, err)
	}
}

// wantKind checks that err is of this kind and of no other.
func wantKind(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
	for _, other := range []error{backend.ErrNotFound, backend.ErrLocked, backend.ErrUnavailable, backend.ErrRefused, backend.ErrTooBig, backend.ErrCorrupt} {
		if other != want && errors.Is(err, other) {
			t.Errorf("%s: %v is of two kinds", what, err)
		}
	}
}

// put stores an item in a scripted service, without the client.
func put(s *bustest.Scripted, name, secret string) *bustest.Item {
	return s.Put("awsexec", name, []byte(secret))
}

func withoutCollection(t *testing.T) {
	bustest.Start(t, bustest.SystemServices)
	bustest.Needs(t, "gnome-keyring-daemon")
}
