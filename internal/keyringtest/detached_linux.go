package keyringtest

import "syscall"

// detached keeps a daemon away from the terminal, and makes it end with the thread that started it.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
