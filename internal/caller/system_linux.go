package caller

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// executable returns the file of a process, "" if the kernel does not say, as of
// another user's. It is called once in every warm call.
func executable(pid int) string {
	var buffer [1024]byte
	n, err := syscall.Readlink("/proc/"+strconv.Itoa(pid)+"/exe", buffer[:])
	if err != nil || n == len(buffer) {
		return ""
	}
	return string(buffer[:n])
}

// maxArguments is how many bytes of a process's arguments are read.
const maxArguments = 16 << 10

// arguments returns the arguments of a process, or the first of them.
func arguments(pid int) []string {
	data := read(pid, "cmdline", maxArguments)
	if len(data) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(data), "\x00"), "\x00")
}

// parent returns the process above one; 0 if there is none. It reads
// /proc/PID/stat: "PID (NAME) STATE PARENT …".
func parent(pid int) int {
	stat := read(pid, "stat", 1024)
	// The name may hold any character, even parentheses.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	above, _ := strconv.Atoi(string(fields[1]))
	return above
}

func read(pid int, file string, most int) []byte {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/" + file)
	if err != nil {
		return nil
	}
	defer f.Close()
	data := make([]byte, most)
	n, _ := f.Read(data)
	return data[:n]
}
