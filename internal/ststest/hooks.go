// What a test can make the server do: hold, delay, fail, run off the clock.

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

// maxHeld is how many arrivals a hold can report; more are held, unreported.
const maxHeld = 1024

// Hold stops every call of action that arrives from now on, after it is
// counted and before any work is done. entered receives one value for each
// call held. release lets all of them go on and ends the hold; it may be called
// more than once. A held call whose client is seen to go away ends there, with
// ClientGone on its record. A second Hold of an action takes over its new calls
// from the first.
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
// a call to be under way use Hold.
func (s *Server) SetDelay(action string, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delays[action] = d
}

// Fail answers f to the next n calls of action, whoever makes them. Failures
// asked for earlier come first.
func (s *Server) Fail(action string, n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.faults[action] = append(s.faults[action], f)
	}
}

// FailNth answers f to the nth call from now on, whatever its action; 1 is the next. A second FailNth takes the place of the first.
func (s *Server) FailNth(n int, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nth, s.nthFault = n, f
}

// Calm forgets all failures and delays that were asked for, and sets the clock right. Holds stay.
func (s *Server) Calm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.faults)
	clear(s.delays)
	s.nth, s.offset = 0, 0
}

// SetClockOffset sets how far the server's clock runs from Config.Now: positive
// is ahead. It moves everything that the server reads a clock for: skew,
// expiry, MFA codes and the Date header.
func (s *Server) SetClockOffset(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offset = d
}

// wait holds and delays a call as asked; its error is ctx's.
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

// nextFault takes the next failure asked for action, or nil.
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
