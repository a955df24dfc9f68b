//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
)

// bin is the directory of the binary under test, awsexec, and of probe, a copy
// of this test binary that acts as a client or a child.
var bin string

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "probe" {
		os.Exit(probe(os.Args[1:]))
	}
	if signal.Ignored(syscall.SIGHUP) { // children would inherit that, as under nohup
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "awsexec-bin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir

	if err := buildAwsexec(filepath.Join(dir, "awsexec"), ""); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "probe"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Tests mostly wait for other processes, two of them for a minute, so run
	// three times as many at once. The command line can override this.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// buildAwsexec builds awsexec like a release, but with symbols, and with a
// build tag if tag is not empty.
func buildAwsexec(path, tag string) error {
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", tag, "-o", path, "../../cmd/awsexec")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build awsexec: %w\n%s", err, out)
	}
	return nil
}
