//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
)

// bin holds the binary under test, awsexec, and probe, this test binary under the name that makes it a client or a child.
var bin string

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "probe" {
		os.Exit(probe(os.Args[1:]))
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

	for _, args := range [][]string{ // as a release is built, but for the symbols
		{"build", "-buildvcs=false", "-tags", "nethttpomithttp2", "-ldflags", "-E=_rt0_awsexec", "-o", dir, "../../cmd/awsexec"},
		{"run", "-buildvcs=false", "../initorder", filepath.Join(dir, "awsexec"), "../populate", "../warm"},
	} {
		build := exec.Command("go", args...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build awsexec: %v\n%s", err, out)
			return 1
		}
	}
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, filepath.Join(dir, "probe"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// Most of a test is waiting for other processes, one for a minute. The command line still has the last word.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
