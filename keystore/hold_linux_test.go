package keystore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/bustest"
	"github.com/awsexec/awsexec/internal/kernelkey"
	"github.com/awsexec/awsexec/internal/keyitem"
)

// holding returns options under which the kernel holds the sealing key until
// the test ends. The test is skipped where it does not.
func holding(t *testing.T, kind Kind, dir string) Options {
	t.Helper()
	o := testOptions(dir)
	o.Hold = time.Minute
	h := newHolder(o, kind)
	if err := kernelkey.Put(h.Name, nil, time.Minute); errors.Is(err, kernelkey.ErrUnavailable) {
		bustest.Missing(t, "a kernel that holds keys")
	}
	drop := func() {
		if err := h.Drop(); err != nil {
			t.Error(err)
		}
	}
	drop()
	t.Cleanup(drop)
	return o
}

// lasts reports whether until is when something ends that began after before,
// just now, and was to last for life. It is in whole seconds.
func lasts(until, before time.Time, life time.Duration) bool {
	return !until.After(time.Now().Add(life)) && !until.Before(before.Add(life-time.Second))
}

func openKind(t *testing.T, kind Kind, o Options) *Store {
	t.Helper()
	s, err := Open(kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHold checks that the store is read once, and that the kernel then holds
// the key for as long as it was told to.
func TestHold(t *testing.T) {
	for _, kind := range []Kind{KindFile, KindKeyring} {
		t.Run(string(kind), func(t *testing.T) {
			if kind == KindKeyring {
				bustest.Start(t, bustest.NoServices).StartKeyring(t)
			}
			o := holding(t, kind, t.TempDir())
			mustPut(t, openKind(t, kind, o), "dev", testKey(1))
			if _, _, ok := newHolder(o, kind).Get(); ok {
				t.Error("held before anybody has read it")
			}
			before := time.Now()
			want := mustSeal(t, openKind(t, kind, o))
			got, until, ok := newHolder(o, kind).Get()
			if !ok || got.Key != want || !lasts(until, before, o.Hold) {
				t.Errorf("held: %v, the same: %v, for %v", ok, got.Key == want, until.Sub(before))
			}

			// A store whose backend must not be read.
			s := openKind(t, kind, o)
			s.vault.backend = &faulty{Backend: s.vault.backend} // whose operations panic
			if mustSeal(t, s) != want {
				t.Error("another key")
			}
			if _, again, _ := newHolder(o, kind).Get(); again != until {
				t.Error("a read makes it be held for longer")
			}

			// A holding that was asked for is not cut short by who has to read
			// the store.
			if err := kernelkey.PutSealing(newHolder(o, kind).Name, kernelkey.Sealing{Key: [32]byte{1}}, time.Hour); err != nil {
				t.Fatal(err)
			}
			if key, err := openKind(t, kind, o).KeptSealingKey(t.Context()); err != nil || key != want {
				t.Errorf("the key kept is another: %v", err)
			}
			if got, until, ok := newHolder(o, kind).Get(); !ok || got.Key != want || time.Until(until) < 50*time.Minute {
				t.Errorf("held: %v, the right one: %v, for %v", ok, got.Key == want, time.Until(until))
			}
		})
	}
}

// TestHoldManyAtOnce checks that many callers at once cost one passphrase, and
// that those who cannot wait get ErrLocked, not ErrNotFound.
func TestHoldManyAtOnce(t *testing.T) {
	o := holding(t, KindFile, t.TempDir())
	mustPut(t, openFile(t, o), "dev", testKey(1))
	var asked atomic.Int32
	asking, typed := make(chan struct{}, 20), make(chan struct{})
	o.Passphrase = func(context.Context, bool) ([]byte, error) {
		asked.Add(1)
		asking <- struct{}{}
		<-typed
		return []byte(testPassphrase), nil
	}
	var wg sync.WaitGroup
	keys := make(chan [32]byte, 20)
	for range 20 {
		s := openFile(t, o)
		wg.Go(func() {
			key, err := s.SealingKey(t.Context())
			if err != nil {
				t.Error(err)
			}
			keys <- key
		})
	}
	<-asking
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := openFile(t, o).SealingKey(ctx); !errors.Is(err, ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	close(typed)
	wg.Wait()
	close(keys)
	first := <-keys
	for key := range keys {
		if key != first {
			t.Error("two sealing keys")
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestHoldSwitchedOff(t *testing.T) {
	o := holding(t, KindFile, t.TempDir())
	o.Hold = 0
	want := mustSeal(t, openFile(t, o))
	o.Hold = time.Minute
	h := newHolder(o, KindFile)
	if _, _, ok := h.Get(); ok {
		t.Error("held although that is switched off")
	}
	if err := kernelkey.PutSealing(h.Name, kernelkey.Sealing{Key: [32]byte{9}}, time.Minute); err != nil {
		t.Fatal(err)
	}
	o.Hold = 0
	if mustSeal(t, openFile(t, o)) != want {
		t.Error("what is held was used")
	}
}

// TestHoldOfStoreMadeAnew checks that making a new sealing key leaves no old
// one with the kernel, whether holding is on or off.
func TestHoldOfStoreMadeAnew(t *testing.T) {
	for _, hold := range []time.Duration{0, time.Minute} {
		for name, remake := range map[string]func(t *testing.T, o Options){
			"file": func(t *testing.T, o Options) {
				if err := os.Remove(filePath(o)); err != nil {
					t.Fatal(err)
				}
				mustPut(t, openFile(t, o), "dev", testKey(2))
			},
			"sealing key": func(t *testing.T, o Options) {
				s := openFile(t, o)
				if err := itemsOf(t, s).Delete(t.Context(), keyitem.Sealing); err != nil {
					t.Fatal(err)
				}
				if _, err := s.KeptSealingKey(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(fmt.Sprint(name, hold), func(t *testing.T) {
				o := holding(t, KindFile, t.TempDir())
				mustPut(t, openFile(t, o), "dev", testKey(1))
				old := mustSeal(t, openFile(t, o))
				o.Hold = hold
				remake(t, o)
				o.Hold = time.Minute
				if mustSeal(t, openFile(t, o)) == old {
					t.Error("the old key is still there")
				}
			})
		}
	}
}

// TestHoldWithoutKernel checks that a kernel that holds nothing changes
// nothing, and that --debug mentions it.
func TestHoldWithoutKernel(t *testing.T) {
	o := testOptions(t.TempDir())
	o.Hold = time.Minute
	var said []string
	o.Debug = func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	s := openFile(t, o)
	s.vault.holder.Name = strings.Repeat("x", 5000) // more than any kernel takes for a name: refused, as all is in some containers
	first := mustSeal(t, s)
	if mustSeal(t, s) != first || len(said) == 0 || !strings.Contains(said[0], kernelkey.ErrUnavailable.Error()) {
		t.Errorf("said %q", said)
	}
}
