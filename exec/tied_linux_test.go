package exec

import (
	"bufio"
	"io"
	"os"
	osexec "os/exec"
	"syscall"
	"testing"
)

// When SIGKILL ends the process that runs it, the child gets SIGTERM and can
// still clean up.
func TestChildOfKilled(t *testing.T) {
	for name, path := range map[string]string{"program": "/bin/sh", "script without #!": script(t, `shift; eval "$1"`, 0o700)} {
		t.Run(name, func(t *testing.T) {
			cmd := osexec.CommandContext(t.Context(), os.Args[0], path, "-c", `trap 'echo terminated; exit' TERM; echo ready; for i in $(seq 1000); do sleep 0.02; done`)
			cmd.Env = append(os.Environ(), "EXEC_TEST_HOW=run")
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd.Stdout = in
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			in.Close()
			lines := bufio.NewReader(out)
			if line, err := lines.ReadString('\n'); line != "ready\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if rest, err := io.ReadAll(lines); string(rest) != "terminated\n" {
				t.Errorf("the child wrote %q, %v", rest, err)
			}
		})
	}
}
