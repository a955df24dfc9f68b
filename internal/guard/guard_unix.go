//go:build unix

package guard

import (
	"sync"
	"syscall"
)

var (
	mu       sync.Mutex
	original *syscall.Rlimit // of core files, where Process has lowered it
)

// Process has this process leave no core file and, on Linux, be neither traced
// nor read by processes of the same user: debuggers, gcore, whoever opens
// /proc/PID/mem or environ. Root may do all that still. A program that takes
// the place of this one is not affected by the latter, since execve(2) makes a
// process dumpable again; for the limit see [WithLimits]. Where the system
// refuses, all goes on as without.
func Process() {
	mu.Lock()
	defer mu.Unlock()
	refuseTracing()
	var limit syscall.Rlimit
	if original != nil || syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) != nil {
		return
	}
	if syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 0, Max: limit.Max}) == nil {
		original = &limit
	}
}

// WithLimits calls f, which starts another program or becomes it, with the
// limit of core files that this process was started with, and returns its
// error.
func WithLimits(f func() error) error {
	mu.Lock()
	defer mu.Unlock()
	if original != nil && syscall.Setrlimit(syscall.RLIMIT_CORE, original) == nil {
		defer syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 0, Max: original.Max})
	}
	return f()
}
