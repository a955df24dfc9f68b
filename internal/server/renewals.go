package server

import (
	"sync"

	"github.com/awsexec/awsexec/internal/fault"
)

// renewals are the goroutines that get new credentials.
type renewals struct {
	mu    sync.Mutex
	ended bool
	group sync.WaitGroup
}

// begin runs f in a goroutine of its own, unless end has been called.
func (r *renewals) begin(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.group.Go(func() {
			defer fault.Catch()
			f()
		})
	}
	return !r.ended
}

// end waits for those that have begun. A request that is still being answered begins no more of them.
func (r *renewals) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.group.Wait()
}
