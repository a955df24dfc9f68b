//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// leader is the shell that owns the terminal while awsexec runs on it, like a
// user's shell. The state in which awsexec leaves the terminal can only be
// checked while the session leader lives. The shell prints how awsexec ended
// and waits for a line. Descriptor 3 is the terminal, which only the shell
// keeps open: a terminal that no process has open hangs up.
const leader = `trap : INT QUIT; "$@" 3>&-; printf '\n[exit %s]\n' $? >/dev/tty; read -r _ </dev/tty`

// terminal is a pseudo terminal with one command on it.
type terminal struct {
	t              *testing.T
	master         *os.File
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer // for a command whose streams are not the terminal

	mu   sync.Mutex
	text []byte        // all output so far
	more chan struct{} // has one element after text grew

	read int // how much of what was shown expect has passed
}

// onTerminal runs args with a controlling terminal. The terminal is also stdin,
// stdout and stderr, unless piped is true.
func (h *home) onTerminal(piped bool, args ...string) *terminal {
	h.t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		h.t.Fatal(err)
	}
	defer slave.Close()
	tm := &terminal{t: h.t, master: master, more: make(chan struct{}, 1)}
	tm.cmd = exec.Command("/bin/sh", append([]string{"-c", leader, "sh"}, args...)...)
	tm.cmd.Env = h.environ()
	tm.cmd.Dir = h.dir
	tm.cmd.WaitDelay = time.Second
	tm.cmd.ExtraFiles = []*os.File{slave}
	tm.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if piped {
		tm.cmd.Stdin = strings.NewReader("")
		tm.cmd.Stdout, tm.cmd.Stderr = &tm.stdout, &tm.stderr
	} else {
		tm.cmd.Stdin, tm.cmd.Stdout, tm.cmd.Stderr = slave, slave, slave
	}
	if err := tm.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	go tm.collect()
	h.t.Cleanup(func() {
		_ = tm.cmd.Process.Kill() // the session's leader, so the other processes get a hang-up
		_ = tm.cmd.Wait()
		master.Close()
	})
	return tm
}

func (tm *terminal) collect() {
	buf := make([]byte, 4096)
	for {
		n, err := tm.master.Read(buf)
		tm.mu.Lock()
		tm.text = append(tm.text, buf[:n]...)
		tm.mu.Unlock()
		select {
		case tm.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// controls matches what moves, hides or shows the cursor or clears text. Wine's
// console writes such sequences between any two letters.
var controls = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// expect waits until the terminal shows text, after what was expected before,
// and returns the output in between.
func (tm *terminal) expect(text string) string {
	tm.t.Helper()
	return tm.expectWithin(30*time.Second, text)
}

func (tm *terminal) expectWithin(limit time.Duration, text string) string {
	tm.t.Helper()
	deadline := time.After(limit)
	for {
		before, _, found := strings.Cut(tm.shown()[tm.read:], text)
		if found {
			tm.read += len(before) + len(text)
			return before
		}
		select {
		case <-tm.more:
		case <-deadline:
			tm.t.Fatalf("no %q on the terminal in %v; it shows:\n%s", text, limit, tm.shown())
		}
	}
}

// shown returns everything that the terminal ever showed, without controls.
func (tm *terminal) shown() string {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return string(controls.ReplaceAll(tm.text, nil))
}

// send types text: "\n" is the Enter key, "\x03" is Ctrl-C.
func (tm *terminal) send(text string) {
	tm.t.Helper()
	if _, err := io.WriteString(tm.master, text); err != nil {
		tm.t.Fatal(err)
	}
}

// echo reports whether the terminal shows what is typed.
func (tm *terminal) echo() bool {
	tm.t.Helper()
	conn, err := tm.master.SyscallConn()
	if err != nil {
		tm.t.Fatal(err)
	}
	var state *unix.Termios
	if controlErr := conn.Control(func(fd uintptr) { state, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }); controlErr != nil {
		err = controlErr
	}
	if err != nil {
		tm.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0 && state.Lflag&unix.ICANON != 0
}

// end waits until awsexec has ended and checks that it restored the terminal.
func (tm *terminal) end() result {
	tm.t.Helper()
	return tm.endWithin(30 * time.Second)
}

func (tm *terminal) endWithin(limit time.Duration) result {
	tm.t.Helper()
	tm.expectWithin(limit, "[exit ")
	var r result
	if _, err := fmt.Sscanf(tm.expect("]"), "%d", &r.code); err != nil {
		tm.t.Fatal(err)
	}
	if !tm.echo() {
		tm.t.Error("the terminal has no echo any more")
	}
	tm.send("\n")
	_ = tm.cmd.Wait()
	r.stdout, r.stderr = tm.stdout.String(), tm.stderr.String()
	return r
}
