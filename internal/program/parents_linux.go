package program

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// parents returns the parent of each process, by process ID. It reads
// /proc/PID/stat: "PID (NAME) STATE PARENT …".
func parents() map[int]int {
	all := make(map[int]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		// The name may hold any character, even parentheses.
		if f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(f) > 1 {
			all[pid], _ = strconv.Atoi(string(f[1]))
		}
	}
	return all
}
