package server

import (
	"sync"

	"github.com/awsexec/awsexec/internal/fault"
)

// renewals are the goroutines that check and renew credentials.
type renewals struct {
	mu    sync.Mutex
	ended bool
	group sync.WaitGroup
}

// begin runs f in a goroutine, and reports whether it did: not after end.
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

// end waits until all have ended. A request that is still being answered starts no
// more of them.
func (r *renewals) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.group.Wait()
}
