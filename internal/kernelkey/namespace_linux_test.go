package kernelkey

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const stealVar = "KERNELKEY_TEST_STEAL"

// steal prints what a process of the same user in another user namespace can get
// of the key NAME, with the number ID, in the keyring RING, in every way there is.
// It should get nothing.
func steal(what string) {
	runtime.LockOSThread() // which the keyring belongs to
	var name string
	var id, ring int
	if _, err := fmt.Sscan(what, &name, &id, &ring); err != nil {
		fmt.Println(err)
	}
	if key, _, err := Get(name); err == nil {
		fmt.Printf("got %s by its name\n", key)
	}
	try := func(way string) {
		buf := make([]byte, timeSize+MaxSecret)
		if n, err := unix.KeyctlBuffer(unix.KEYCTL_READ, id, buf, 0); err == nil {
			fmt.Printf("got %s %s\n", buf[timeSize:n], way)
		}
	}
	try("by its number")
	for _, from := range []int{id, ring} {
		if _, err := unix.KeyctlInt(unix.KEYCTL_LINK, from, unix.KEY_SPEC_THREAD_KEYRING, 0, 0); err == nil {
			fmt.Printf("linked to %d\n", from)
		}
	}
	keys, _ := os.ReadFile("/proc/keys") // whatever keyring can be seen and linked
	for line := range bytes.Lines(keys) {
		fields := strings.Fields(string(line))
		if len(fields) > 0 {
			if serial, err := strconv.ParseInt(fields[0], 16, 32); err == nil {
				_, _ = unix.KeyctlInt(unix.KEYCTL_LINK, int(serial), unix.KEY_SPEC_THREAD_KEYRING, 0, 0)
			}
		}
		if bytes.Contains(line, []byte(name)) {
			fmt.Printf("sees %s", line)
		}
	}
	try("through another keyring")
}

// A process in another user namespace that is the same user outside, as in a
// rootless container, does not get what is held; nor does it learn that
// anything is.
func TestOtherNamespace(t *testing.T) {
	name := newName(t)
	if err := Put(name, []byte("S3CR3TMARKER"), time.Minute); err != nil {
		t.Fatal(err)
	}
	ring, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer ring.close()
	if ring.permissions == ofUser {
		t.Skip("this kernel has no persistent keyrings")
	}
	id, err := ring.find(name)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), stealVar+"="+fmt.Sprint(name, " ", id, " ", ring.id))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL) {
		t.Skip("no user namespaces here:", err)
	}
	if err != nil || len(out) > 0 {
		t.Errorf("%v, %s", err, out)
	}
}
