//go:build linux

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// killed runs c and ends it with SIGKILL at its point number at, counted from
// 1. A point is just before a system call that can change something outside of
// the process, or just after a request to another process. If c ended before
// that point, ok is false; where describes the point. The process is traced
// with ptrace(2), so the binary is the one that users have.
//
// The points are: creating, writing, renaming and removing files and
// directories; adding and removing keys in the kernel; D-Bus calls that change
// a keyring; HTTP requests. Nothing between two points changes anything that
// outlives the process.
func (h *home) killed(c command, at int) (r result, where string, ok bool) {
	h.t.Helper()
	return h.traced(c, at, nil)
}

// stopped is like killed, but c stops at the point while meanwhile runs, and
// then continues to its end.
func (h *home) stopped(c command, at int, meanwhile func(where string)) (r result, ok bool) {
	h.t.Helper()
	r, _, ok = h.traced(c, at, meanwhile)
	return r, ok
}

// points runs c to its end and returns the number of its points.
func (h *home) points(c command) (r result, n int) {
	h.t.Helper()
	const farAway = 1 << 30
	r, _, _ = h.traced(c, farAway, nil)
	return r, r.points
}

func (h *home) traced(c command, at int, meanwhile func(where string)) (r result, where string, ok bool) {
	h.t.Helper()
	if os.Getuid() != 0 {
		missing(h.t, "only root may trace awsexec")
	}
	if c.name == "" {
		c.name = h.awsexec
	}
	type end struct {
		r     result
		where string
		err   error
	}
	done, stopped, goOn := make(chan end, 1), make(chan string), make(chan struct{})
	stop := func(where string) {
		stopped <- where
		<-goOn
	}
	if meanwhile == nil {
		stop = nil
	}
	go func() {
		runtime.LockOSThread() // the tracer is a thread
		defer runtime.UnlockOSThread()
		var e end
		e.r, e.where, e.err = h.trace(c, at, stop)
		done <- e
	}()
	var e end
	select {
	case e = <-done:
	case where := <-stopped:
		func() {
			defer close(goOn) // also when it ends the test
			meanwhile(where)
		}()
		e = <-done
	}
	if e.err != nil {
		h.t.Fatalf("%s: %v", strings.Join(c.args, " "), e.err)
	}
	return e.r, e.where, e.where != ""
}

// trace runs c on this thread. At point number at it calls stop, or kills c if
// stop is nil.
func (h *home) trace(c command, at int, stop func(where string)) (r result, where string, err error) {
	dir, err := os.MkdirTemp("", "awsexec-killed")
	if err != nil {
		return r, "", err
	}
	defer os.RemoveAll(dir)
	files := make([]*os.File, 3)
	for i, name := range []string{"stdin", "stdout", "stderr"} {
		path := filepath.Join(dir, name)
		if i == 0 {
			if err := os.WriteFile(path, []byte(c.stdin), 0o600); err != nil {
				return r, "", err
			}
		}
		if files[i], err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
			return r, "", err
		}
		defer files[i].Close()
	}
	began := time.Now()
	pid, err := syscall.ForkExec(c.name, append([]string{c.name}, c.args...), &syscall.ProcAttr{
		Dir:   h.dir,
		Env:   h.environ(c.env...),
		Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
		Sys:   &syscall.SysProcAttr{Ptrace: true, Setsid: true},
	})
	if err != nil {
		return r, "", fmt.Errorf("ptrace: %w", err)
	}
	watchdog := time.AfterFunc(limit, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	defer watchdog.Stop()
	tr := tracee{pid: pid, dir: h.dir, at: at, stop: stop}
	status, err := tr.run()
	r = result{code: status.ExitStatus(), pid: pid, took: time.Since(began), points: tr.seen}
	if status.Signaled() {
		r.signal = status.Signal()
		r.code = 128 + int(r.signal)
	}
	for i, text := range []*string{1: &r.stdout, 2: &r.stderr} {
		if text != nil {
			data, readErr := os.ReadFile(files[i].Name())
			*text = string(data)
			err = errorOr(err, readErr)
		}
	}
	if err == nil && (tr.where != "" && stop == nil) != (r.signal == syscall.SIGKILL) {
		err = fmt.Errorf("killed at %q, but it ended with code %d", tr.where, r.code)
	}
	return r, tr.where, err
}

func errorOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// tracee is a traced process with all its threads.
type tracee struct {
	pid   int
	dir   string
	at    int
	stop  func(where string) // called at that point; nil kills the process
	where string             // the description of that point
	seen  int
}

// run lets the process run until it has ended.
func (tr *tracee) run() (ended unix.WaitStatus, err error) {
	var status unix.WaitStatus
	if _, err := wait4(tr.pid, &status); err != nil || !status.Stopped() {
		return status, errorOr(err, fmt.Errorf("no stop at the start: %#x", status))
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(tr.pid, options); err != nil {
		return status, err
	}
	stopped, signal := tr.pid, 0
	for {
		// ESRCH: the thread was killed meanwhile.
		if err := unix.PtraceSyscall(stopped, signal); err != nil && err != unix.ESRCH {
			return ended, err
		}
		for {
			stopped, err = wait4(-tr.pid, &status)
			if err == unix.ECHILD {
				return ended, nil
			}
			if err != nil {
				return ended, err
			}
			if status.Stopped() {
				break
			}
			if stopped == tr.pid {
				ended = status
			}
		}
		switch sig := status.StopSignal(); {
		case sig == unix.SIGTRAP|0x80:
			signal = 0
			if tr.where == "" && tr.reached(stopped) {
				if tr.stop != nil {
					tr.stop(tr.where) // the other threads stop at their next system call
				} else if err := unix.Kill(tr.pid, unix.SIGKILL); err != nil {
					return ended, err
				}
			}
		case sig == unix.SIGTRAP, sig == unix.SIGSTOP: // a new thread, and its first stop
			signal = 0
		default:
			signal = int(sig)
		}
	}
}

// wait4 waits for a thread or, if pid is negative, for any of a process group.
// This thread may have children of other tests.
func wait4(pid int, status *unix.WaitStatus) (int, error) {
	for {
		got, err := unix.Wait4(pid, status, unix.WALL|unix.WNOTHREAD, nil)
		if err != unix.EINTR {
			return got, err
		}
	}
}

// syscallInfo is struct ptrace_syscall_info of ptrace(2), for the entry of a
// system call.
type syscallInfo struct {
	op    uint8
	_     [3]uint8
	arch  uint32
	ip    uint64
	sp    uint64
	nr    uint64
	args  [6]uint64
	spare [2]uint64
}

// reached reports whether the thread, which stopped at a system call, is at the
// point to die at.
func (tr *tracee) reached(thread int) bool {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != unix.PTRACE_SYSCALL_INFO_ENTRY {
		return false
	}
	what := tr.describe(thread, &info)
	if what == "" {
		return false
	}
	tr.seen++
	if tr.seen == tr.at {
		tr.where = "before " + what
		return true
	}
	if !strings.HasPrefix(what, "sending ") {
		return false
	}
	// A request takes effect in another process, some time later. Die
	// meanwhile.
	tr.seen++
	if tr.seen != tr.at {
		return false
	}
	tr.where = "after " + what
	if unix.PtraceSyscall(thread, 0) != nil {
		return true
	}
	var status unix.WaitStatus
	for {
		got, err := wait4(thread, &status)
		if err != nil || got == thread {
			return true
		}
	}
}

// describe returns a description of a system call that changes something
// outside of the process, and "" for all others.
func (tr *tracee) describe(thread int, info *syscallInfo) string {
	name := func(arg int) string {
		text, _, _ := bytes.Cut(tr.read(thread, info.args[arg], 4096), []byte{0})
		path := string(text)
		if dir := int32(info.args[arg-1]); !filepath.IsAbs(path) && dir != unix.AT_FDCWD {
			if base, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, dir)); err == nil {
				path = filepath.Join(base, path)
			}
		}
		return strings.TrimPrefix(path, tr.dir+"/")
	}
	switch info.nr {
	case unix.SYS_OPENAT:
		if info.args[2]&unix.O_CREAT != 0 && (info.args[2]&unix.O_TRUNC != 0 || !tr.exists(name(1))) {
			return "creating " + name(1)
		}
	case unix.SYS_MKDIRAT:
		if !tr.exists(name(1)) {
			return "making " + name(1)
		}
	case unix.SYS_UNLINKAT:
		if tr.exists(name(1)) {
			return "removing " + name(1)
		}
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINKAT:
		return "renaming " + name(1) + " to " + name(3)
	case unix.SYS_FCHMODAT:
		return "chmod of " + name(1)
	case unix.SYS_FTRUNCATE:
		if file := tr.file(info.args[0]); file != "" {
			return "cutting " + file
		}
	case unix.SYS_KEYCTL:
		switch info.args[0] {
		case unix.KEYCTL_LINK:
			return "adding a key to the kernel"
		case unix.KEYCTL_UNLINK:
			return "removing a key from the kernel"
		}
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SENDTO:
		if file := tr.file(info.args[0]); file != "" {
			return "writing to " + file
		}
		return tr.message(info.args[0], tr.read(thread, info.args[1], min(info.args[2], 4096)))
	case unix.SYS_SENDMSG: // in struct msghdr, the third and fourth members are the vector and its length
		header := tr.read(thread, info.args[1], 32)
		if len(header) < 32 || binary.NativeEndian.Uint64(header[24:]) == 0 {
			return ""
		}
		vector := tr.read(thread, binary.NativeEndian.Uint64(header[16:]), 16)
		if len(vector) < 16 {
			return ""
		}
		return tr.message(info.args[0], tr.read(thread, binary.NativeEndian.Uint64(vector), min(binary.NativeEndian.Uint64(vector[8:]), 4096)))
	}
	return ""
}

// file returns the path of an open regular file below the home, or "".
func (tr *tracee) file(fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, fd))
	rest, ok := strings.CutPrefix(path, tr.dir+"/")
	if !ok {
		return ""
	}
	return rest
}

// message describes data sent to a socket if it is an HTTP request or a call
// that changes a keyring.
func (tr *tracee) message(fd uint64, data []byte) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, fd))
	if !strings.HasPrefix(path, "socket:") {
		return ""
	}
	if bytes.HasPrefix(data, []byte("POST ")) || bytes.HasPrefix(data, []byte("GET ")) {
		line, _, _ := bytes.Cut(data, []byte("\r"))
		return "sending " + strconv.Quote(string(line))
	}
	for _, member := range []string{"CreateItem", "SetSecret", "Delete", "CreateCollection"} {
		if bytes.Contains(data, []byte("\x00"+member+"\x00")) && bytes.Contains(data, []byte("org.freedesktop.Secret.")) {
			return "sending " + member + " to the keyring"
		}
	}
	return ""
}

// exists reports whether the process sees a file of that name.
func (tr *tracee) exists(name string) bool {
	if !filepath.IsAbs(name) {
		name = filepath.Join(tr.dir, name)
	}
	_, err := os.Lstat(name)
	return err == nil
}

// read returns at most size bytes of the process's memory.
func (tr *tracee) read(thread int, address, size uint64) []byte {
	data := make([]byte, size)
	n := 0
	for n < len(data) { // one page at a time, because the next page may be unmapped
		part := data[n:min(len(data), n+4096-int((address+uint64(n))%4096))]
		got, err := unix.ProcessVMReadv(thread, []unix.Iovec{{Base: &part[0], Len: uint64(len(part))}},
			[]unix.RemoteIovec{{Base: uintptr(address) + uintptr(n), Len: len(part)}}, 0)
		if err != nil || got == 0 {
			break
		}
		n += got
	}
	return data[:n]
}

// The tracer finds the points of a known program, and lets it run to its end
// after the last one.
func TestKilled(t *testing.T) {
	t.Parallel()
	h := newHome(t, "")
	c := command{name: "/bin/sh", args: []string{"-c", "echo one > a; echo two > b; echo out; exec mv -T a c"}}
	var points []string
	left := map[int]string{}
	for at, ok := 1, true; ok; at++ {
		var r result
		var where string
		if r, where, ok = h.killed(c, at); ok {
			points = append(points, where)
		} else if r.code != 0 || r.stdout != "out\n" {
			t.Errorf("undisturbed: exit code %d, %q, %s", r.code, r.stdout, r.stderr)
		}
		if at > 20 {
			t.Fatalf("it does not end: %q", points)
		}
		for _, name := range []string{"a", "b", "c"} {
			if err := os.Remove(h.path(name)); err == nil {
				left[at] += name
			}
		}
	}
	want := []string{"before creating a", "before writing to a", "before creating b", "before writing to b", "before renaming a to c"}
	if !slices.Equal(points, want) {
		t.Errorf("points %q, want %q", points, want)
	}
	if want := map[int]string{2: "a", 3: "a", 4: "ab", 5: "ab", 6: "bc"}; !maps.Equal(left, want) {
		t.Errorf("files left: %v, want %v", left, want)
	}
}
