package sealingkey

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/kernelkey"
)

// newHolder returns a holder whose key ends with the test. The test is skipped
// where the kernel holds no keys.
func newHolder(t *testing.T, life time.Duration) Holder {
	t.Helper()
	h := Holder{Name: "sealingkey test " + t.TempDir(), Life: life, Debug: t.Logf}
	err := kernelkey.Put(h.Name, nil, time.Minute)
	switch {
	case errors.Is(err, kernelkey.ErrUnavailable) && os.Getenv("AWSEXEC_TEST_REQUIRE") != "all":
		t.Skip("missing: a kernel that holds keys")
	case err != nil:
		t.Fatal(err)
	}
	h.Forget()
	t.Cleanup(h.Forget)
	return h
}

func TestHolder(t *testing.T) {
	h := newHolder(t, time.Minute)
	h.Replace(New())
	if _, _, ok := h.Get(); ok {
		t.Error("Replace holds a key where none was held")
	}
	first, second := New(), New()
	h.Put(first)
	if held, until, ok := h.Get(); !ok || held != first || time.Until(until) > time.Minute {
		t.Errorf("held: %v, the same key: %v, until %v", ok, held == first, until)
	}
	h.Replace(second)
	if held, _, ok := h.Get(); !ok || held != second {
		t.Errorf("held: %v, the second key: %v", ok, held == second)
	}
	if err := h.Drop(); err != nil {
		t.Error(err)
	}
	if _, _, ok := h.Get(); ok {
		t.Error("held after Drop")
	}
}

// TestHolderKeepsTheLongerLife checks that Put does not cut short a holding
// that was asked for, and that a holder that is off replaces a held key without
// using it.
func TestHolderKeepsTheLongerLife(t *testing.T) {
	h := newHolder(t, time.Minute)
	if err := kernelkey.PutSealing(h.Name, New(), time.Hour); err != nil {
		t.Fatal(err)
	}
	fresh := New()
	off := h
	off.Life = 0
	off.Put(fresh)
	if _, _, ok := off.Get(); ok {
		t.Error("a holder that is off returns what is held")
	}
	if held, until, ok := h.Get(); !ok || held != fresh || time.Until(until) < 50*time.Minute {
		t.Errorf("held: %v, the fresh key: %v, until %v", ok, held == fresh, until)
	}
}
