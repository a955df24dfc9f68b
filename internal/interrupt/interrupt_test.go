package interrupt

import (
	"context"
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const grace = 2 * time.Second

// run starts to watch; send is a signal, and code is what the process was ended
// with by force, 0 if it was not.
func run() (ctx context.Context, send func(syscall.Signal), code func() int) {
	received := make(chan os.Signal, 1)
	var exited atomic.Int32
	ctx = watch(received, func() {}, grace, func(c int) { exited.Store(int32(c)) })
	return ctx, func(s syscall.Signal) { received <- s }, func() int { synctest.Wait(); return int(exited.Load()) }
}

func TestForced(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		synctest.Test(t, func(t *testing.T) {
			ctx, send, code := run()
			send(s)
			<-ctx.Done()
			if by, ok := errors.AsType[Signal](context.Cause(ctx)); !ok || by != Signal(s) {
				t.Errorf("cause %v", context.Cause(ctx))
			}
			time.Sleep(grace - time.Nanosecond)
			if code() != 0 {
				t.Error("exit called at once")
			}
			time.Sleep(time.Nanosecond)
			if code() != 128+int(s) {
				t.Errorf("%v: exit code %d", s, code())
			}
		})
	}
}

// Shielded work is finished, and the rest of the run has its time after that.
func TestShield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, send, code := run()
		first, release := Shield(ctx)
		_, releaseOther := Shield(ctx)
		send(syscall.SIGTERM)
		<-ctx.Done()
		time.Sleep(time.Hour)
		release()
		release() // a second call has no effect
		time.Sleep(time.Hour)
		if first.Err() != nil || code() != 0 {
			t.Errorf("the shielded work was interrupted: %v, exit code %d", first.Err(), code())
		}
		releaseOther()
		time.Sleep(grace / 2)
		_, release = Shield(ctx) // more shielded work
		time.Sleep(time.Hour)
		if code() != 0 {
			t.Errorf("exit code %d", code())
		}
		release()
		time.Sleep(grace)
		if code() != 143 {
			t.Errorf("exit code %d", code())
		}
	})
}

func TestShieldOfNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	shielded, release := Shield(ctx)
	defer release()
	if shielded.Err() != nil {
		t.Error(shielded.Err())
	}
}
