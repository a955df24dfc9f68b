// Package interrupt ends a run on the first signal that asks for it. The run
// ends in good order if it obeys its context. If it waits for something that no
// context ends, it is ended by force.
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

// ExitCode returns the exit code that a shell reports for a program ended by s.
func (s Signal) ExitCode() int { return 128 + int(s) }

// Catch returns a context that ends on the first SIGINT, SIGTERM or SIGHUP. The
// cause is a [Signal]. If the process still runs after grace, Catch calls exit
// with the exit code, but not while a [Shield] is held. A second signal kills
// the process. A signal that was ignored when the process started, because of
// nohup or as a background job of a shell, stays ignored.
func Catch(grace time.Duration, exit func(code int)) context.Context {
	received := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(received, s)
		}
	}
	return watch(received, func() { signal.Stop(received) }, grace, exit)
}

// watch implements Catch for the signals in received. It calls caught when it
// receives one.
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

// Shield returns ctx without its cancellation, for work that must not be
// interrupted half-way, and a function that the caller must call when the work
// is done. Until then the process is not ended by force. The work needs a time
// limit of its own.
func Shield(ctx context.Context) (shielded context.Context, release func()) {
	s, ok := ctx.Value(shieldsKey{}).(*shields)
	if !ok {
		return context.WithoutCancel(ctx), func() {}
	}
	s.add()
	return context.WithoutCancel(ctx), sync.OnceFunc(s.remove)
}

type shieldsKey struct{}

// shields counts the work that must not be interrupted.
type shields struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed when count reaches 0; nil while count is 0
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

// ifNone calls end if there is no shield, and prevents new shields meanwhile.
// It reports whether it called end.
func (s *shields) ifNone(end func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count > 0 {
		return false
	}
	end()
	return true
}

// wait waits until there is no shield.
func (s *shields) wait() {
	s.mu.Lock()
	none := s.none
	s.mu.Unlock()
	if none != nil {
		<-none
	}
}
