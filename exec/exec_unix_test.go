//go:build unix

package exec

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary play awsexec: the process that becomes or runs
// the child named by its arguments.
func TestMain(m *testing.M) {
	how := os.Getenv("EXEC_TEST_HOW")
	if how == "" {
		os.Exit(m.Run())
	}
	c := Cmd{Path: os.Args[1], Args: os.Args[1:], Env: []string{"CHILD=yes", "PATH=" + os.Getenv("PATH")}}
	var err error
	if how == "replace" {
		err = c.Replace()
	} else {
		if done := os.Getenv("EXEC_TEST_TALK"); done != "" {
			go talk(done)
		}
		var code int
		if code, err = c.Run(); err == nil {
			os.Exit(code)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	switch {
	case errors.Is(err, ErrNotFound):
		os.Exit(127)
	case errors.Is(err, ErrNotRunnable):
		os.Exit(126)
	}
	os.Exit(99)
}

// talk writes to standard error until a write fails, and then creates the file
// done.
func talk(done string) {
	for {
		if _, err := os.Stderr.WriteString("."); err != nil {
			_ = os.WriteFile(done, nil, 0o600)
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// both runs a test twice: with a process that becomes the child, and with a
// process that runs the child.
func both(t *testing.T, f func(t *testing.T, start func(args ...string) *osexec.Cmd)) {
	for _, how := range []string{"replace", "run"} {
		t.Run(how, func(t *testing.T) {
			f(t, func(args ...string) *osexec.Cmd {
				cmd := osexec.CommandContext(t.Context(), os.Args[0], args...)
				cmd.Env = append(os.Environ(), "EXEC_TEST_HOW="+how)
				return cmd
			})
		})
	}
}

func script(t *testing.T, content string, perm os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(content), perm); err != nil {
		t.Fatal(err)
	}
	// execve fails with ETXTBSY while the fork of another test still holds a
	// descriptor open for writing. A copy that cp made and that is then renamed
	// has no such descriptor.
	copied := path + ".copy"
	if out, err := osexec.Command("cp", "-p", path, copied).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return copied
}

func TestChild(t *testing.T) {
	both(t, func(t *testing.T, start func(...string) *osexec.Cmd) {
		for _, tt := range []struct {
			name string
			args []string
			in   string
			out  string
			code int
		}{
			{"success", []string{"/bin/sh", "-c", "exit 0"}, "", "", 0},
			{"exit code", []string{"/bin/sh", "-c", "exit 7"}, "", "", 7},
			{"exit code 255", []string{"/bin/sh", "-c", "exit 255"}, "", "", 255},
			{"standard input", []string{"/bin/cat"}, "in\n", "in\n", 0},
			{"arguments as they are", []string{"/bin/sh", "-c", `printf '%s|' "$@"`, "x", "", "-p", "--", "a b", `"q"`, "$HOME"}, "", `|-p|--|a b|"q"|$HOME|`, 0},
			{"environment", []string{"/bin/sh", "-c", "echo $CHILD $EXEC_TEST_HOW"}, "", "yes\n", 0},
			{"script without #!", []string{script(t, "echo $1 $0 >/dev/null; echo $1", 0o700), "arg"}, "", "arg\n", 0},
			{"script", []string{script(t, "#!/bin/sh\necho hi", 0o700)}, "", "hi\n", 0},
			{"missing interpreter", []string{script(t, "#!/no/such/interpreter\n", 0o700)}, "", "", 126},
			{"missing program", []string{"/no/such/program"}, "", "", 127},
			{"not executable", []string{script(t, "#!/bin/sh\n", 0o600)}, "", "", 126},
			{"directory", []string{t.TempDir()}, "", "", 126},
		} {
			t.Run(tt.name, func(t *testing.T) {
				cmd := start(tt.args...)
				cmd.Stdin = strings.NewReader(tt.in)
				var errs bytes.Buffer
				cmd.Stderr = &errs
				out, err := cmd.Output()
				var exit *osexec.ExitError
				if err != nil && !errors.As(err, &exit) {
					t.Fatal(err)
				}
				if got := cmd.ProcessState.ExitCode(); got != tt.code || string(out) != tt.out {
					t.Errorf("exit code %d, output %q; want %d, %q; stderr: %s", got, out, tt.code, tt.out, &errs)
				}
			})
		}
	})
}

func TestReplaceKeepsTheProcess(t *testing.T) {
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "/bin/sh", "-c", "echo $$")
	cmd.Env = append(os.Environ(), "EXEC_TEST_HOW=replace")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.TrimSpace(string(out)), fmt.Sprint(cmd.Process.Pid); got != want {
		t.Errorf("the child is process %s, want %s", got, want)
	}
}

// startReady starts cmd and waits until its child reports that it is ready.
func startReady(t *testing.T, cmd *osexec.Cmd) (in io.WriteCloser, out *bufio.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out = bufio.NewReader(pipe)
	if line, err := out.ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	return in, out
}

// A signal to this process reaches the child, whether the process becomes the
// child or runs it. The exit code shows that a signal killed the child.
func TestSignals(t *testing.T) {
	both(t, func(t *testing.T, start func(...string) *osexec.Cmd) {
		const trap = `trap 'echo term; exit 3' TERM; echo ready; while :; do read x; done`
		cmd := start("/bin/sh", "-c", trap)
		in, lines := startReady(t, cmd)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte("\n")); err != nil && !errors.Is(err, syscall.EPIPE) {
			t.Fatal(err)
		}
		if line, err := lines.ReadString('\n'); line != "term\n" {
			t.Errorf("got %q, %v", line, err)
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != 3 {
			t.Errorf("exit code %d, want 3", got)
		}
	})
}

func TestRunReportsAKilledChild(t *testing.T) {
	c := Cmd{Path: "/bin/sh", Args: []string{"sh", "-c", "kill -9 $$"}}
	if code, err := c.Run(); code != 128+9 || err != nil {
		t.Errorf("got %d, %v; want 137", code, err)
	}
}

// A parent survives writing to a standard error that nobody reads any more.
func TestRunOutlivesItsReader(t *testing.T) {
	done := filepath.Join(t.TempDir(), "done")
	cmd := osexec.CommandContext(t.Context(), os.Args[0], "/bin/sh", "-c", "exec 2>&-; echo ready; read x; exit 3")
	cmd.Env = append(os.Environ(), "EXEC_TEST_HOW=run", "EXEC_TEST_TALK="+done)
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := startReady(t, cmd)
	errs.Close()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(done); err == nil || time.Now().After(deadline) {
			break
		}
	}
	in.Close()
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != 3 {
		t.Errorf("exit code %d (%v), want 3", got, cmd.ProcessState)
	}
}

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	for name, perm := range map[string]os.FileMode{"good/prog": 0o755, "bad/prog": 0o644, "bad/text": 0o644, "here": 0o755} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, perm); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "good", "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
	for _, tt := range []struct {
		name, path, want string
		err              error
	}{
		{"prog", good, good + "/prog", nil},
		{"prog", bad + ":" + good, good + "/prog", nil},
		{"prog", bad, "", ErrNotRunnable},
		{"text", bad + ":" + good, "", ErrNotRunnable},
		{"none", bad + ":" + good, "", ErrNotFound},
		{"sub", good, "", ErrNotFound},
		{"", good, "", ErrNotFound},
		{"here", good + ":", "./here", nil},
		{"here", good, "", ErrNotFound},
		{"./here", good, "./here", nil},
		{"./none", good, "", ErrNotFound},
		{"here/x", good, "", ErrNotFound},
		{"./bad/prog", good, "", ErrNotRunnable},
		{good, good, "", ErrNotRunnable},
		{"sh", "", "/bin/sh", nil},
	} {
		got, err := LookPath(tt.name, tt.path)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("LookPath(%q, %q) = %q, %v; want %q, %v", tt.name, tt.path, got, err, tt.want, tt.err)
		}
	}
}
