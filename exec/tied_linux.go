package exec

import "syscall"

// tied makes the kernel send the child SIGTERM when the thread that started it
// ends, which happens when this process is killed. If the thread has already
// ended when the child starts, the signal comes at once.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
