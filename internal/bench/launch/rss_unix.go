//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxRSS returns the peak memory in bytes. Linux counts in KiB, macOS in bytes.
// Source: getrusage(2) of each.
func maxRSS(state *os.ProcessState) int64 {
	rss := int64(state.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS != "darwin" {
		rss <<= 10
	}
	return rss
}
