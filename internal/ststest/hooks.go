// Faults that a test can request: holds, delays, failures and a wrong clock.

package ststest

import (
	"context"
	"sync"
	"time"
)

// hold stops the calls of one action until it is released.
type hold struct {
	entered  chan struct{}
	released chan struct{}
}

// maxHeld is how many arrivals a hold can report. It holds further calls
// without a report.
const maxHeld = 1024

// Hold stops every call of action that arrives from now on, after it is counted
// and before any work is done. The channel entered receives one value for each
// held call. The function release lets all of them continue and ends the hold;
// it may be called more than once. If the client of a held call goes away, the
// call ends with ClientGone on its record. A second Hold of an action takes
// over new calls from the first.
func (s *Server) Hold(action string) (entered <-chan struct{}, release func()) {
	h := &hold{entered: make(chan struct{}, maxHeld), released: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds[action] = h
	return h.entered, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.holds[action] == h {
			delete(s.holds, action)
		}
		close(h.released)
	})
}

// SetDelay makes every later call of action take d longer. Tests that only need
// a call to be in progress use Hold.
func (s *Server) SetDelay(action string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays[action] = d
}

// Fail answers the next n calls of action with f, whoever makes them. Failures
// requested earlier come first.
func (s *Server) Fail(action string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.faults[action] = append(s.faults[action], f)
	}
}

// FailNth answers the nth call from now on with f, whatever its action; 1 is
// the next call. A second FailNth replaces the first.
func (s *Server) FailNth(n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nth, s.nthFault = n, f
}

// Calm removes all requested failures and delays, and corrects the clock. Holds
// stay.
func (s *Server) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	clear(s.delays)
	s.nth, s.offset = 0, 0
}

// SetClockOffset sets how far the server's clock is ahead of Config.Now. A
// negative offset is behind. The clock determines skew, expiry, MFA codes and
// the Date header.
func (s *Server) SetClockOffset(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = d
}

// wait holds and delays a call as requested. It returns the error of ctx.
func (s *Server) wait(ctx context.Context, action string) error {
	s.mu.Lock()
	h, delay := s.holds[action], s.delays[action]
	s.mu.Unlock()
	if h != nil {
		select {
		case h.entered <- struct{}{}:
		default:
		}
		select {
		case <-h.released:
		case <-ctx.Done():
		}
	}
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// nextFault removes and returns the next failure requested for action, or nil.
func (s *Server) nextFault(action string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nth > 0 {
		if s.nth--; s.nth == 0 {
			return &s.nthFault
		}
	}
	queue := s.faults[action]
	if len(queue) == 0 {
		return nil
	}
	s.faults[action] = queue[1:]
	return &queue[0]
}
