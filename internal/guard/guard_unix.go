//go:build unix

package guard

import (
	"sync"
	"syscall"
)

var (
	mu       sync.Mutex
	original *syscall.Rlimit // the limit of core files before Process lowered it
)

// Process prevents core files of this process. On Linux it also prevents other
// processes of the same user from tracing this process or reading its memory:
// debuggers, gcore, and readers of /proc/PID/mem and environ. Root can still do
// all that. A program that this process becomes can be traced again, because
// execve(2) makes a process dumpable; for its core limit see [WithLimits].
// Process ignores errors of the system.
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

// Start calls f, which starts another program, as [WithLimits] does. A signal may come
// meanwhile.
func Start(f func() error) error {
	probe()
	return WithLimits(f)
}

// WithLimits restores the core limit that this process was started with and
// calls f, which starts or becomes another program. It returns the error of f.
func WithLimits(f func() error) error {
	mu.Lock()
	defer mu.Unlock()
	if original != nil && syscall.Setrlimit(syscall.RLIMIT_CORE, original) == nil {
		defer syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: 0, Max: original.Max})
	}
	return f()
}
