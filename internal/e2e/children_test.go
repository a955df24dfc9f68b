//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// modes are the two ways to run a child: awsexec becomes the child, or stays
// its parent.
var modes = []struct {
	name string
	args []string
}{
	{"exec", []string{"-p", "work", "--"}},
	{"serve", []string{"-p", "work", "serve", "--"}},
}

// inModes runs a test in both modes. In the test, args and line start a
// command, for exec and for a shell.
func inModes(t *testing.T, f func(t *testing.T, h *home, args []string, line string)) {
	t.Parallel()
	h := workHome(t)
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			of := *h
			of.t = t
			f(t, &of, m.args, bin+"/awsexec "+strings.Join(m.args, " ")+" ")
		})
	}
}

// number returns the number that the terminal shows before text.
func (tm *terminal) number(text string) int {
	tm.t.Helper()
	n, err := strconv.Atoi(tm.expect(text))
	if err != nil {
		tm.t.Fatal(err)
	}
	return n
}

// awsexecOf returns the process that gets the signals meant for the child: the
// child's parent in the mode that has one.
func awsexecOf(t *testing.T, child int) int {
	t.Helper()
	parent := parentOf(t, child)
	if program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", parent)); err == nil && filepath.Base(program) == "awsexec" {
		return parent
	}
	return child
}

// statOf returns the fields of a process after its name. Source: proc(5),
// /proc/pid/stat.
func statOf(t *testing.T, pid int) []string {
	t.Helper()
	stat := string(read(t, fmt.Sprintf("/proc/%d/stat", pid)))
	return strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
}

func stateOf(t *testing.T, pid int) string { return statOf(t, pid)[0] }

func parentOf(t *testing.T, pid int) int {
	n, err := strconv.Atoi(statOf(t, pid)[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// following returns a function that waits until a file contains a text.
func following(t *testing.T, path string) (wait func(text string)) {
	return func(text string) {
		t.Helper()
		eventually(t, text, func() bool {
			data, _ := os.ReadFile(path) // the file may not exist yet
			return strings.Contains(string(data), text)
		})
	}
}

func kill(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// The exit code is the child's, or 128 plus the signal's number for a child
// that a signal killed.
func TestChildrenEnd(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, args []string, _ string) {
		for script, code := range map[string]int{"exit 0": 0, "exit 7": 7, "exit 255": 255, "kill -9 $$": 137, "kill -15 $$": 143, "kill -1 $$": 129, "kill -2 $$": 130} {
			r := h.run(slices.Concat(args, []string{"sh", "-c", script})...)
			if r.code != code || r.stdout != "" || r.stderr != "" {
				t.Errorf("%s: exit code %d, want %d; printed %q, said %q", script, r.code, code, r.stdout, r.stderr)
			}
		}
	})
}

// The child gets one signal for each Ctrl-C and Ctrl-\, one for a change of the
// terminal's size, and one for a SIGTERM from outside. awsexec does not end
// before the child.
func TestChildrenOnTerminal(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, args []string, _ string) {
		tm := h.onTerminal(false, slices.Concat([]string{bin + "/awsexec"}, args, []string{"probe", "signals"})...)
		tm.expect("pid ")
		child := tm.number(".")
		tm.send("\x03")
		tm.expect("interrupt 1.")
		tm.send("\x1c")
		tm.expect("quit 1.")
		if err := pty.Setsize(tm.master, &pty.Winsize{Rows: 42, Cols: 123}); err != nil {
			t.Fatal(err)
		}
		tm.expect("window changed 1.")
		tm.send("\x03")
		tm.expect("interrupt 2.")
		kill(t, awsexecOf(t, child), syscall.SIGTERM)
		tm.expect("terminated 1.")
		if state := stateOf(t, awsexecOf(t, child)); state == "Z" || state == "X" {
			t.Errorf("awsexec is in state %s while its child lives", state)
		}
		kill(t, child, syscall.SIGUSR2)
		if r := tm.end(); r.code != 7 {
			t.Errorf("exit code %d, want the child's 7", r.code)
		}
	})
}

// Each signal that is sent only to awsexec reaches the child once.
func TestChildrenWithoutTerminal(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, args []string, _ string) {
		log := h.path("log." + filepath.Base(t.Name()))
		p := h.start(command{args: slices.Concat(args, []string{"sh", "-c", `exec probe signals >"$0"`, log})})
		logged := following(t, log)
		logged("pid ")
		for _, s := range []struct {
			signal syscall.Signal
			text   string
		}{
			{syscall.SIGINT, "interrupt 1."}, {syscall.SIGQUIT, "quit 1."}, {syscall.SIGTERM, "terminated 1."}, {syscall.SIGHUP, "hangup 1."},
			{syscall.SIGUSR1, "user defined signal 1 1."}, {syscall.SIGTERM, "terminated 2."}, {syscall.SIGINT, "interrupt 2."},
		} {
			kill(t, p.cmd.Process.Pid, s.signal)
			logged(s.text)
		}
		kill(t, p.cmd.Process.Pid, syscall.SIGUSR2)
		if r := p.wait(); r.code != 7 {
			t.Errorf("exit code %d, want the child's 7; stderr:\n%s", r.code, r.stderr)
		}
		if strings.Contains(string(read(t, log)), " 3.") {
			t.Errorf("a signal arrived twice:\n%s", read(t, log))
		}
	})
}

// Under nohup, in the background of a script and without job control, the child
// ignores the same signals as it would without awsexec. Other signals are not
// tested, because Go does not report whether they were ignored at its start.
func TestChildrenIgnoreWhatAwsexecIgnores(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, _ []string, line string) {
		const look = `grep -E '^Sig(Blk|Ign)' /proc/self/status`
		for _, ignored := range []string{"", "HUP", "INT", "HUP INT TSTP TTIN TTOU"} {
			script := func(before string) string { return "trap '' " + ignored + "; exec " + before + look }
			if ignored == "" {
				script = func(before string) string { return "exec " + before + look }
			}
			got := h.start(command{name: "/bin/sh", args: []string{"-c", script(line)}}).wait()
			want := h.start(command{name: "/bin/sh", args: []string{"-c", script("")}}).wait()
			if got.stdout != want.stdout || got.stdout == "" {
				t.Errorf("with %q ignored the child has\n%swant\n%s%s", ignored, got.stdout, want.stdout, got.stderr)
			}
		}
	})
}

// In a shell with job control, Ctrl-Z stops awsexec and its child, and fg
// continues both, in the foreground of the terminal.
func TestJobControl(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, _ []string, line string) {
		tm := h.onShell(t)
		tm.send(line + "probe signals\n")
		tm.expect("pid ")
		child := tm.number(".")
		parent := awsexecOf(t, child)
		for n := 1; n <= 2; n++ {
			tm.send("\x1a")
			tm.expect("Stopped")
			eventually(t, "both processes stopped", func() bool { return stateOf(t, child) == "T" && stateOf(t, parent) == "T" })
			tm.send("fg\n")
			tm.expect("probe signals")
			eventually(t, "a child that continues", func() bool { return stateOf(t, child) != "T" && stateOf(t, parent) != "T" })
			tm.send("\x03")
			tm.expect(fmt.Sprintf("interrupt %d.", n))
		}
		kill(t, child, syscall.SIGUSR2)
		tm.expect("total ")
		tm.send("echo code $?.\n")
		tm.expect("code 7.")
		tm.leave()
	})
}

// onShell starts a user's interactive bash on a terminal.
func (h *home) onShell(t *testing.T) *terminal {
	t.Helper()
	bash := requireProgram(t, "bash", anyProgram)
	tm := h.onTerminal(false, "env", "PS1=ready> ", bash, "--norc", "--noprofile", "-i")
	tm.expect("ready> ")
	return tm
}

// leave ends the shell of onShell.
func (tm *terminal) leave() {
	tm.t.Helper()
	tm.send("exit 0\n")
	if r := tm.end(); r.code != 0 {
		tm.t.Errorf("the shell ended with %d", r.code)
	}
}

// An interactive shell works as a child: it has the terminal and its own job
// control, and knows the profile for its prompt. When it suspends itself the
// outer shell takes over, and fg returns to it.
func TestShells(t *testing.T) {
	inModes(t, func(t *testing.T, h *home, _ []string, line string) {
		tm := h.onShell(t)
		tm.send(line + `env 'PS1=$AWSEXEC_PROFILE inside> ' bash --norc --noprofile -i` + "\n")
		tm.expect("work inside> ")
		tm.send("probe signals\n")
		tm.expect("pid ")
		child := tm.number(".")
		tm.send("\x1a")
		tm.expect("Stopped")
		tm.expect("work inside> ")
		tm.send("fg\n")
		tm.expect("probe signals")
		eventually(t, "a child that continues", func() bool { return stateOf(t, child) != "T" })
		tm.send("\x03")
		tm.expect("interrupt 1.")
		kill(t, child, syscall.SIGUSR2)
		tm.expect("total ")
		tm.expect("work inside> ")
		tm.send("suspend\n")
		tm.expect("Stopped")
		tm.expect("ready> ")
		tm.send("fg\n")
		tm.expect("bash") // the job's command line
		tm.send("\n")
		tm.expect("work inside> ")
		tm.send("exit 5\n")
		tm.expect("ready> ")
		tm.send("echo code $?.\n")
		tm.expect("code 5.")
		tm.leave()
	})
}

// When SIGKILL, which awsexec cannot pass on, ends awsexec, a child of serve
// gets SIGTERM and decides when it ends. The next serve removes what the killed
// one left.
func TestParentKilled(t *testing.T) {
	t.Parallel()
	h := workHome(t)
	log := h.path("log")
	p := h.start(command{args: []string{"-p", "work", "serve", "--", "sh", "-c", `exec probe signals >"$0" 2>&1`, log}})
	logged := following(t, log)
	logged("pid ")
	var child int
	if _, err := fmt.Sscanf(string(read(t, log)), "pid %d.", &child); err != nil {
		t.Fatal(err)
	}
	kill(t, p.cmd.Process.Pid, syscall.SIGKILL)
	if r := p.wait(); r.signal != syscall.SIGKILL {
		t.Errorf("exit code %d", r.code)
	}
	logged("terminated 1.")
	kill(t, child, syscall.SIGUSR2)
	logged("total ")

	left := func() []string {
		paths, err := filepath.Glob(h.path("tmp", "awsexec-serve-*"))
		if err != nil {
			t.Fatal(err)
		}
		return paths
	}
	before := left()
	if r := h.run("-p", "work", "serve", "--", "true"); r.code != 0 {
		t.Errorf("exit code %d, stderr:\n%s", r.code, r.stderr)
	}
	if after := left(); len(before) != 1 || len(after) != 0 {
		t.Errorf("the killed one left %q; after the next one there is %q", before, after)
	}
}

// xargs -P and make -j start many processes at once, inside a child and
// outside. One session serves them all, nested ones too. env -i removes all
// inherited variables.
func TestManyChildren(t *testing.T) {
	t.Parallel()
	srv := newSTS(t)
	h := newKeyringHome(t, srv.URL())
	h.addAlice()
	whoami := bin + "/probe whoami"
	h.write("all: 1 2 3 4 5 6\n1 2 3 4 5 6:\n\t@awsexec -p work -- "+whoami+"\n", "Makefile")
	make := requireProgram(t, "make", anyProgram)
	for _, tt := range []struct {
		name string
		command
		lines int
	}{
		{"xargs outside", command{name: "/bin/sh", args: []string{"-c", "seq 6 | xargs -P 6 -n 1 awsexec -p work -- " + "sh -c '" + whoami + "' x"}}, 6},
		{"xargs inside", command{args: []string{"-p", "work", "--", "sh", "-c", "seq 6 | xargs -P 6 -n 1 sh -c '" + whoami + "' x"}}, 6},
		{"xargs inside serve", command{args: []string{"-p", "work", "serve", "--", "sh", "-c", "seq 6 | xargs -P 6 -n 1 sh -c '" + whoami + "' x"}}, 6},
		{"make outside", command{name: make, args: []string{"-s", "-j", "6"}}, 6},
		{"make inside", command{args: []string{"-p", "work", "--", make, "-s", "-j", "6"}}, 6},
		{"nested", command{args: []string{"-p", "work", "serve", "--", "awsexec", "--", "awsexec", "-p", "work", "serve", "--", "probe", "whoami"}}, 1},
		{"env -i", command{args: []string{"-p", "work", "--", "env", "-i", "sh", "-c", `[ -z "$AWS_ACCESS_KEY_ID$AWSEXEC_PROFILE" ] && echo ` + aliceARN}}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := h.start(tt.command).wait()
			if want := strings.Repeat(aliceARN+"\n", tt.lines); r.code != 0 || r.stdout != want {
				t.Errorf("exit code %d, printed\n%swant\n%s%s", r.code, r.stdout, want, r.stderr)
			}
		})
	}
	if n := srv.Calls("GetSessionToken"); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}
