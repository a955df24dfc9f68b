package fault

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const roleVar = "FAULT_TEST_ROLE"

// TestMain lets the test binary be a process that panics.
func TestMain(m *testing.M) {
	role := os.Getenv(roleVar)
	if role == "" {
		os.Exit(m.Run())
	}
	if role != "without a handler" {
		Handle(func(f *Fault) {
			fmt.Fprintln(os.Stderr, f)
			os.Exit(125)
		})
	}
	never := make(chan struct{})
	switch role {
	case "goroutine", "without a handler":
		Go(func() { panicking("S3CR3TMARKER") })
	case "main":
		defer Catch()
		panicking("S3CR3TMARKER")
	case "runtime":
		Go(func() {
			set := func(m map[string]int) { m["S3CR3TMARKER"] = 1 }
			set(nil)
		})
	case "nil pointer":
		Go(func() {
			var f *Fault
			f.Type = "S3CR3TMARKER"
		})
	case "nil value":
		Go(func() { panic(nil) })
	}
	<-never
}

func panicking(value any) { panic(value) }

func TestPanics(t *testing.T) {
	for role, want := range map[string]string{
		"goroutine":   "internal fault: string in fault.panicking (fault_test.go:",
		"main":        "internal fault: string in fault.panicking (fault_test.go:",
		"runtime":     "internal fault: runtime.plainError in fault.TestMain.",
		"nil pointer": "internal fault: runtime.errorString in fault.TestMain.",
		"nil value":   "internal fault: *runtime.PanicNilError in fault.TestMain.",
	} {
		t.Run(role, func(t *testing.T) {
			code, out := run(t, role)
			if code != 125 || !strings.HasPrefix(out, want) || strings.Contains(out, "S3CR3TMARKER") || strings.Contains(out, "goroutine ") {
				t.Errorf("exit code %d, standard error: %s; want %s…", code, out, want)
			}
		})
	}
	if code, out := run(t, "without a handler"); code != 2 || !strings.HasPrefix(out, "panic: S3CR3TMARKER") {
		t.Errorf("without a handler: exit code %d, standard error: %s", code, out)
	}
}

func run(t *testing.T, role string) (code int, stderr string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVar+"="+role)
	out, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); !ok {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}
