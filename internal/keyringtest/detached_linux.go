package keyringtest

import "syscall"

// detached returns attributes that keep a daemon away from the terminal and end
// it with the thread that started it.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
