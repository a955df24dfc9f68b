//go:build unix

package server

import (
	"math"

	"golang.org/x/sys/unix"
)

// openFiles returns how many files this process may have open.
func openFiles() uint64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxUint64
	}
	return uint64(limit.Cur)
}
