package program

import "golang.org/x/sys/unix"

// parents returns the parent of each process, by process ID.
func parents() map[int]int {
	procs, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	all := make(map[int]int, len(procs))
	for _, p := range procs {
		all[int(p.Proc.P_pid)] = int(p.Eproc.Ppid)
	}
	return all
}
