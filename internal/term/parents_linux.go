package term

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// parents maps the id of each process to its parent's, as /proc/PID/stat tells them: "PID (NAME) STATE PARENT …".
func parents() map[int]int {
	all := make(map[int]int)
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		// A name may hold anything, parentheses too.
		if f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]); len(f) > 1 {
			all[pid], _ = strconv.Atoi(string(f[1]))
		}
	}
	return all
}
