package caller

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/sys/unix"
)

// executable returns the file of a process, "" if the kernel does not say.
func executable(pid int) string {
	file, _ := launched(pid)
	return file
}

// arguments returns the arguments of a process.
func arguments(pid int) []string {
	_, args := launched(pid)
	return args
}

// launched reads KERN_PROCARGS2: the number of arguments, the file, zero bytes up to
// a boundary, and the arguments. The kernel refuses it for another user's process.
func launched(pid int) (file string, args []string) {
	data, err := unix.SysctlRaw("kern.procargs2", pid)
	if err != nil || len(data) < 4 {
		return "", nil
	}
	count := int(binary.NativeEndian.Uint32(data))
	path, rest, _ := bytes.Cut(data[4:], []byte{0})
	for _, arg := range strings.Split(string(bytes.TrimLeft(rest, "\x00")), "\x00") {
		if len(args) == count {
			break
		}
		args = append(args, arg)
	}
	return string(path), args
}

// parent returns the process above one; 0 if there is none.
func parent(pid int) int {
	p, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return 0
	}
	return int(p.Eproc.Ppid)
}
