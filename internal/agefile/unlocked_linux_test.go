package agefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/backend"
	"github.com/awsexec/awsexec/internal/kernelkey"
)

// unlocking returns the options of a file that the kernel helps to unlock, and
// of the same without a passphrase. The file holds keyItem. The test is skipped
// where the kernel holds no keys.
func unlocking(t *testing.T) (o, noPassphrase Options) {
	t.Helper()
	o = testOptions(filepath.Join(t.TempDir(), "file"))
	o.Copy.Off = false
	err := kernelkey.Put(o.Copy.Key, nil, time.Minute)
	switch {
	case errors.Is(err, kernelkey.ErrUnavailable) && os.Getenv("AWSEXEC_TEST_REQUIRE") != "all":
		t.Skip("missing: a kernel that holds keys")
	case err != nil:
		t.Fatal(err)
	}
	drop := func() {
		if err := o.Copy.Remove(); err != nil {
			t.Error(err)
		}
	}
	drop()
	t.Cleanup(drop)
	mustSet(t, newFile(t, o), keyItem, marker)
	noPassphrase = o
	noPassphrase.Passphrase = nil
	return o, noPassphrase
}

func mustUnlock(t *testing.T, o Options) {
	t.Helper()
	f := newFile(t, o)
	if err := errors.Join(f.Prepare(t.Context(), backend.ToWrite), f.Unlock(t.Context(), time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func wantLocked(t *testing.T, noPassphrase Options) {
	t.Helper()
	f := newFile(t, noPassphrase)
	if _, err := get(t, f, keyItem); !errors.Is(err, backend.ErrLocked) || f.Unlocked() || f.Open() {
		t.Errorf("not locked: %v", err)
	}
}

func TestUnlock(t *testing.T) {
	o, noPassphrase := unlocking(t)
	wantLocked(t, noPassphrase)
	if err := newFile(t, o).Unlock(t.Context(), time.Hour); !errors.Is(err, backend.ErrUnprepared) {
		t.Errorf("without Prepare: %v", err)
	}
	mustUnlock(t, o)
	f := newFile(t, noPassphrase)
	if !f.Unlocked() || !f.Open() {
		t.Error("not unlocked")
	}
	wantItem(t, f, keyItem, marker)
	if err := set(t, f, keyItem, marker+"2"); !errors.Is(err, backend.ErrLocked) {
		t.Errorf("a write without the passphrase: %v", err)
	}
	mustSet(t, newFile(t, o), keyItem, marker+"2")
	wantItem(t, newFile(t, noPassphrase), keyItem, marker+"2")
	if b, err := os.ReadFile(o.Copy.Path); err != nil || bytes.Contains(b, []byte(marker)) {
		t.Errorf("a secret is in plaintext; %v", err)
	}
	off := noPassphrase
	off.Copy.Off = true
	wantLocked(t, off)
	if err := o.Copy.Remove(); err != nil {
		t.Error(err)
	}
	wantLocked(t, noPassphrase)
}

// TestDamagedCopy checks that a copy that is damaged in any way is not read.
func TestDamagedCopy(t *testing.T) {
	o, _ := unlocking(t)
	mustUnlock(t, o)
	good, err := os.ReadFile(o.Copy.Path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(o.Path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := o.Copy.read(sealed); !ok {
		t.Fatal("the copy is not read")
	}
	try := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(o.Copy.Path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := o.Copy.read(sealed); ok {
			t.Error("a damaged copy was read")
		}
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		try(flipped)
		try(good[:i])
	}
	try(append(bytes.Clone(good), 0))
}
