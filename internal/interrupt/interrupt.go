// Package interrupt ends a run on the first signal that asks for it: in good order if the run heeds its context, and by force if it does
// not, because it waits for something that no context ends.
package interrupt

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/awsexec/awsexec/internal/fault"
)

// Signal is the cause of a context that a signal ended.
type Signal syscall.Signal

func (s Signal) Error() string {
	if s == Signal(syscall.SIGINT) {
		return "interrupted"
	}
	return fmt.Sprintf("ended by signal %d", int(s))
}

// ExitCode is what a shell gives for a program that the signal ended.
func (s Signal) ExitCode() int { return 128 + int(s) }

// Catch returns a context that ends with the first SIGINT, SIGTERM or SIGHUP; its cause is a [Signal]. If the process is still there after
// the time grace, exit is called with the exit code, outside of [Shield]. A second signal has the system's own effect: it kills. A signal that the
// process was started with ignored, by nohup or as a shell's background job, stays so.
func Catch(grace time.Duration, exit func(code int)) context.Context {
	received := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(received, s)
		}
	}
	return watch(received, func() { signal.Stop(received) }, grace, exit)
}

// watch is Catch for a signal that is received; caught is called when it is.
func watch(received <-chan os.Signal, caught func(), grace time.Duration, exit func(code int)) context.Context {
	s := &shields{}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.Background(), shieldsKey{}, s))
	fault.Go(func() {
		by := Signal(syscall.SIGINT)
		if n, ok := (<-received).(syscall.Signal); ok {
			by = Signal(n)
		}
		caught()
		cancel(by)
		for ended := false; !ended; {
			s.wait()
			time.Sleep(grace)
			ended = s.ifNone(func() { exit(by.ExitCode()) })
		}
	})
	return ctx
}

// Shield returns ctx without its end, for work that must not be left half done, and the function that says that it is done. Until then the
// process is not ended by force. The work needs a limit of its own.
func Shield(ctx context.Context) (shielded context.Context, release func()) {
	s, ok := ctx.Value(shieldsKey{}).(*shields)
	if !ok {
		return context.WithoutCancel(ctx), func() {}
	}
	s.add()
	return context.WithoutCancel(ctx), sync.OnceFunc(s.remove)
}

type shieldsKey struct{}

// shields counts what must not be left half done.
type shields struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed when count becomes 0; nil while it is
}

func (s *shields) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count == 0 {
		s.none = make(chan struct{})
	}
	s.count++
}

func (s *shields) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count--; s.count == 0 {
		close(s.none)
		s.none = nil
	}
}

// ifNone calls end if there is no shield, and lets nobody take one meanwhile.
func (s *shields) ifNone(end func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count > 0 {
		return false
	}
	end()
	return true
}

// wait returns when there is none.
func (s *shields) wait() {
	s.mu.Lock()
	none := s.none
	s.mu.Unlock()
	if none != nil {
		<-none
	}
}
