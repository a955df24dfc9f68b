package interrupt

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/awsexec/awsexec/internal/guard"
)

const forkingVar = "INTERRUPT_TEST_FORKS"

// TestStartsPrograms checks that a process that gets SIGINT, along with its children,
// while it starts programs ends in good order.
func TestStartsPrograms(t *testing.T) {
	if os.Getenv(forkingVar) != "" {
		startPrograms()
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		cmd := exec.Command(self, "-test.run=^TestStartsPrograms$")
		cmd.Env = append(os.Environ(), forkingVar+"=1", "GORACE=atexit_sleep_ms=0")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Stderr = os.Stderr
		ready, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, readErr := ready.Read(make([]byte, 1))
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

// startPrograms starts programs until a signal comes, and exits with 0.
func startPrograms() {
	ctx := Catch(time.Minute, func(int) { os.Exit(3) })
	os.Stdout.WriteString("\n")
	for ctx.Err() == nil {
		cmd := exec.Command("true")
		if guard.Start(cmd.Start) == nil {
			_ = cmd.Wait()
		}
	}
	os.Exit(0)
}
