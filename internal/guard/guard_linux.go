package guard

import (
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// refuseTracing makes this process not dumpable: PR_SET_DUMPABLE(2const).
func refuseTracing() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }

// probe has package os find out whether this system has pidfds, which it does before
// it starts the first program, with signals blocked. It makes a child for that, which
// shares our memory, and does not block them itself. If Ctrl-C reached that child, the
// runtime's handler would end it half-way, and then this process: "fatal: morestack
// on gsignal". Source: checkPidfd in package os and doCheckClonePidfd in package
// syscall of Go 1.26.
var probe = sync.OnceFunc(func() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before) != nil {
		return
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Release()
	}
})
