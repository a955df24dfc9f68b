package flock

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const holdFile = "FLOCK_TEST_HOLD"

// TestMain lets the test binary be another process, which takes the lock,
// reports that, and holds the lock until it is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(holdFile); path != "" {
		if _, err := Lock(context.Background(), path); err != nil {
			panic(err)
		}
		os.Stdout.WriteString("held\n")
		select {}
	}
	os.Exit(m.Run())
}

func TestLockExcludes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "lock")
	var wg sync.WaitGroup
	var holders, got atomic.Int32
	for range 20 {
		wg.Go(func() {
			release, err := Lock(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if holders.Add(1) != 1 {
				t.Error("two processes hold the lock")
			}
			got.Add(1)
			holders.Add(-1)
			release()
		})
	}
	wg.Wait()
	if got.Load() != 20 {
		t.Errorf("%d of 20 got the lock", got.Load())
	}
}

func TestLockEndsWithContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline", err)
	}
	release()
	// The waiter that gave up may still get the lock, and must release it.
	release, err = Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

func TestLockOutlivesNoHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holdFile+"="+path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	got := make(chan error)
	go func() {
		_, err := Lock(t.Context(), path)
		got <- err
	}()
	select {
	case err := <-got:
		t.Fatalf("the lock was free beside its holder: %v", err)
	default:
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
