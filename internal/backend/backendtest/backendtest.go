// Package backendtest has the test that every backend of the keystore passes.
package backendtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/awsexec/awsexec/internal/backend"
)

// Marker is in all secrets of this package. Where they must not be, none may be
// found by it.
const Marker = "S3CR3TMARKER"

// largest is the size of the largest item that is ever stored.
const largest = 1024

// Run tests the contract of package backend on what open returns: one that is
// reachable, needs no person or is given what a person would give, and holds
// nothing yet. Open is called several times and returns
// different backends over the same items, as other processes have them.
func Run(t *testing.T, open func() backend.Backend) {
	t.Helper()
	k := kit{t, open}
	for _, row := range []struct {
		name string
		run  func(k kit)
	}{
		{"missing", missing},
		{"kept", kept},
		{"replaced", replaced},
		{"deleted", deleted},
		{"apart", apart},
		{"large", large},
		{"at once", atOnce},
	} {
		k.t.Run(row.name, func(t *testing.T) { row.run(kit{t, open}) })
	}
}

type kit struct {
	t    *testing.T
	open func() backend.Backend
}

// do runs f in an operation of a new backend, as package keystore does: f is run
// again after Prepare where it needs a person.
func (k kit) do(f func(ctx context.Context, o backend.Operation) error) error {
	o, end := k.open().Begin()
	defer end()
	ctx := k.t.Context()
	if err := o.Prepare(ctx, backend.ToCreate); err != nil {
		return err
	}
	var err error
	for range 5 {
		if err = f(ctx, o); !errors.Is(err, backend.ErrUnprepared) {
			return err
		}
		if err := o.Prepare(ctx, backend.ToCreate); err != nil {
			return err
		}
	}
	return err
}

func (k kit) get(it backend.Item) (secret []byte, err error) {
	err = k.do(func(ctx context.Context, o backend.Operation) error {
		secret, err = o.Get(ctx, it)
		return err
	})
	return secret, err
}

func (k kit) set(it backend.Item, secret string) {
	k.t.Helper()
	err := k.do(func(ctx context.Context, o backend.Operation) error { return o.Set(ctx, it, []byte(secret)) })
	if err != nil {
		k.t.Fatalf("set %v: %v", it, err)
	}
}

func (k kit) delete(it backend.Item) error {
	return k.do(func(ctx context.Context, o backend.Operation) error { return o.Delete(ctx, it) })
}

// wants checks that it has this secret; "" means that it must be missing.
func (k kit) wants(it backend.Item, secret string) {
	k.t.Helper()
	got, err := k.get(it)
	switch {
	case secret == "" && !errors.Is(err, backend.ErrNotFound):
		k.t.Errorf("%v: %v, want %v", it, err, backend.ErrNotFound)
	case secret != "" && err != nil:
		k.t.Errorf("%v: %v", it, err)
	case secret != "" && !bytes.Equal(got, []byte(secret)):
		k.t.Errorf("%v is not what was stored", it)
	}
}

func item(name string) backend.Item { return backend.Item{Service: "awsexec", Name: name} }

func missing(k kit) {
	k.wants(item("missing"), "")
	if err := k.delete(item("missing")); !errors.Is(err, backend.ErrNotFound) || strings.Contains(err.Error(), Marker) {
		k.t.Errorf("delete: %v, want %v", err, backend.ErrNotFound)
	}
}

// kept stores text as it is: keys are JSON, the sealing key is base64.
func kept(k kit) {
	for _, secret := range []string{`{"AccessKeyId":"AKIA","SecretAccessKey":"` + Marker + `+/="}`, Marker + "YWJj+/==.ZGVm", Marker + ` \ ' " é 日本`} {
		k.set(item("kept"), secret)
		k.wants(item("kept"), secret)
	}
}

func replaced(k kit) {
	k.set(item("replaced"), Marker+"1")
	k.set(item("replaced"), Marker+"2")
	k.wants(item("replaced"), Marker+"2")
	err := k.do(func(ctx context.Context, o backend.Operation) error { // in one operation
		if err := o.Set(ctx, item("replaced"), []byte(Marker+"3")); err != nil {
			return err
		}
		got, err := o.Get(ctx, item("replaced"))
		if err == nil && string(got) != Marker+"3" {
			k.t.Error("an operation does not see what it has written")
		}
		return err
	})
	if err != nil {
		k.t.Error(err)
	}
}

func deleted(k kit) {
	k.set(item("deleted"), Marker+"1")
	k.set(item("beside"), Marker+"2")
	if err := k.delete(item("deleted")); err != nil {
		k.t.Fatal(err)
	}
	k.wants(item("deleted"), "")
	k.wants(item("beside"), Marker+"2")
	if err := k.delete(item("deleted")); !errors.Is(err, backend.ErrNotFound) {
		k.t.Errorf("delete again: %v, want %v", err, backend.ErrNotFound)
	}
}

// apart checks that items are told apart by their service, letter case and
// every byte of a name that a profile may have.
func apart(k kit) {
	items := []backend.Item{
		item("dev"), item("Dev"), item("d/ev"), item("%64ev"), item(".."), item("a b&c<d>|*?!^@{},."),
		item(strings.Repeat("é", 64)), item(strings.Repeat("é", 63) + "ee"), {Service: "awsexec-next", Name: "dev"},
	}
	for i, it := range items {
		k.set(it, fmt.Sprintf("%s%d", Marker, i))
	}
	for i, it := range items {
		k.wants(it, fmt.Sprintf("%s%d", Marker, i))
	}
	if err := k.delete(items[0]); err != nil {
		k.t.Error(err)
	}
	k.wants(items[1], Marker+"1")
	k.wants(items[0], "")
}

func large(k kit) {
	secret := Marker + strings.Repeat("/", largest-len(Marker))
	k.set(item("large"), secret)
	k.wants(item("large"), secret)
}

// atOnce has operations overlap on one backend.
func atOnce(k kit) {
	shared := k.open()
	k.open = func() backend.Backend { return shared }
	var setting sync.Mutex // the caller ensures that one process at a time writes
	var wg sync.WaitGroup
	for i := range 4 {
		it, secret := item(fmt.Sprintf("at once %d", i)), fmt.Sprintf("%s%d", Marker, i)
		wg.Go(func() {
			setting.Lock()
			err := k.do(func(ctx context.Context, o backend.Operation) error { return o.Set(ctx, it, []byte(secret)) })
			setting.Unlock()
			if err != nil {
				k.t.Error(err)
			}
			k.wants(it, secret)
		})
	}
	wg.Wait()
}
