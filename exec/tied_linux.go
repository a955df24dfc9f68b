package exec

import "syscall"

// tied makes the kernel send the child SIGTERM when the thread that starts it
// has ended, which is when this process was killed. It is sent at once to a
// child that starts too late for that.
func tied() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
