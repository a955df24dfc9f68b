package program

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Interrupted reports whether err is the exit status of a command that Ctrl-C
// ended.
func Interrupted(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && uint32(exit.ExitCode()) == uint32(windows.STATUS_CONTROL_C_EXIT)
}

// Detach keeps cmd from opening a console window. Its end kills all its
// descendants.
func Detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	KeepInGroup(cmd)
}

// killTree kills p and its descendants, parents first, so that none can start
// another one unnoticed.
func killTree(p *os.Process) error {
	all := parents()
	if err := p.Kill(); err != nil {
		return err // already gone
	}
	tree := map[uint32]bool{uint32(p.Pid): true}
	for grown := true; grown; {
		grown = false
		for pid, parent := range all {
			if tree[parent] && !tree[pid] {
				if h, err := windows.OpenProcess(windows.PROCESS_TERMINATE, false, pid); err == nil {
					windows.TerminateProcess(h, 1)
					windows.CloseHandle(h)
				}
				tree[pid], grown = true, true
			}
		}
	}
	return nil
}

// parents returns the parent of each process, by process ID.
func parents() map[uint32]uint32 {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snapshot)
	all := make(map[uint32]uint32)
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot,
		&entry) {
		all[entry.ProcessID] = entry.ParentProcessID
	}
	return all
}
