//go:build linux

package e2e

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// probeNoKeys becomes a program for which the kernel refuses to hold keys, as
// with the seccomp filters of container engines. Docker's filter refuses all
// calls, Podman's only those that add keys.
func probeNoKeys(engine string, args []string) int {
	const ok, offsetOfNumber = unix.SECCOMP_RET_ALLOW, 0
	refused := uint32(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetOfNumber},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_ADD_KEY, Jt: 3},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_REQUEST_KEY, Jt: 2},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_KEYCTL, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: ok},
		{Code: unix.BPF_RET | unix.BPF_K, K: refused},
	}
	if engine == "podman" {
		filter[3].K = unix.SYS_REQUEST_KEY // instead of keyctl
	}
	runtime.LockOSThread() // the filter belongs to a thread, which then becomes the program
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
	}
	if err == nil {
		err = syscall.Exec(args[0], args, os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// Where the kernel holds no keys, everything else works as usual, but each call
// needs the passphrase. Unlock reports this before it asks for the passphrase.
func TestKernelRefusesKeys(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"docker", "podman"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			testKernelRefusesKeys(t, engine)
		})
	}
}

func testKernelRefusesKeys(t *testing.T, engine string) {
	srv := newSTS(t)
	h := newHome(t, srv.URL())
	h.useBinary(cheap)
	h.env["AWSEXEC_HOLD"] = "5m"
	h.addAlice()
	refused := func(args ...string) command {
		return command{name: bin + "/probe", args: append([]string{"nokeys", engine, h.awsexec}, args...)}
	}
	first := decode(t, h.start(refused("-p", "work")).wait())
	r := h.start(refused("-p", "work", "--debug")).wait()
	if again := decode(t, r); again.AccessKeyID != first.AccessKeyID {
		t.Error("the session was not found in the cache")
	}
	if !strings.Contains(r.stderr, "the kernel holds no keys here: operation not permitted") {
		t.Errorf("--debug says\n%s", r.stderr)
	}
	if r := h.start(refused("-p", "work")).wait(); r.stderr != "" {
		t.Errorf("without --debug:\n%s", r.stderr)
	}

	delete(h.env, "AWSEXEC_PASSPHRASE")
	h.start(refused("-p", "work")).wait().fails(t, 125, "AWSEXEC_PASSPHRASE")
	tm := h.onTerminal(true, append([]string{bin + "/probe"}, refused("unlock").args...)...)
	r = tm.end()
	r.fails(t, 125, "the kernel holds no keys here", "hint: set AWSEXEC_PASSPHRASE")
	if strings.Contains(tm.shown(), "passphrase: ") {
		t.Error("asked for a passphrase that is of no use")
	}
	if r := h.start(refused("lock")).wait(); r.code != 0 {
		t.Errorf("lock: exit code %d\n%s", r.code, r.stderr)
	}
}
