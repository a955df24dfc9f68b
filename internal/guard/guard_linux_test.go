package guard

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const roleVar = "GUARD_TEST_ROLE"

// TestMain lets the test binary be the processes that a test examines.
func TestMain(m *testing.M) {
	switch os.Getenv(roleVar) {
	case "":
		os.Exit(m.Run())
	case "guarded":
		Process()
		Process() // a second call does no harm
		printState()
		plain := []string{roleVar + "=plain"}
		again := exec.Command("/proc/self/exe")
		again.Env = plain
		again.Stdout = os.Stdout
		if err := WithLimits(again.Start); err != nil {
			fmt.Println(err)
		}
		again.Wait()
		printState()
		if exec.Command("head", fmt.Sprintf("/proc/%d/environ", os.Getpid())).Run() == nil {
			fmt.Println("another process of the user can read this one")
		}
		fmt.Println(WithLimits(func() error { return syscall.Exec("/proc/self/exe", os.Args, plain) }))
	case "plain":
		printState()
	}
}

// printState prints the observable state of this process.
func printState() {
	dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	var limit syscall.Rlimit
	err = errors.Join(err, syscall.Getrlimit(syscall.RLIMIT_CORE, &limit))
	fmt.Println(dumpable, limit.Cur, err)
}

// A guarded process is not dumpable and leaves no core file. A program that it
// starts or becomes runs as if unguarded. The process runs as a user without
// privileges, because root can read any process.
func TestProcess(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	if limit.Max == 0 {
		t.Skip("no core files allowed on this system")
	}
	cur := min(limit.Max, 1<<20)
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: cur, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)

	self, err := os.Open("/proc/self/exe") // other users may have no access to the file's directory
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = []string{roleVar + "=guarded", "PATH=" + os.Getenv("PATH")}
	cmd.Stderr = os.Stderr
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	guarded, plain := "0 0 <nil>", fmt.Sprintf("1 %d <nil>", cur)
	var got []string
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		got = append(got, lines.Text())
	}
	if want := []string{guarded, plain, guarded, plain}; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("dumpable, limit, error: got %q, want %q", got, want)
	}
}
